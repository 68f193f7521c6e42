// Checks where a workflow names secrets: they belong in a header or the query of a call. A workflow never contains a
// value of the environment, since its text is stored and shown.

import { shorten } from '../../../base/characters.ts';
import type { FieldReader, Path } from '../../../base/text-files/field-reader.ts';
import { nearestName } from '../../../base/text-files/suggest.ts';
import { isSecretName, secretMark, secretNamesIn } from '../template/secret-mark.ts';
import type { ReadingContext } from './reading-context.ts';

const VARIABLE_CHARACTERS_MAX = 80;

const ADVICE =
  'name it in `secrets:` of parley.yaml, and write ${secret:name} in a header of call_webhook';

/** Reports the secrets that a text names and that do not exist. */
export function checkSecretsIn(
  { names }: ReadingContext,
  fields: FieldReader,
  below: Path,
  text: string,
): void {
  for (const name of new Set(secretNamesIn(text))) {
    if (!isSecretName(name)) {
      const remedy = 'use 1 to 64 letters, digits, - and _, as in ${secret:orders_key}';
      fields.fault(below, `names a secret by "${name}", which is no name`, remedy);
    } else if (!names.hasSecret(name)) {
      const nearest = nearestName(name, names.namesOf('secret'));
      const remedy =
        nearest === undefined
          ? `add it to \`secrets:\` in parley.yaml: \`${name}: \${env:…}\``
          : `did you mean "${nearest}"? (or add it to \`secrets:\` in parley.yaml)`;
      fields.fault(below, `names the secret "${name}", which does not exist`, remedy);
    }
  }
}

/** A placeholder of a workflow that would reveal a secret, or be sent verbatim. */
export type MisplacedMark = {
  readonly path: Path;
  readonly reason: string;
  readonly remedy: string;
};

/** Finds placeholders of variables anywhere in a workflow, and of secrets where they are not allowed. */
export function misplacedMarks(source: unknown): readonly MisplacedMark[] {
  const found: MisplacedMark[] = [];
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') {
      const mark = misplacedIn(value, path);
      if (mark !== null) found.push({ path, ...mark });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, entry] of Object.entries(value)) {
        visit(entry, [...path, Array.isArray(value) ? Number(key) : key]);
      }
    }
  };
  visit(source, []);
  return found;
}

function misplacedIn(text: string, path: Path): Omit<MisplacedMark, 'path'> | null {
  const [variable] = /\$\{\s*env\s*:[^}]*\}?/i.exec(text) ?? [];
  if (variable !== undefined) {
    const reason = `has ${shorten(variable, VARIABLE_CHARACTERS_MAX)}, which only parley.yaml can have`;
    return { reason, remedy: ADVICE };
  }
  const [name] = /\{\{-?\s*(secrets?|env)\s*[.[]/.exec(text) ?? [];
  if (name !== undefined) {
    return { reason: 'asks a template for a secret, which no template can see', remedy: ADVICE };
  }
  if (!/\$\{\s*secrets?\b/i.test(text)) return null;
  if (!secretMark.test(text) || /\$\{(?!\s*secret:[^}]*\})\s*secrets?\b/i.test(text)) {
    return { reason: 'has a mark of a secret that is not whole', remedy: 'write ${secret:name}' };
  }
  const [steps, , key, , ...rest] = path;
  const isHeader = steps === 'steps' && key === 'headers' && rest.length === 0;
  const isUrl = steps === 'steps' && key === 'url' && path.length === 3;
  if (isHeader || isUrl) return null;
  const remedy = 'write it in a header, or in the query of the url, of call_webhook';
  return { reason: 'has a secret where none can be sent', remedy };
}
