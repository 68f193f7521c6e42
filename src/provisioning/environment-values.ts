// Replaces ${env:NAME} in a file by the values of environment variables, and keeps these values out of findings: by
// their position in the file, and wherever else they appear.

import { countCharacters, firstCharacters } from '../base/characters.ts';
import type { Path } from '../base/text-files/field-reader.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Filled = {
  readonly value: unknown;
  readonly faults: readonly { readonly path: Path; readonly reason: string }[];
  /** Whether the value at a path contains an environment value, which is never shown. */
  readonly isHidden: (path: Path) => boolean;
  /** Returns a text to show: as written in the file, if it contains an environment value. */
  readonly shown: (path: Path, text: string) => string;
  /** Removes environment values from a sentence. */
  readonly hideValues: (sentence: string) => string;
  /** Does so for a sentence about the value at a path, which may quote it in another form. */
  readonly hideAt: (path: Path, sentence: string) => string;
};

const HIDDEN = '***';
/** Shorter values are hidden only where they stand alone, in quotes, since they may be part of any word. */
const DISTINCT_CHARACTERS_MIN = 6;
/** Sentences truncate long texts at this length or later. */
const CUT_CHARACTERS = 80;

const placeKey = (path: Path): string => JSON.stringify(path);

/** Fills in the values. An empty variable counts as missing. Keys are not changed. */
export function fillIn(source: unknown, environment: Environment): Filled {
  const texts = new Map<string, string>();
  /** Paths of values that contain an environment value, and of everything around them. */
  const places = new Set<string>();
  const values = new Set<string>();
  const faults: { path: Path; reason: string }[] = [];
  const fillText = (text: string, path: Path): string => {
    texts.set(placeKey(path), text);
    const filled = text.replaceAll(/\$\{env:([^}]*)\}/g, (_, name: string) => {
      const found = Object.hasOwn(environment, name) ? environment[name] : undefined;
      if (found !== undefined && found !== '') {
        values.add(found);
        // Node replaces bytes that are not UTF-8 by this character.
        if (!found.includes('\uFFFD')) return found;
      }
      const what = found ? 'which is not UTF-8' : 'which is not set';
      faults.push({ path, reason: `uses the environment variable "${name}", ${what}` });
      // A placeholder, so that no finding about an empty text is added.
      return name || 'missing';
    });
    if (filled !== text) values.add(filled);
    return filled;
  };
  const fill = (value: unknown, path: Path): unknown => {
    const countBefore = texts.size;
    const filled = fillValue(value, path);
    if (texts.size > countBefore) places.add(placeKey(path));
    return filled;
  };
  const fillValue = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((entry, index) => fill(entry, [...path, index]));
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, entry]) => [
        key,
        fill(entry, [...path, key]),
      ]);
      return Object.fromEntries(entries);
    }
    return typeof value === 'string' && value.includes('${env:') ? fillText(value, path) : value;
  };
  const value = fill(source, []);
  const names = new Set(faults.map(({ reason }) => reason));
  const hidden = [...values].toSorted((a, b) => b.length - a.length);
  const hideValues = (sentence: string) => hidden.reduce(withoutValue, sentence);
  return {
    value,
    faults,
    isHidden: (path) => texts.has(placeKey(path)),
    shown: (path, text) => texts.get(placeKey(path)) ?? text,
    hideValues,
    hideAt(path, sentence) {
      if (names.has(sentence)) return sentence;
      // Also if a nested value contains it: a finding about a repeated mapping shows the name inside.
      return hideValues(places.has(placeKey(path)) ? sentence.replace(/".*"/s, HIDDEN) : sentence);
    },
  };
}

function withoutValue(sentence: string, value: string): string {
  if (value.length < DISTINCT_CHARACTERS_MIN) {
    return sentence.replaceAll(`"${value}"`, `"${HIDDEN}"`);
  }
  // Case-insensitive: a value is also revealed in another case.
  if (!sentence.toLowerCase().includes(value.toLowerCase())) return withoutCut(sentence, value);
  const literal = value.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return withoutCut(sentence.replaceAll(new RegExp(literal, 'gi'), HIDDEN), value);
}

/** Hides the beginning of a long value that a sentence truncated. */
function withoutCut(whole: string, value: string): string {
  const isCut = countCharacters(value) > CUT_CHARACTERS && whole.includes('…');
  return isCut ? whole.replaceAll(firstCharacters(value, CUT_CHARACTERS), HIDDEN) : whole;
}
