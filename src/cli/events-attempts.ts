// `parley events attempts`: what became of an event at the callback, try by try.

import { findEventsByKey, listAttempts } from '../store/event-admin.ts';
import { defaultName } from '../store/first-start.ts';
import { type Command, type CommandCall, CommandFailed } from './command.ts';
import { onOneLine, readEventKey } from './events-show.ts';
import { workspaceOrFail } from './find-or-fail.ts';
import { printList } from './print.ts';
import { textOption } from './read-options.ts';
import { withStore } from './with-database.ts';

export const eventsAttempts: Command = {
  name: 'events attempts',
  about: 'Show every try to deliver an event to the callback.',
  details: 'With --json the answers are complete, up to the 2 KB that are kept of each.',
  arguments: [{ name: 'event_id', about: 'The event.' }],
  options: {
    workspace: { type: 'string', placeholder: 'name', about: 'Workspace; "default" if not given.' },
  },
  examples: ['parley events attempts 01a1ee87-3200-7000-8000-007d20200001'],
  run: showAttempts,
};

async function showAttempts(call: CommandCall): Promise<number> {
  const id = call.positionals[0]!;
  const key = readEventKey(id);
  const workspaceName = textOption(call, 'workspace') ?? defaultName;
  const attempts = await withStore('events attempts', async (pool) => {
    const { id: workspaceId } = await workspaceOrFail(pool, workspaceName);
    const found = await findEventsByKey(pool, workspaceId, [key]);
    if (found.length > 0) return listAttempts(pool, workspaceId, key);
    throw new CommandFailed(`the workspace "${workspaceName}" has no event ${id}.`);
  });
  printList(call, attempts, {
    json: ({ attemptedAt, outcome, status, latencyMs, detail }) => ({
      attempted_at: new Date(attemptedAt).toISOString(),
      outcome,
      status,
      latency_ms: latencyMs,
      detail,
    }),
    headings: ['WHEN', 'OUTCOME', 'STATUS', 'MS', 'ANSWER'],
    row: ({ attemptedAt, outcome, status, latencyMs, detail }) => [
      new Date(attemptedAt).toISOString(),
      outcome,
      status === null ? '-' : String(status),
      String(latencyMs),
      onOneLine(detail),
    ],
    whenEmpty: 'It was not tried: the channel has no callback, or its turn is still to come.',
  });
  return 0;
}
