// Turns the parts of a conversation into what a thread shows: days, messages grouped by author, and quiet lines for
// what was done, folded where there are many. Pure.

import type { Message } from '../../live/outbox.ts';
import type { Part } from '../../live/wire.ts';

export type ThreadItem =
  | { readonly kind: 'start'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly part: Part;
      /** The author and the time are shown above. */
      readonly isFirst: boolean;
    }
  | { readonly kind: 'event'; readonly key: string; readonly part: Part }
  | { readonly kind: 'fold'; readonly key: string; readonly parts: readonly Part[] }
  | { readonly kind: 'unsent'; readonly key: string; readonly message: Message };

const GROUP_MS = 5 * 60_000;
/** So many lines in a row are shown; more are folded. */
const LINES_MAX = 3;

/** Parts with words, files or buttons are messages; the rest are lines about what was done. */
export const isMessage = ({ body, attachments, is_redacted: isRedacted }: Part): boolean =>
  body !== null || attachments.length > 0 || isRedacted;

const isSameDay = (a: number, b: number): boolean =>
  new Date(a).toDateString() === new Date(b).toDateString();

const startsGroup = (part: Part, before: Part | undefined): boolean =>
  before === undefined ||
  !isMessage(before) ||
  before.author.id !== part.author.id ||
  before.author.type !== part.author.type ||
  (before.kind === 'note') !== (part.kind === 'note') ||
  part.at - before.at > GROUP_MS ||
  !isSameDay(before.at, part.at);

export function threadItems(
  parts: readonly Part[],
  unsent: readonly Message[],
  hasOlder: boolean,
): readonly ThreadItem[] {
  const items: ThreadItem[] = hasOlder ? [] : [{ kind: 'start', key: 'start' }];
  let lines: Part[] = [];
  const flushLines = () => {
    const [first] = lines;
    if (first !== undefined && lines.length > LINES_MAX) {
      items.push({ kind: 'fold', key: `fold ${first.position}`, parts: lines });
    } else {
      for (const part of lines) items.push({ kind: 'event', key: `part ${part.position}`, part });
    }
    lines = [];
  };
  for (const [index, part] of parts.entries()) {
    const before = parts[index - 1];
    if (before === undefined || !isSameDay(before.at, part.at)) {
      flushLines();
      items.push({ kind: 'day', key: `day ${part.position}`, at: part.at });
    }
    if (!isMessage(part)) {
      lines.push(part);
      continue;
    }
    flushLines();
    const isFirst = startsGroup(part, before);
    items.push({ kind: 'message', key: `part ${part.position}`, part, isFirst });
  }
  flushLines();
  for (const message of unsent) items.push({ kind: 'unsent', key: message.key, message });
  return items;
}
