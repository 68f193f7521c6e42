// Reads `secrets:` of parley.yaml. No finding ever shows a value.

import type { FieldReader } from '../base/text-files/field-reader.ts';
import { isHeaderValue } from '../core/model/sendable-header.ts';
import { isSecretName } from '../core/workflow/template/secret-mark.ts';
import { setupLimits } from './setup-limits.ts';

/** A secret and its value. */
export type WantedSecret = { readonly name: string; readonly value: string };

/** Reads the secrets; undefined if the key is absent: then they stay unchanged. */
export function readSecretValues(file: FieldReader): readonly WantedSecret[] | undefined {
  if (!file.has('secrets')) return undefined;
  // A key without a value is an empty list: all secrets are removed.
  const fields = file.mapping('secrets') ?? file.below(['secrets'], {});
  return fields.entries(setupLimits.secrets).map(([name, value]) => {
    if (!isSecretName(name)) {
      const remedy = 'use 1 to 64 letters, digits, - and _, a letter first';
      fields.fault([name], 'is not a valid secret name', remedy);
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
    : ['is not a valid header value', 'use visible ASCII characters, without spaces around them'];
}
