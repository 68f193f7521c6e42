// Puts the values of environment variables where a file says ${env:NAME}, and remembers where it did, so that nobody
// shows them.

import type { Path } from '../core/workflow/read-fields.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Filled = {
  readonly value: unknown;
  /** Places that hold a value of the environment, with the text that the file has there. */
  readonly hidden: ReadonlyMap<string, string>;
  readonly missing: readonly { readonly path: Path; readonly name: string }[];
};

/** How a place is named in `hidden`. */
export const placeKey = (path: Path): string => JSON.stringify(path);

/** Fills in the values. An empty variable counts as missing. Names of keys are left as they are. */
export function fillIn(source: unknown, environment: Environment): Filled {
  const hidden = new Map<string, string>();
  const missing: { path: Path; name: string }[] = [];
  const fill = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((entry, index) => fill(entry, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, entry]) => [
        key,
        fill(entry, [...path, key]),
      ]);
      return Object.fromEntries(entries);
    }
    if (typeof value !== 'string' || !value.includes('${env:')) return value;
    hidden.set(placeKey(path), value);
    return value.replaceAll(/\$\{env:([^}]*)\}/g, (_, name: string) => {
      const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (found !== undefined && found !== '') return found;
      missing.push({ path, name });
      // Something in its place, so that nothing is said about an empty text as well.
      return name || 'missing';
    });
  };
  return { value: fill(source, []), hidden, missing };
}
