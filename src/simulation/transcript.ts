// Writes a transcript like a chat: when, who, what. Does not decide what it contains.

import {
  type ObservedEffect,
  showObservedEffect,
  showSpan,
  showTrace,
} from './observed-effects.ts';
import type { AccountEntry } from './run-script.ts';

const TIME_WIDTH = 8;
const NAME_WIDTH_MAX = 24;

/**
 * Writes the lines of a transcript.
 * @param lineOf finds the line of a step in the script's file.
 */
export function writeTranscript(
  entries: readonly AccountEntry[],
  options: { readonly hasTrace: boolean; readonly lineOf: (step: number) => string },
): readonly string[] {
  const names = entries.map((entry) => speakerOf(entry).length);
  const width = Math.min(NAME_WIDTH_MAX, Math.max(...names, 0));
  const lines: string[] = [];
  let shownMs = -1;
  for (const entry of entries) {
    const texts = textsOf(entry, options);
    for (const [index, text] of texts.entries()) {
      const isNewTime = entry.elapsedMs !== shownMs;
      shownMs = entry.elapsedMs;
      const time = isNewTime ? `+${showSpan(entry.elapsedMs)}` : '';
      const name = index === 0 ? speakerOf(entry) : '';
      const left = `${time.padEnd(TIME_WIDTH)} ${name.padEnd(width)}`;
      lines.push(`${left}  ${text.replaceAll('\n', `\n${' '.repeat(left.length + 2)}`)}`.trimEnd());
    }
  }
  return lines;
}

function speakerOf(entry: AccountEntry): string {
  switch (entry.kind) {
    case 'did':
      return entry.who;
    case 'happened':
      return isSpoken(entry.effect) ? entry.who : '';
    default:
      return '';
  }
}

const isSpoken = ({ kind }: ObservedEffect): boolean =>
  kind === 'message' || kind === 'asked' || kind === 'note' || kind === 'called';

function textsOf(
  entry: AccountEntry,
  { hasTrace, lineOf }: Parameters<typeof writeTranscript>[1],
): readonly string[] {
  switch (entry.kind) {
    case 'did':
      return [entry.what];
    case 'passed':
      return [`… ${showSpan(entry.ms)} pass`];
    case 'happened':
      return textsOfEffect(entry.effect);
    case 'trace':
      return hasTrace ? [`  | ${showTrace(entry.entry)}`] : [];
    case 'met':
      return [];
    case 'failed': {
      const { step, expected, actual } = entry.failure;
      return [`FAILED ${lineOf(step)}: expected ${expected}, but got ${actual}`];
    }
  }
}

function textsOfEffect(effect: ObservedEffect): readonly string[] {
  if (effect.kind !== 'message') {
    const shown = showObservedEffect(effect);
    return [isSpoken(effect) ? shown : `(${shown})`];
  }
  const buttons = effect.buttons.map((text) => `[${text}]`).join('  ');
  return [effect.text ?? '', buttons].filter((text) => text !== '');
}
