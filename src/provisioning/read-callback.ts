// Reads the callback of a channel. A callback is described as a whole: a key that is not given has its default.

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

/** Reads the callback of a channel; an empty one is none. */
export function readCallback(channel: FieldReader): CallbackSettings {
  const fields = channel.mapping('callback') ?? channel.below(['callback'], {});
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
    fields.fault(['url'], `is no address that can be called: "${url}"`, remedy);
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
    fields.fault(['allow_cidrs', index], `is no range of addresses: "${cidr}"`, remedy);
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
    token.fault(['header'], `cannot be the header "${header}"`, 'write one such as X-Shop-Token');
  }
  const rules = { charactersMax: setupLimits.secretCharacters, isRequired: true };
  const value = token.text('value', rules) ?? '';
  if (value !== '' && !isHeaderValue(value)) {
    const remedy = 'use visible ASCII characters, without blanks around them';
    token.fault(['value'], 'cannot stand in a header', remedy);
  }
  token.reportUnknownKeys();
  return { header, value };
}

/** Headers that events set themselves, besides those that no user may set. */
const maySet = (name: string): boolean =>
  headerNameFault(name) === null && !/^(content-.*|user-agent)$/i.test(name);
