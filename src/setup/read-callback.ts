// Reads how the app behind a channel is told of events. A callback is described as a whole: what is not written has its
// default.

import { readCidr } from '../base/address-ranges.ts';
import { headerNameFault, isHeaderValue } from '../core/sendable-header.ts';
import type { FieldReader } from '../core/workflow/read-fields.ts';
import { isCallableUrl } from '../core/workflow/webhook-url.ts';
import type { EventFormat } from '../core/world.ts';

export const CALLBACK_TIMEOUT_MS = 15_000;
const TIMEOUT_MIN_MS = 1_000;
const TIMEOUT_MAX_MS = 60_000;
const URL_CHARACTERS_MAX = 2_048;
const RETRIES_MAX = 50;
const RETRY_DELAY_MAX_MS = 7 * 86_400_000;
const CIDRS_MAX = 50;
const TOKEN_CHARACTERS_MAX = 4_096;

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
    timeoutMs: fields.duration('timeout', TIMEOUT_MIN_MS, TIMEOUT_MAX_MS) ?? CALLBACK_TIMEOUT_MS,
    retryDelaysMs: readRetries(fields),
    allowedCidrs: readCidrs(fields),
    token: readToken(fields),
  };
  fields.refuseOtherKeys();
  return settings;
}

function readUrl(fields: FieldReader): string | null {
  const url = fields.text('url', { charactersMax: URL_CHARACTERS_MAX });
  if (url === undefined) return null;
  if (!isCallableUrl(url)) {
    const remedy = 'write http:// or https:// and a host, without user and password';
    fields.fault(['url'], `is no address that can be called: "${url}"`, remedy);
  }
  return url;
}

function readRetries(fields: FieldReader): readonly number[] | null {
  const list = fields.list('retries');
  if (list === undefined) return null;
  if (list.length > RETRIES_MAX) {
    fields.fault(['retries'], `has ${list.length} entries`, `write at most ${RETRIES_MAX}`);
  }
  return list.map(
    (value, index) =>
      fields.checkDuration(value, ['retries', index], 1_000, RETRY_DELAY_MAX_MS) ?? 0,
  );
}

function readCidrs(fields: FieldReader): readonly string[] {
  const cidrs = fields.texts('allow_cidrs', 100) ?? [];
  if (cidrs.length > CIDRS_MAX) {
    fields.fault(['allow_cidrs'], `has ${cidrs.length} entries`, `write at most ${CIDRS_MAX}`);
  }
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
  const header = token.text('header', { charactersMax: 100, isRequired: true }) ?? '';
  if (header !== '' && !maySet(header)) {
    token.fault(['header'], `cannot be the header "${header}"`, 'write one such as X-Shop-Token');
  }
  const rules = { charactersMax: TOKEN_CHARACTERS_MAX, isRequired: true };
  const value = token.text('value', rules) ?? '';
  if (value !== '' && !isHeaderValue(value)) {
    const remedy = 'use visible ASCII characters, without blanks around them';
    token.fault(['value'], 'cannot stand in a header', remedy);
  }
  token.refuseOtherKeys();
  return { header, value };
}

/** Besides what nobody may set: an event has a type and an agent of its own. */
const maySet = (name: string): boolean =>
  headerNameFault(name) === null && !/^(content-.*|user-agent)$/i.test(name);
