// Turns the bytes of a file into text if they are UTF-8, and otherwise reports the first line that is not and the
// encoding that they seem to have. Replaces no byte by a guess, and shows none.

import { isUtf8 } from 'node:buffer';
import { fail, ok, type Result } from '../result.ts';

/** A fault of a file as a text; its reason completes a sentence about the file. */
export type TextFault = {
  /** Null: the fault concerns the whole file. */
  readonly line: number | null;
  readonly reason: string;
  readonly remedy: string;
};

const LF = 0x0a;
const SAMPLE_BYTES = 64 * 1024;

/** Decodes UTF-8 without a byte order mark at its beginning, or returns why the bytes are not UTF-8. */
export function decodeText(bytes: Uint8Array): Result<string, TextFault> {
  const utf16or32 = markedEncoding(bytes) ?? unmarkedUtf16(bytes);
  // iconv writes the name without the space.
  if (utf16or32 !== null) return fail(notUtf8(1, utf16or32, utf16or32.replace(' ', '')));
  if (!isUtf8(bytes)) return fail(judgeBytes(bytes));
  const nulAt = bytes.indexOf(0);
  if (nulAt !== -1) {
    const reason = 'has a NUL byte, which no text has';
    return fail({ line: lineOf(bytes, nulAt), reason, remedy: 'check that this is the file' });
  }
  return ok(new TextDecoder('utf-8').decode(bytes));
}

const notUtf8 = (line: number, encoding: string, iconvName: string | null): TextFault => ({
  line,
  reason: `is not UTF-8: it seems to be ${encoding}`,
  remedy:
    iconvName === null
      ? 'save it as UTF-8'
      : `save it as UTF-8, in the editor or with iconv -f ${iconvName} -t UTF-8`,
});

/** Reads the encoding from a byte order mark. Longer marks come first: UTF-32 LE begins like UTF-16 LE. */
function markedEncoding(bytes: Uint8Array): string | null {
  const startsWith = (...mark: number[]) => mark.every((byte, index) => bytes[index] === byte);
  if (startsWith(0xff, 0xfe, 0, 0)) return 'UTF-32 LE';
  if (startsWith(0, 0, 0xfe, 0xff)) return 'UTF-32 BE';
  if (startsWith(0xff, 0xfe)) return 'UTF-16 LE';
  if (startsWith(0xfe, 0xff)) return 'UTF-16 BE';
  return null;
}

/** Recognises UTF-16 without a mark: nearly every ASCII character has a NUL after it, or before it. */
function unmarkedUtf16(bytes: Uint8Array): string | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const counts = [0, 0];
  for (let index = 0; index < sample.length; index += 1) {
    if (sample[index] === 0) counts[index % 2]! += 1;
  }
  const [even, odd] = counts as [number, number];
  // At least one NUL in twenty characters: only ASCII has them, and keys and line ends are ASCII.
  if (odd + even < 2 || odd + even < sample.length / 40) return null;
  if (odd > 4 * even) return 'UTF-16 LE';
  return even > 4 * odd ? 'UTF-16 BE' : null;
}

/** Guesses the single-byte encoding of bytes that are not UTF-8, and finds the first line that is not. */
function judgeBytes(bytes: Uint8Array): TextFault {
  let line = 0;
  let firstLine = 0;
  let [isDamagedUtf8, isRun, hasC1, hasUnassigned] = [false, false, false, false];
  for (const part of linesOf(bytes)) {
    line += 1;
    if (isUtf8(part)) {
      // Valid characters of several bytes hardly ever occur by chance.
      isDamagedUtf8 ||= part.some((byte) => byte > 0x7f);
      continue;
    }
    if (firstLine === 0) firstLine = line;
    for (const [index, byte] of part.entries()) {
      isRun ||= byte > 0x7f && part[index + 1]! > 0x7f && part[index + 2]! > 0x7f;
      hasC1 ||= byte >= 0x80 && byte <= 0x9f;
      hasUnassigned ||= [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte);
    }
  }
  if (isDamagedUtf8) {
    const reason =
      'is not UTF-8 throughout: characters on this line are damaged or in another encoding';
    return { line: firstLine, reason, remedy: 'write the line anew, and save the file as UTF-8' };
  }
  // In Latin text accented letters stand alone; whole words of such bytes belong to another alphabet.
  if (isRun || hasUnassigned)
    return notUtf8(firstLine, 'an encoding of one or two bytes for a character', null);
  return hasC1
    ? notUtf8(firstLine, 'Windows-1252', 'WINDOWS-1252')
    : notUtf8(firstLine, 'Windows-1252 or Latin-1 (ISO 8859-1)', 'WINDOWS-1252');
}

function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let begin = 0; begin < bytes.length; ) {
    const end = bytes.indexOf(LF, begin);
    const next = end === -1 ? bytes.length : end + 1;
    yield bytes.subarray(begin, next);
    begin = next;
  }
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(LF); at !== -1 && at < offset; at = bytes.indexOf(LF, at + 1))
    line += 1;
  return line;
}
