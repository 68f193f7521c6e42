// Types that describe the keys of files that users write: kinds of values, limits, and a sentence for each. The
// reference and the JSON Schema for editors are generated from such descriptions.

type About = {
  /** The meaning: one sentence, without the name of the key. */
  readonly about: string;
  /** The default, as in the file. */
  readonly usual?: string;
  readonly isRequired?: true;
  /** Whether an empty value (`key:`) is rejected although the key is optional. */
  readonly isNeverEmpty?: true;
};

export type Kind =
  | { readonly kind: 'text'; readonly charactersMax: number; readonly pattern?: string }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'duration'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'list'; readonly countMax: number; readonly entry: Kind }
  | { readonly kind: 'mapping'; readonly keys: Keys }
  /** A mapping whose keys are names chosen by the user. */
  | {
      readonly kind: 'names';
      readonly countMax: number;
      readonly namePattern: string;
      readonly entry: Kind;
    };

export type Described = Kind & About;
export type Keys = Readonly<Record<string, Described>>;

export const flag = (about: string, usual: boolean): Described => ({
  kind: 'flag',
  about,
  usual: String(usual),
});

export const text = (
  charactersMax: number,
  about: string,
  more: Partial<About> = {},
): Described => ({
  kind: 'text',
  charactersMax,
  about,
  ...more,
});

export const listOf = (
  countMax: number,
  entry: Kind,
  about: string,
  usual?: string,
): Described => ({
  kind: 'list',
  countMax,
  entry,
  about,
  ...(usual === undefined ? {} : { usual }),
});

export const mapping = (keys: Keys): Kind => ({ kind: 'mapping', keys });
