// Moves conversations that wait in a workflow to another of its versions, each through the engine, and lists those that
// cannot move. A call looks at a part of the conversations; its `next` leads to the rest.

import { ok, type Result } from '../base/result.ts';
import { noteWorkflowMove } from '../commands/note-workflow-move.ts';
import type { ContractError } from '../contract/errors.ts';
import type { Connection } from '../database/pool.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { findVersions, type WorkflowRow } from '../store/workflows/versions.ts';
import { listWaitingRuns } from '../store/workflows/waiting-runs.ts';
import { readPlace, writePlace } from './event-choice.ts';
import { type MovePlan, moveRuns, planMoves, type Unmoved } from './move-runs.ts';
import type { Operation } from './operation.ts';
import { findWorkflow, versionOf } from './workflows.ts';

/** The most conversations that one call moves. */
export const movedAtOnceMax = 500;
const SORT = 'workflow_moves';

export type MoveBody = {
  readonly version: number;
  readonly dry_run?: boolean | null;
  readonly starting_after?: string | null;
};

export type MovedRuns = {
  readonly type: 'workflow_move';
  readonly dry_run: boolean;
  readonly version: number;
  readonly moved: number;
  readonly already_there: number;
  readonly stayed: readonly ReturnType<typeof presentUnmoved>[];
  readonly next: string | null;
};

export const moveWorkflow: Operation<MoveBody, MovedRuns> = {
  method: 'POST',
  path: '/parley/v1/workflows/:id/move',
  async run(context, { params, body }) {
    const { workspaceId, readPool, services } = context;
    const { version } = body;
    const isDryRun = body.dry_run === true;
    const after = readPlace(body.starting_after, SORT);
    if (!after.ok) return after;
    const afterId = after.value?.conversationId ?? 0;
    const planned = await readAs(readPool, workspaceId, (connection) =>
      plan(connection, workspaceId, params['id']!, version, afterId),
    );
    if (!planned.ok) return planned;
    const { row, moves, end } = planned.value;
    const next =
      end === null ? null : writePlace(SORT, { place: 0, conversationId: end, sequence: 0 });
    const shown = { type: 'workflow_move', version, already_there: moves.alreadyThere } as const;
    if (isDryRun) {
      const stayed = moves.unmovable.map(presentUnmoved);
      return ok({ ...shown, dry_run: true, moved: moves.movable.length, stayed, next });
    }
    const noted = await noteWorkflowMove(context, row, version, moves.movable.length);
    if (!noted.ok) return noted;
    const to = { workspaceId, workflowId: row.id, version };
    const { movedCount, unmoved } = await services.withMoves((submitMove) =>
      moveRuns(moves, to, submitMove),
    );
    services.waitingCounts.drop(workspaceId);
    const stayed = unmoved.map(presentUnmoved);
    return ok({ ...shown, dry_run: false, moved: movedCount, stayed, next });
  },
};

type Planned = { readonly row: WorkflowRow; readonly moves: MovePlan; readonly end: number | null };

async function plan(
  connection: Connection,
  workspaceId: number,
  id: string,
  version: number,
  afterId: number,
): Promise<Result<Planned, ContractError>> {
  const workflow = await findWorkflow(connection, workspaceId, id);
  if (!workflow.ok) return workflow;
  const row = workflow.value;
  const target = await versionOf(connection, workspaceId, row, version);
  if (!target.ok) return target;
  const { runs, end } = await listWaitingRuns(
    connection,
    workspaceId,
    row.id,
    afterId,
    movedAtOnceMax,
  );
  const numbers = [...new Set(runs.map((run) => run.version))];
  const versions = await findVersions(
    connection,
    workspaceId,
    numbers.map((number) => ({ workflowId: row.id, version: number })),
  );
  const definitionOf = (number: number) =>
    versions.find((one) => one.version === number)?.definition;
  return ok({ row, moves: planMoves(runs, target.value, definitionOf), end });
}

const presentUnmoved = ({ run, reason }: Unmoved) => ({
  conversation_id: String(run.conversationId),
  external_conversation_id: run.externalId,
  step: run.stepId,
  version: run.version,
  reason,
});
