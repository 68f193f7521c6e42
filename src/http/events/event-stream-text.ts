// Formats outbound events as text/event-stream. Their bodies are JSON on one line, so they are inserted as they are.

import { idOfRow, type LoggedRow } from '../../store/outbox/event-log.ts';

/** An ephemeral event: sent to open streams, stored nowhere. */
export type EphemeralEvent = {
  readonly conversationId: number;
  readonly name: string;
  readonly body: string;
};

/** Formats events of the log. A client resumes at the id of each. */
export const streamText = (rows: readonly LoggedRow[]): string =>
  rows.map((row) => `id: ${idOfRow(row)}\nevent: ${row.name}\ndata: ${row.body}\n\n`).join('');

/** Formats an ephemeral event: without an id, since no client can resume at it. */
export const ephemeralText = ({ name, body }: EphemeralEvent): string =>
  `event: ${name}\ndata: ${body}\n\n`;

/** Formats the start of a stream: the reconnection delay, and the id to resume at. */
export const openingText = (reconnectMs: number, resumeId: string): string =>
  `retry: ${reconnectMs}\nid: ${resumeId}\n\n`;

export const heartbeatText = ':\n\n';
