// `parley erasures`: shows how far the removal of the data of deleted contacts is.

import { erasuresMax, listErasures, type PresentedErasure } from '../../management/erasures.ts';
import type { Command } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { counted, printList, shortTime } from '../kit/print.ts';
import { withManagement } from '../kit/with-management.ts';

const states: Record<PresentedErasure['stage'], string> = {
  conversations: 'begins soon',
  person: 'removing notes and stored responses',
  events: 'removing conversations',
  keys: 'removed; event ids follow',
  done: 'removed',
};

const stateOf = ({ stage, conversations_left: left }: PresentedErasure): string =>
  stage === 'events' ? `removing ${counted(left, 'conversation')}` : states[stage];

export const erasures: Command = {
  name: 'erasures',
  about: 'List the deleted contacts, and how far the removal of their data is.',
  details:
    `The newest ${erasuresMax}. A list is proof that the data of a contact was removed, and when. ` +
    'See docs/personal-data.md.',
  options: { workspace: workspaceOption },
  examples: ['parley erasures', 'parley erasures --json'],
  remote: true,
  run: async (call) => {
    const { data } = await withManagement('erasures', call, (client) =>
      client.call(listErasures, {}),
    );
    printList(call, data, {
      json: (one) => ({
        contact_id: one.contact_id,
        stage: one.stage,
        requested_at: shortTime(one.requested_at),
        finished_at: shortTime(one.finished_at),
        conversations_left: one.conversations_left,
      }),
      headings: ['CONTACT', 'DELETED', 'FINISHED', 'STATE'],
      row: (one) => [
        one.contact_id,
        shortTime(one.requested_at),
        shortTime(one.finished_at) ?? '-',
        stateOf(one),
      ],
      whenEmpty: 'No contact was deleted.',
    });
    return 0;
  },
};
