// JSON pointers (RFC 6901): checks and resolves them.

import type { Json } from '../../model/model.ts';

/** Whether a text is a pointer. The empty one means the whole document. */
export const isJsonPointer = (text: string): boolean => /^(\/([^~/]|~[01])*)*$/.test(text);

/** Returns the value a pointer leads to, by own properties only; undefined if there is none. */
export function resolvePointer(document: Json, pointer: string): Json | undefined {
  if (pointer === '') return document;
  if (!pointer.startsWith('/')) return undefined;
  let value: Json | undefined = document;
  for (const token of pointer.slice(1).split('/')) {
    value = child(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (value === undefined) return undefined;
  }
  return value;
}

function child(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [key: string]: Json })[name] : undefined;
}
