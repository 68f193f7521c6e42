// `parley workflows move`: moves conversations that wait in a workflow to another of its versions, each through the
// engine, and lists those that cannot move.

import { commandLine } from '../../core/model/audit.ts';
import type { Pool } from '../../database/pool.ts';
import {
  moveRuns,
  planMoves,
  type SubmitMove,
  type Unmoved,
} from '../../provisioning/move-runs.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { listWaitingRuns, readVersions } from '../../store/workflows/versions.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { counted, printTable } from '../kit/print.ts';
import { withStore } from '../kit/with-database.ts';
import { requiredVersion, versionOrFail, workflowOrFail } from './workflows-find.ts';

/** Runs an engine for the moves, for as long as they take. */
export type WithStandaloneEngine = <Answer>(
  pool: Pool,
  use: (submitMove: SubmitMove) => Promise<Answer>,
) => Promise<Answer>;

/** The command. @param withStandaloneEngine where the moves go. */
export const workflowsMove = (withStandaloneEngine: WithStandaloneEngine): Command => ({
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
  remote: 'it reads the database itself',
  run: (call) => move(call, withStandaloneEngine),
});

type Moved = {
  readonly count: number;
  readonly unmoved: readonly Unmoved[];
  readonly alreadyThere: number;
};

async function move(
  call: CommandCall,
  withStandaloneEngine: WithStandaloneEngine,
): Promise<number> {
  const version = requiredVersion(call, 'workflows move', 'to');
  const isDryRun = call.options['dry-run'] === true;
  const moved = await withStore('workflows move', async (pool): Promise<Moved> => {
    const found = await workflowOrFail(pool, call);
    const { workspaceId, workflow } = found;
    const target = await versionOrFail(pool, found, version);
    const versions = await readVersions(pool, workspaceId, workflow.id);
    const runs = await listWaitingRuns(pool, workspaceId, workflow.id);
    const plan = planMoves(
      runs,
      target,
      (number) => versions.find((one) => one.version === number)?.definition,
    );
    const { movable, unmovable, alreadyThere } = plan;
    if (isDryRun || movable.length === 0) {
      return { count: movable.length, unmoved: unmovable, alreadyThere };
    }
    const to = { workspaceId, workflowId: workflow.id, version };
    await changeAudited(pool, commandLine, async () => ({
      value: null,
      workspaceId,
      entries: [
        {
          action: 'workflow.move_requested',
          object: { type: 'workflow', id: String(workflow.id) },
          relatedId: null,
          after: { version },
          details: { name: workflow.name, conversations: movable.length },
        },
      ],
    }));
    const done = await withStandaloneEngine(pool, (submitMove) => moveRuns(plan, to, submitMove));
    return { count: done.movedCount, unmoved: done.unmoved, alreadyThere };
  });
  print(call, moved, version, isDryRun);
  return moved.unmoved.length > 0 && !isDryRun ? 1 : 0;
}

function print(call: CommandCall, moved: Moved, version: number, isDryRun: boolean): void {
  const { count, unmoved, alreadyThere } = moved;
  if (call.isJson) {
    const stayed = unmoved.map(({ run, reason }) => ({
      conversation_id: String(run.conversationId),
      external_conversation_id: run.externalId,
      step: run.stepId,
      version: run.version,
      reason,
    }));
    const shown = { dry_run: isDryRun, version, moved: count, already_there: alreadyThere };
    call.print(JSON.stringify({ ...shown, stayed }));
    return;
  }
  const verb = isDryRun ? 'Would move' : 'Moved';
  call.print(
    `${verb} ${counted(count, 'conversation')} to version ${version}; not movable: ${unmoved.length}; already there: ${alreadyThere}.`,
  );
  if (unmoved.length === 0) return;
  const rows = unmoved.map(({ run, reason }) => [
    String(run.conversationId),
    run.externalId,
    run.stepId,
    String(run.version),
    reason,
  ]);
  printTable(call, ['CONVERSATION', 'EXTERNAL ID', 'STEP', 'VERSION', 'WHY IT STAYS'], rows);
}
