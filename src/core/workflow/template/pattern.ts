// Patterns for answers of contacts: RE2 syntax, searched anywhere in a text in linear time. Never backtracks, never
// throws.

import { RE2JS } from 're2js';

const PATTERN_CHARACTERS_MAX = 1_000;
const CACHED_PATTERNS_MAX = 1_000;
/**
 * Matching takes the length of the text times the size of the program and blocks the server, so both are bounded: the
 * worst pattern takes some milliseconds at its first match. A program of 1,800 took half a second; a pattern for
 * e-mail addresses has 134.
 */
const TEXT_CHARACTERS_MAX = 1_000;
const PROGRAM_SIZE_MAX = 256;

const compiled = new Map<string, RE2JS | string>();

/** Compiles a pattern, or returns what is wrong with it. */
function compile(pattern: string): RE2JS | string {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const fresh = compileFresh(pattern);
  if (compiled.size >= CACHED_PATTERNS_MAX) compiled.clear();
  compiled.set(pattern, fresh);
  return fresh;
}

function compileFresh(pattern: string): RE2JS | string {
  if (pattern.length > PATTERN_CHARACTERS_MAX) {
    return `a pattern has at most ${PATTERN_CHARACTERS_MAX} characters`;
  }
  try {
    const program = RE2JS.compile(pattern);
    if (program.programSize() <= PROGRAM_SIZE_MAX) return program;
    return 'it repeats too much: use smaller numbers in its repetitions';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Returns what is wrong with a pattern; null: nothing. */
export function checkPattern(pattern: string): string | null {
  const result = compile(pattern);
  return typeof result === 'string' ? result : null;
}

/** Whether a text contains the pattern; false for a very long text or an invalid pattern. */
export function isFoundIn(text: string, pattern: string): boolean {
  if (text.length > TEXT_CHARACTERS_MAX) return false;
  const result = compile(pattern);
  return typeof result !== 'string' && result.test(text);
}
