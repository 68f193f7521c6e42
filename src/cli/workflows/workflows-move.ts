// `parley workflows move`: moves conversations that wait in a workflow to another of its versions, each through the
// engine, and lists those that cannot move.

import { type MoveBody, type MovedRuns, moveWorkflow } from '../../management/move-workflow.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import type { ManagementClient } from '../kit/management-client.ts';
import { counted, printTable } from '../kit/print.ts';
import { withManagement } from '../kit/with-management.ts';
import { requiredVersion, workflowOrFail } from './workflows-find.ts';

export const workflowsMove: Command = {
  name: 'workflows move',
  about: 'Move waiting conversations of a workflow to another of its versions.',
  details: [
    'A conversation keeps the version it began with. This moves those that wait at a step that the target version',
    'also has, with the same kind; they continue from there. Lists those that cannot move, and why. Exits with 1 if',
    'there are any.',
  ].join('\n'),
  arguments: [{ name: 'name', about: 'The workflow.' }],
  options: {
    workspace: workspaceOption,
    to: { type: 'string', placeholder: 'n', about: 'The version to move to.' },
    'dry-run': {
      type: 'boolean',
      about: 'Only list what would move and what would stay.',
    },
  },
  examples: [
    'parley workflows move "Order help" --to 2 --dry-run',
    'parley workflows move "Order help" --to 2',
  ],
  remote: true,
  run: move,
};

type Moved = Omit<MovedRuns, 'next'>;

async function move(call: CommandCall): Promise<number> {
  const version = requiredVersion(call, 'workflows move', 'to');
  const isDryRun = call.options['dry-run'] === true;
  const moved = await withManagement('workflows move', call, async (client) => {
    const { id } = await workflowOrFail(client, call);
    return moveAll(client, id, { version, dry_run: isDryRun });
  });
  print(call, moved);
  return moved.stayed.length > 0 && !isDryRun ? 1 : 0;
}

/** Moves part by part. */
async function moveAll(client: ManagementClient, id: string, body: MoveBody): Promise<Moved> {
  let sum = await client.call(moveWorkflow, { params: { id }, body });
  while (sum.next !== null) {
    const next = { ...body, starting_after: sum.next };
    const part = await client.call(moveWorkflow, { params: { id }, body: next });
    sum = {
      ...part,
      moved: sum.moved + part.moved,
      already_there: sum.already_there + part.already_there,
      stayed: [...sum.stayed, ...part.stayed],
    };
  }
  return sum;
}

function print(call: CommandCall, moved: Moved): void {
  const { version, dry_run: isDryRun, moved: count, already_there: alreadyThere, stayed } = moved;
  if (call.isJson) {
    const shown = { dry_run: isDryRun, version, moved: count, already_there: alreadyThere };
    call.print(JSON.stringify({ ...shown, stayed }));
    return;
  }
  const verb = isDryRun ? 'Would move' : 'Moved';
  call.print(
    `${verb} ${counted(count, 'conversation')} to version ${version}; not movable: ${stayed.length}; already there: ${alreadyThere}.`,
  );
  if (stayed.length === 0) return;
  const rows = stayed.map((one) => [
    one.conversation_id,
    one.external_conversation_id,
    one.step,
    String(one.version),
    one.reason,
  ]);
  printTable(call, ['CONVERSATION', 'EXTERNAL ID', 'STEP', 'VERSION', 'WHY IT STAYS'], rows);
}
