// Shows an outbound event on a terminal, and reads its id from the command line.

import { readEventId } from '../../core/conversation/outbound-event-id.ts';
import type { EventKey } from '../../store/outbox/event-admin.ts';
import { idOfRow, type LoggedRow } from '../../store/outbox/event-log.ts';
import { CommandFailed } from '../kit/command.ts';

const TEXT_CHARACTERS_MAX = 80;
/** Characters that a terminal might interpret, and white space. */
const unprintable = /[\p{Cc}\p{Cf}\s]+/gu;

/** One line: when, what, where, and the beginning of the text. */
export const eventLine = (row: LoggedRow): string =>
  [
    new Date(row.createdAt).toISOString(),
    idOfRow(row),
    row.name.padEnd(23),
    `conversation ${row.conversationId} #${row.sequence}`,
    shortText(row.body),
  ]
    .join('  ')
    .trimEnd();

type Body = {
  readonly message?: { readonly body_text?: unknown };
  readonly quick_reply_options?: readonly { readonly text?: unknown }[];
  readonly attribute?: { readonly label?: unknown };
  readonly assignee?: { readonly name?: unknown };
  readonly status?: unknown;
};

/** The text of an event, shortened to a line. */
function shortText(body: string): string {
  const {
    message,
    quick_reply_options: options,
    attribute,
    assignee,
    status,
  } = JSON.parse(body) as Body;
  const said = [
    message?.body_text,
    ...(options ?? []).map(({ text }) => `[${String(text)}]`),
    attribute?.label,
    assignee === undefined ? null : `to ${String(assignee.name ?? 'nobody')}`,
    status,
  ];
  return onOneLine(said.filter((text) => typeof text === 'string').join(' '));
}

/** Untrusted text, shortened and without characters that a terminal might interpret. */
export function onOneLine(text: string, charactersMax = TEXT_CHARACTERS_MAX): string {
  const line = text.replaceAll(unprintable, ' ').trim();
  const characters = [...line];
  return characters.length <= charactersMax
    ? line
    : `${characters.slice(0, charactersMax - 1).join('')}…`;
}

/** Reads an event id, also in the form of the format `intercom`. */
export function readEventKey(text: string): EventKey {
  const key = readEventId(text.replace(/^notif_/, ''));
  if (key !== null) return key;
  throw new CommandFailed(
    `"${text}" is not an event id: \`parley events tail\` shows them, and every event carries its own.`,
    2,
  );
}
