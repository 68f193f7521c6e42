// `parley audit`: who changed what in a workspace, when and from where.

import { limits } from '../../base/limits.ts';
import type { PresentedAuditEntry } from '../../core/presenters/audit-entry.ts';
import { listAudit } from '../../management/audit.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import type { ManagementClient } from '../kit/management-client.ts';
import { printList, shortTime } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { withManagement } from '../kit/with-management.ts';

const LIMIT = 50;
const LIMIT_MAX = 10_000;

const filterOption = (about: string) => ({ type: 'string', placeholder: 'text', about }) as const;

export const audit: Command = {
  name: 'audit',
  about: 'Show who changed what, when and from where, newest first.',
  details: [
    'Changes of the configuration, and what was deleted or cannot be undone. Entries name people by their ids, and no',
    'secrets. --json also shows the values before and after.',
  ].join('\n'),
  options: {
    workspace: workspaceOption,
    object: filterOption('Only about an object such as channel:1, or a type such as token.'),
    actor: filterOption('Only by admin:1, token:3, workflow:2 or command_line.'),
    action: filterOption('Only this action, such as channel.updated.'),
    since: { type: 'string', placeholder: 'time', about: 'Only from this time on, in ISO 8601.' },
    limit: {
      type: 'string',
      placeholder: 'number',
      about: `The maximum number; ${LIMIT} if omitted.`,
    },
  },
  examples: ['parley audit', 'parley audit --object channel --since 2026-12-01T00:00Z --json'],
  remote: true,
  run: showAudit,
};

async function showAudit(call: CommandCall): Promise<number> {
  const count = readLimit(textOption(call, 'limit'));
  const filter = filterOf(call);
  const entries = await withManagement('audit', call, (client) => readPages(client, filter, count));
  printList(call, entries, {
    json: (entry) => entry,
    headings: ['WHEN', 'WHO', 'FROM', 'ACTION', 'OBJECT', 'CHANGE'],
    row: (entry) => [
      shortTime(entry.created_at),
      actorText(entry),
      entry.source ?? '',
      entry.action,
      `${entry.object.type} ${entry.object.id}`,
      changeText(entry),
    ],
    whenEmpty: 'No entries.',
  });
  return 0;
}

/** Reads as many entries as wanted, page by page. */
async function readPages(
  client: ManagementClient,
  filter: Readonly<Record<string, string | undefined>>,
  count: number,
): Promise<readonly PresentedAuditEntry[]> {
  const entries: PresentedAuditEntry[] = [];
  let next: string | null | undefined;
  while (next !== null && entries.length < count) {
    const size = Math.min(count - entries.length, limits.perPageMax);
    const query = { ...filter, per_page: String(size), starting_after: next };
    const page = await client.call(listAudit, { query });
    entries.push(...page.data);
    next = page.next;
  }
  return entries;
}

function filterOf(call: CommandCall): Readonly<Record<string, string | undefined>> {
  const actor = textOption(call, 'actor');
  if (actor?.split(':')[0] === 'token' && !/^token:\d{1,15}$/.test(actor)) {
    throw new CommandFailed('--actor must name a token by its number, such as token:3', 2);
  }
  const since = textOption(call, 'since');
  const sinceMs = since === undefined ? 0 : Date.parse(since);
  if (Number.isNaN(sinceMs)) {
    throw new CommandFailed(`--since must be a time such as 2026-12-01T00:00Z, not "${since}"`, 2);
  }
  return {
    object: textOption(call, 'object'),
    actor,
    action: textOption(call, 'action'),
    since: since === undefined ? undefined : new Date(sinceMs).toISOString(),
  };
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const number = /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= LIMIT_MAX) return number;
  throw new CommandFailed(
    `--limit must be a whole number from 1 to ${LIMIT_MAX}, not "${text}"`,
    2,
  );
}

function actorText({ actor: { type, id, token } }: PresentedAuditEntry): string {
  const who = id === null ? type.replace('_', ' ') : `${type} ${id}`;
  return token === null ? who : `${who}, token ${token.id}`;
}

/** `enabled: on → off`. */
function changeText({ before, after, related_id: related }: PresentedAuditEntry): string {
  const from = (before ?? {}) as Record<string, unknown>;
  const changes = Object.entries((after ?? {}) as Record<string, unknown>).map(([name, value]) => {
    const old = from[name] === undefined || from[name] === null ? '' : `${show(from[name])} → `;
    return `${name}: ${old}${show(value)}`;
  });
  return related === null ? changes.join(', ') : [related, ...changes].join(', ');
}

const show = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
