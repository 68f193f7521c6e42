// The secrets that a webhook call carries: opened for one try, put where the workflow has their marks, and taken out of
// whatever comes back, before anybody else sees it. Keeps no value and logs none.

import type { SecretBox } from '../base/seal.ts';
import { fillSecrets } from '../core/workflow/secret-mark.ts';
import type { OutgoingAnswer } from '../outgoing/http-client.ts';
import type { ClaimedJob } from '../store/jobs.ts';
import { secretPlace } from '../store/secrets.ts';

/** Values by name. */
export type CallSecrets = ReadonlyMap<string, string>;

export type OpenedSecrets =
  | { readonly ok: true; readonly values: CallSecrets }
  /** Why the call cannot be made, as a sentence about it without its subject. */
  | { readonly ok: false; readonly why: string };

/** Opens what a call needs. */
export function openCallSecrets(
  { content, secretsSealed, workspaceId }: ClaimedJob,
  box: SecretBox | null,
): OpenedSecrets {
  const values = new Map<string, string>();
  for (const name of content.secretNames ?? []) {
    const sealed = secretsSealed.get(name);
    if (sealed === undefined) {
      return { ok: false, why: `it needs the secret "${name}", which is not there any more` };
    }
    try {
      if (box === null) throw new Error('there is no secret key');
      values.set(name, box.open(sealed, secretPlace(workspaceId, name)));
    } catch {
      return { ok: false, why: `it needs the secret "${name}", which does not open` };
    }
  }
  return { ok: true, values };
}

/** The address and headers of a call with the values in their places. */
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
/** What is shorter can be any word of a response; in what went wrong with a call it is hidden all the same. */
const HIDDEN_IN_BODY_CHARACTERS_MIN = 8;

/** An answer without the values, should it repeat them. */
export function withoutValues(answer: OutgoingAnswer, values: CallSecrets): OutgoingAnswer {
  if (values.size === 0) return answer;
  const all = [...values.values()];
  return answer.kind === 'failed'
    ? { ...answer, detail: hide(answer.detail, all) }
    : {
        ...answer,
        body: hide(
          answer.body,
          all.filter(({ length }) => length >= HIDDEN_IN_BODY_CHARACTERS_MIN),
        ),
      };
}

/** As they are, within a URL, and within JSON; the longest first, since one can be a part of another. */
const hide = (text: string, values: readonly string[]): string =>
  values
    .flatMap((value) => [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, form) => rest.replaceAll(form, HIDDEN), text);
