// `parley erasures`: shows how far the removal of the data of deleted contacts is.

import type { ErasureRow, ErasureStage } from '../../store/removal/erasures.ts';
import { listErasures } from '../../store/removal/erasures.ts';
import type { Command } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { counted, printList, timeText } from '../kit/print.ts';
import { withStore } from '../kit/with-database.ts';

const SHOWN_MAX = 1_000;

const states: Record<ErasureStage, string> = {
  conversations: 'begins soon',
  person: 'removing notes and stored responses',
  events: 'removing conversations',
  keys: 'removed; event ids follow',
  done: 'removed',
};

const stateOf = ({ stage, conversations }: ErasureRow): string =>
  stage === 'events' ? `removing ${counted(conversations, 'conversation')}` : states[stage];

export const erasures: Command = {
  name: 'erasures',
  about: 'List the deleted contacts, and how far the removal of their data is.',
  details:
    `The newest ${SHOWN_MAX}. A list is proof that the data of a contact was removed, and when. ` +
    'See docs/personal-data.md.',
  options: { workspace: workspaceOption },
  examples: ['parley erasures', 'parley erasures --json'],
  remote: 'it reads the database itself',
  run: async (call) => {
    const rows = await withStore('erasures', async (pool) => {
      const { id } = await workspaceOrFail(pool, workspaceNameOf(call));
      return listErasures(pool, id, SHOWN_MAX);
    });
    printList(call, rows, {
      json: (row) => ({
        contact_id: row.contactId,
        stage: row.stage,
        requested_at: timeText(row.requestedAt),
        finished_at: row.finishedAt === null ? null : timeText(row.finishedAt),
        conversations_left: row.conversations,
      }),
      headings: ['CONTACT', 'DELETED', 'FINISHED', 'STATE'],
      row: (row) => [
        row.contactId,
        timeText(row.requestedAt),
        row.finishedAt === null ? '-' : timeText(row.finishedAt),
        stateOf(row),
      ],
      whenEmpty: 'No contact was deleted.',
    });
    return 0;
  },
};
