// Outbound events as text/event-stream. Their bodies are JSON on one line, so they are put in as they are.

import { idOfRow, type LoggedRow } from '../../store/outbox/event-log.ts';

/** Something that passes: sent to who is there, kept nowhere. */
export type EphemeralEvent = {
  readonly conversationId: number;
  readonly name: string;
  readonly body: string;
};

/** Events of the log; the id of each is where a reader resumes. */
export const streamText = (rows: readonly LoggedRow[]): string =>
  rows.map((row) => `id: ${idOfRow(row)}\nevent: ${row.name}\ndata: ${row.body}\n\n`).join('');

/** Formats an ephemeral event: without an id, since no client can resume at it. */
export const ephemeralText = ({ name, body }: EphemeralEvent): string =>
  `event: ${name}\ndata: ${body}\n\n`;

/** How a stream begins: how soon to come back when it breaks, and from where. */
export const openingText = (reconnectMs: number, resumeId: string): string =>
  `retry: ${reconnectMs}\nid: ${resumeId}\n\n`;

export const heartbeatText = ':\n\n';
