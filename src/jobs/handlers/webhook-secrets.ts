// The secrets of a webhook call: opens them for one attempt, fills them into their placeholders, and masks them in the
// response. Keeps no value and logs none.

import type { SecretBox } from '../../base/seal.ts';
import type { JobOutcome } from '../../core/conversation/signal.ts';
import type { Json } from '../../core/model/model.ts';
import { fillSecrets } from '../../core/workflow/template/secret-mark.ts';
import { secretContext } from '../../store/secrets/secrets.ts';
import type { ClaimedJob } from '../../store/workflows/jobs.ts';

/** The values of the secrets of a call, by name. */
export type CallSecrets = ReadonlyMap<string, string>;

export type OpenedSecrets =
  | { readonly ok: true; readonly values: CallSecrets }
  /** `why` is a sentence about the call without its subject; `name` is the missing secret. */
  | { readonly ok: false; readonly why: string; readonly name: string };

/** Opens the secrets that a call names. */
export function openCallSecrets(
  { content, secretsSealed, workspaceId }: ClaimedJob,
  box: SecretBox | null,
): OpenedSecrets {
  const values = new Map<string, string>();
  for (const name of content.secretNames ?? []) {
    const sealed = secretsSealed.get(name);
    if (sealed === undefined) {
      return { ok: false, name, why: `it needs the secret "${name}", which is not there any more` };
    }
    try {
      if (box === null) throw new Error('there is no secret key');
      values.set(name, box.open(sealed, secretContext(workspaceId, name)));
    } catch {
      return { ok: false, name, why: `it needs the secret "${name}", which does not open` };
    }
  }
  return { ok: true, values };
}

/** Fills the values of the secrets into the URL and headers of a call. */
export function fillCall(
  { content }: Pick<ClaimedJob, 'content'>,
  values: CallSecrets,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const { url, headers, secretHeaders = {}, secretNames = [] } = content;
  if (secretNames.length === 0) return { url, headers };
  const lookUp = (name: string): string => values.get(name) ?? '';
  const filled = Object.entries(secretHeaders).map(([name, text]) => [
    name,
    fillSecrets(text, lookUp),
  ]);
  return {
    url: fillSecrets(url, (name) => encodeURIComponent(lookUp(name))),
    headers: { ...headers, ...Object.fromEntries(filled) },
  };
}

const HIDDEN = '***';
/** Shorter values could be ordinary words of a response, so they are masked only in failure reasons. */
const HIDDEN_IN_RESPONSE_CHARACTERS_MIN = 8;

/** Masks the values of secrets in a response or failure reason. */
export function withoutValues(outcome: JobOutcome, values: CallSecrets): JobOutcome {
  if (values.size === 0) return outcome;
  const all = [...values.values()];
  if (!outcome.ok) return { ...outcome, reason: hiderOf(all)(outcome.reason) };
  const long = all.filter(({ length }) => length >= HIDDEN_IN_RESPONSE_CHARACTERS_MIN);
  return long.length === 0
    ? outcome
    : { ...outcome, answer: mapTexts(outcome.answer, hiderOf(long)) };
}

/** Masks values verbatim and as URLs and forms encode them; the longest first, as one can contain another. */
function hiderOf(values: readonly string[]): (text: string) => string {
  const patterns = values
    .toSorted((a, b) => b.length - a.length)
    .map((value) => [...value].map(writtenAs).join(''));
  const pattern = new RegExp(patterns.join('|'), 'g');
  return (text) => text.replaceAll(pattern, HIDDEN);
}

/** Returns a pattern for all encodings of a character. Values are visible ASCII, with blanks and tabs within. */
function writtenAs(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const inUrl = hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const inForm = character === ' ' ? '|\\+' : '';
  return `(?:\\x${hex}|%${inUrl}${inForm})`;
}

/** Maps all texts in JSON, names included; a number with a masked part becomes a text. */
function mapTexts(value: Json, map: (text: string) => string): Json {
  if (typeof value === 'string') return map(value);
  if (typeof value === 'number') {
    const text = String(value);
    const mapped = map(text);
    return mapped === text ? value : mapped;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one: Json) => mapTexts(one, map));
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [map(name), mapTexts(one, map)]),
  );
}
