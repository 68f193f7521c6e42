// The limits of the custom attributes of one contact, company or conversation: their number, and their size.

import { countBytes } from '../../base/characters.ts';
import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Json } from './model.ts';

/** The limit that the attributes of a row exceed: their number, or their size. */
export type Excess = 'full' | 'too_large';

type Attributes = { readonly [name: string]: Json };

/** Whether attributes grew beyond a limit. Attributes that already exceed it may change and shrink. */
export function excessOfAttributes(old: Attributes, now: Attributes): Excess | null {
  if (now === old) return null;
  const count = Object.keys(now).length;
  if (count > limits.customAttributesMax && count > Object.keys(old).length) return 'full';
  const bytes = bytesOf(now);
  return bytes > limits.customAttributesBytesMax && bytes > bytesOf(old) ? 'too_large' : null;
}

/** Checks the attributes that a caller of the REST API leaves behind. */
export function checkAttributeLimits(
  old: Attributes,
  now: Attributes,
): Result<null, ContractError> {
  const excess = excessOfAttributes(old, now);
  if (excess === null) return ok(null);
  return fail(
    apiError(excess === 'full' ? 'attributesFull' : 'attributesTooLarge', 'custom_attributes'),
  );
}

const bytesOf = (attributes: object): number => countBytes(JSON.stringify(attributes));
