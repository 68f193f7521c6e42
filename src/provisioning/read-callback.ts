// Reads the callback of a channel. It is described as a whole: absent keys have their defaults.

import { readCidr } from '../base/address-ranges.ts';
import type { FieldReader } from '../base/text-files/field-reader.ts';
import type { EventFormat } from '../core/conversation/transition-context.ts';
import { headerNameFault, isHeaderValue } from '../core/model/sendable-header.ts';
import { isCallableUrl } from '../core/workflow/steps/webhook-url.ts';
import { setupLimits } from './setup-limits.ts';

export const CALLBACK_TIMEOUT_MS = 15_000;

export type CallbackSettings = {
  readonly url: string | null;
  readonly format: EventFormat;
  readonly timeoutMs: number;
  /** Null: the default schedule. */
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly token: { readonly header: string; readonly value: string } | null;
};

/** Reads the callback; an empty one is none. */
export const readCallback = (channel: FieldReader): CallbackSettings =>
  readCallbackFields(channel.mapping('callback') ?? channel.below(['callback'], {}));

/** Reads the fields of a callback. */
export function readCallbackFields(fields: FieldReader): CallbackSettings {
  const settings: CallbackSettings = {
    url: readUrl(fields),
    format: fields.choice('format', ['parley', 'intercom']) ?? 'parley',
    timeoutMs: readTimeout(fields),
    retryDelaysMs: readRetries(fields),
    allowedCidrs: readCidrs(fields),
    token: readToken(fields),
  };
  fields.reportUnknownKeys();
  return settings;
}

const readTimeout = (fields: FieldReader): number =>
  fields.duration('timeout', setupLimits.callbackTimeoutMinMs, setupLimits.callbackTimeoutMaxMs) ??
  CALLBACK_TIMEOUT_MS;

function readUrl(fields: FieldReader): string | null {
  const url = fields.text('url', { charactersMax: setupLimits.urlCharacters });
  if (url === undefined) return null;
  if (!isCallableUrl(url)) {
    const remedy = 'write http:// or https:// and a host, without user and password';
    fields.fault(['url'], `is not a URL that can be called: "${url}"`, remedy);
  }
  return url;
}

function readRetries(fields: FieldReader): readonly number[] | null {
  const { retries, retryDelayMinMs, retryDelayMaxMs } = setupLimits;
  const list = fields.list('retries', { countMax: retries });
  if (list === undefined) return null;
  return list.map(
    (value, index) =>
      fields.checkDuration(value, ['retries', index], retryDelayMinMs, retryDelayMaxMs) ?? 0,
  );
}

function readCidrs(fields: FieldReader): readonly string[] {
  const { allowedRanges, rangeCharacters } = setupLimits;
  const cidrs = fields.texts('allow_cidrs', rangeCharacters, { countMax: allowedRanges }) ?? [];
  for (const [index, cidr] of cidrs.entries()) {
    if (readCidr(cidr) !== null) continue;
    const remedy = 'write a range such as 10.0.0.0/8 or fd00::/8; IPv4 never as ::ffff:10.0.0.0';
    fields.fault(['allow_cidrs', index], `is not an address range: "${cidr}"`, remedy);
  }
  return cidrs;
}

function readToken(fields: FieldReader): CallbackSettings['token'] {
  const token = fields.mapping('token');
  if (token === undefined) return null;
  const header =
    token.text('header', { charactersMax: setupLimits.headerNameCharacters, isRequired: true }) ??
    '';
  if (header !== '' && !maySet(header)) {
    token.fault(
      ['header'],
      `is not an allowed header: "${header}"`,
      'write one such as X-Shop-Token',
    );
  }
  const rules = { charactersMax: setupLimits.secretCharacters, isRequired: true };
  const value = token.text('value', rules) ?? '';
  if (value !== '' && !isHeaderValue(value)) {
    const remedy = 'use visible ASCII characters, without spaces around them';
    token.fault(['value'], 'is not a valid header value', remedy);
  }
  token.reportUnknownKeys();
  return { header, value };
}

/** Whether a header may be set: not one of Parley's own, nor one that users may never set. */
const maySet = (name: string): boolean =>
  headerNameFault(name) === null && !/^(content-.*|user-agent)$/i.test(name);
