// Reads the fields of a mapping from a file and reports all that is wrong with them: wrong types, texts that are too
// long, unknown keys. Goes on after a fault, so that all are found together. Knows no file format.

import { countCharacters, firstCharacters } from '../characters.ts';
import { readDuration, showDuration } from './duration.ts';
import { nearestName, suggestName } from './suggest.ts';

/** A location in a file: keys and indexes from the root. */
export type Path = readonly (string | number)[];

export type Fault = {
  readonly path: Path;
  /** The fault; completes a sentence that begins with the location. */
  readonly reason: string;
  /** The remedy, as an instruction. */
  readonly remedy: string;
};

export type Report = (fault: Fault) => void;

/** Finds the known key that an unknown one most likely means; undefined if there is none. */
export type MeantKey = (key: string, known: ReadonlySet<string>) => string | undefined;

export const DURATION_MIN_MS = 1_000;
export const DURATION_MAX_MS = 90 * 86_400_000;

/** The number of entries that a list or a mapping of names may have. */
export type CountRules = {
  readonly countMax: number;
  readonly countMin?: number;
  readonly isRequired?: boolean;
};

type TextRules = { readonly charactersMax: number; readonly isRequired?: boolean };

/** Whether PostgreSQL can store the text: no NUL, no lone surrogate. */
export const isStorable = (text: string): boolean =>
  !text.includes('\u0000') && text.isWellFormed();

/** Whether the value is a list without entries. */
export const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

const VALUE_CHARACTERS_MAX = 80;

/** Describes a value in words: `the number 3`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value !== 'string') return `the ${typeof value} ${value}`;
  const isLong = countCharacters(value) > VALUE_CHARACTERS_MAX;
  // The code that hides the values of variables relies on this length.
  return `"${isLong ? `${firstCharacters(value, VALUE_CHARACTERS_MAX)}…` : value}"`;
}

export class FieldReader {
  readonly path: Path;
  readonly #source: Readonly<Record<string, unknown>>;
  readonly #report: Report;
  readonly #hasFields: boolean;
  readonly #known = new Set<string>();
  readonly #meantKey: MeantKey;

  /**
   * @param source a mapping; anything else is reported, and read as an empty one.
   * @param meantKey knows the words of other tools for the keys of this file.
   */
  constructor(source: unknown, path: Path, report: Report, meantKey: MeantKey = () => undefined) {
    this.path = path;
    this.#meantKey = meantKey;
    this.#report = report;
    const isMapping = typeof source === 'object' && source !== null && !Array.isArray(source);
    this.#source = isMapping ? (source as Record<string, unknown>) : {};
    // A value that is no mapping gets one fault, not one for each missing field.
    this.#hasFields = true;
    if (!isMapping) {
      this.fault([], `must be a mapping, not ${describeValue(source)}`, 'write `key: value` lines');
      this.#hasFields = false;
    }
  }

  /** Reports something about a field, or with an empty path about the whole. */
  fault(below: Path, reason: string, remedy: string): void {
    if (this.#hasFields) this.#report({ path: [...this.path, ...below], reason, remedy });
  }

  /** Returns the value of a key, of any type. Null counts as not given. */
  value(key: string): unknown {
    this.#known.add(key);
    return Object.hasOwn(this.#source, key) ? (this.#source[key] ?? undefined) : undefined;
  }

  /** Whether the key is present, even without a value. */
  has(key: string): boolean {
    this.#known.add(key);
    return Object.hasOwn(this.#source, key);
  }

  /** Reads a text with at least one character. */
  text(key: string, { charactersMax, isRequired = false }: TextRules): string | undefined {
    const value = this.value(key);
    if (value === undefined) {
      if (isRequired) this.fault([key], 'is missing', `add \`${key}:\``);
      return undefined;
    }
    return this.checkText(value, [key], charactersMax);
  }

  /** Checks that a value is a text. */
  checkText(value: unknown, below: Path, charactersMax: number): string | undefined {
    if (typeof value !== 'string') {
      const isPlain = typeof value === 'number' || typeof value === 'boolean';
      const remedy = isPlain ? `put it in quotes: "${value}"` : 'write a text';
      this.fault(below, `must be a text, not ${describeValue(value)}`, remedy);
    } else if (value.trim() === '') this.fault(below, 'is empty', 'write a text');
    else if (countCharacters(value) > charactersMax) {
      const reason = `has ${countCharacters(value)} characters`;
      this.fault(below, reason, `write at most ${charactersMax}`);
    } else if (!isStorable(value)) {
      this.fault(below, 'has a character that cannot be stored', 'remove NUL and half characters');
    } else return value;
    return undefined;
  }

  /** Reads one of a few words. */
  choice<Choice extends string>(
    key: string,
    choices: readonly Choice[],
    isRequired = false,
  ): Choice | undefined {
    const value = this.value(key);
    if (value === undefined) {
      if (isRequired) this.fault([key], 'is missing', `add one of: ${choices.join(', ')}`);
      return undefined;
    }
    const choice = choices.find((one) => one === value);
    if (choice === undefined) {
      const remedy = suggestName(typeof value === 'string' ? value : '', choices);
      this.fault([key], `cannot be ${describeValue(value)}`, remedy);
    }
    return choice;
  }

  /** Reads true or false. */
  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    this.fault([key], `must be true or false, not ${describeValue(value)}`, 'write true or false');
    return undefined;
  }

  wholeNumber(key: string, min: number, max: number): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
      return value as number;
    }
    const reason = `must be a whole number, not ${describeValue(value)}`;
    this.fault([key], reason, `write one from ${min} to ${max}`);
    return undefined;
  }

  /** Reads a duration such as `15m` as milliseconds. */
  duration(key: string, minMs: number, maxMs: number, isRequired = false): number | undefined {
    const value = this.value(key);
    if (value !== undefined) return this.checkDuration(value, [key], minMs, maxMs);
    if (isRequired) this.fault([key], 'is missing', `add a duration such as \`${key}: 15m\``);
    return undefined;
  }

  checkDuration(value: unknown, below: Path, minMs: number, maxMs: number): number | undefined {
    const ms = typeof value === 'string' ? readDuration(value) : undefined;
    if (ms !== undefined && ms >= minMs && ms <= maxMs) return ms;
    const range = `from ${showDuration(minMs)} to ${showDuration(maxMs)}`;
    const reason = `is no duration ${range}: ${describeValue(value)}`;
    this.fault(below, reason, 'write a number and s, m, h or d, such as 2s, 15m, 24h or 7d');
    return undefined;
  }

  /** Reads a list; undefined when it is not given. One that is too long is reported and read as empty. */
  list(key: string, rules: CountRules): readonly unknown[] | undefined {
    const { isRequired = false } = rules;
    const value = this.value(key);
    if (Array.isArray(value)) return this.#countFits([key], value.length, rules) ? value : [];
    if (value !== undefined) {
      const reason = `must be a list, not ${describeValue(value)}`;
      this.fault([key], reason, 'write [a, b], or lines that begin with "- "');
    } else if (isRequired) this.fault([key], 'is missing', `add the list \`${key}:\``);
    return undefined;
  }

  #countFits(below: Path, count: number, { countMin = 0, countMax }: CountRules): boolean {
    if (count >= countMin && count <= countMax) return true;
    const range = countMin === 0 ? `at most ${countMax}` : `${countMin} to ${countMax}`;
    this.fault(below, `has ${count} ${count === 1 ? 'entry' : 'entries'}`, `write ${range}`);
    return false;
  }

  /** Reads a list of texts. */
  texts(key: string, charactersMax: number, rules: CountRules): readonly string[] | undefined {
    return this.list(key, rules)?.flatMap((value, index) => {
      const text = this.checkText(value, [key, index], charactersMax);
      return text === undefined ? [] : [text];
    });
  }

  /** Returns a reader for the mapping below a key; undefined when it is not given. */
  mapping(key: string, isRequired = false): FieldReader | undefined {
    const value = this.value(key);
    if (value !== undefined) return this.below([key], value);
    if (isRequired) this.fault([key], 'is missing', `add \`${key}:\``);
    return undefined;
  }

  /** Creates a reader for a mapping below this one. @param onFault is called before each of its reports. */
  below(below: Path, source: unknown, onFault?: () => void): FieldReader {
    const report: Report = (fault) => {
      onFault?.();
      this.#report(fault);
    };
    return new FieldReader(source, [...this.path, ...below], report, this.#meantKey);
  }

  /** Returns all keys with their values, for mappings whose keys are names; none if there are too many. */
  entries(countMax: number): readonly (readonly [string, unknown])[] {
    const entries = Object.entries(this.#source);
    for (const [key] of entries) this.#known.add(key);
    return this.#countFits([], entries.length, { countMax }) ? entries : [];
  }

  /** Reports the keys that were not read. Call it last. */
  reportUnknownKeys(): void {
    for (const key of Object.keys(this.#source)) {
      if (this.#known.has(key)) continue;
      this.fault([key], 'is not a known key', this.#remedyFor(key));
    }
  }

  #remedyFor(unknownKey: string): string {
    const meant = this.#meantKey(unknownKey, this.#known);
    if (meant !== undefined) return `use \`${meant}\``;
    return nearestName(unknownKey, this.#known) === undefined
      ? `remove it; the keys here are: ${[...this.#known].join(', ')}`
      : suggestName(unknownKey, this.#known);
  }
}
