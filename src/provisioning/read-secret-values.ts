// Reads `secrets:` of parley.yaml: names, and values that no finding ever repeats.

import type { FieldReader } from '../base/text-files/field-reader.ts';
import { isHeaderValue } from '../core/model/sendable-header.ts';
import { isSecretName } from '../core/workflow/template/secret-mark.ts';
import { setupLimits } from './setup-limits.ts';

/** A value by its name. */
export type WantedSecret = { readonly name: string; readonly value: string };

/** The secrets; undefined: they are left alone. */
export function readSecretValues(file: FieldReader): readonly WantedSecret[] | undefined {
  if (!file.has('secrets')) return undefined;
  // Nothing behind the key is an empty list: all are to go.
  const fields = file.mapping('secrets') ?? file.below(['secrets'], {});
  return fields.entries(setupLimits.secrets).map(([name, value]) => {
    if (!isSecretName(name)) {
      const remedy = 'use 1 to 64 letters, digits, - and _, a letter first';
      fields.fault([name], 'cannot be the name of a secret', remedy);
    }
    const fault = faultOf(value);
    if (fault !== null) fields.fault([name], ...fault);
    return { name, value: typeof value === 'string' ? value : '' };
  });
}

function faultOf(value: unknown): readonly [reason: string, remedy: string] | null {
  if (typeof value !== 'string' || value === '') {
    return ['must be a text', 'write ${env:NAME}, or the value in quotes'];
  }
  if (value.length > setupLimits.secretCharacters) {
    return [`has ${value.length} characters`, `use at most ${setupLimits.secretCharacters}`];
  }
  return isHeaderValue(value)
    ? null
    : ['cannot stand in a header', 'use visible ASCII characters, without blanks around them'];
}
