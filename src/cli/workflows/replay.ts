// `parley replay`: replays a recorded conversation in memory: against a draft, to see what it would have done, or
// against the versions it ran in, to check that the record reproduces what is stored. Writes nothing.

import type { History } from '../../core/conversation/history.ts';
import type { WorkspaceSetup } from '../../core/conversation/transition-context.ts';
import type { WorkflowVersion } from '../../core/workflow/definition.ts';
import { circleFinding, circleThrough } from '../../core/workflow/parse/circles.ts';
import { type NameResolver, readDefinition } from '../../core/workflow/parse/definition-reader.ts';
import { resolverOf } from '../../core/workflow/parse/resolve-names.ts';
import type { Pool } from '../../database/pool.ts';
import { type Comparison, compareWithDraft } from '../../simulation/compare-replay.ts';
import { showWaiting } from '../../simulation/observed-effects.ts';
import { writeSideBySide } from '../../simulation/side-by-side.ts';
import { setupOf, type Verification, verifyHistory } from '../../simulation/verify-replay.ts';
import { readAllVersions, readHistory } from '../../store/workflows/conversation-history.ts';
import { readWorkflows, type WorkflowRow } from '../../store/workflows/versions.ts';
import { loadSetup } from '../../store/workflows/workspace-setup.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { counted } from '../kit/print.ts';
import { pathOption } from '../kit/read-options.ts';
import { withStore } from '../kit/with-database.ts';
import { type DraftFile, faultAt, faultsOf, openDraft, rejectedDrafts } from './draft-files.ts';

export const replay: Command = {
  name: 'replay',
  about: 'Replay a recorded conversation against a draft of a workflow.',
  details: [
    'Shows what happened and what the draft would have done, side by side, and where they first differ. Without',
    '--workflow: replays it in the versions it ran in, and exits with 1 unless that reproduces what is stored.',
    'Nothing is written or sent. docs/simulate.md explains what is taken from the record.',
  ].join('\n'),
  arguments: [{ name: 'conversation', about: 'The id of the conversation.' }],
  options: {
    workflow: { type: 'string', placeholder: 'file', about: 'The draft: a workflow file.' },
    workspace: workspaceOption,
  },
  examples: ['parley replay 70401', 'parley replay 70401 --workflow order-help.yaml'],
  remote: 'it reads the database itself',
  run: replayConversation,
};

/** The input of a replay. */
type Material = {
  readonly history: History;
  readonly setup: WorkspaceSetup;
  readonly versions: readonly WorkflowVersion[];
  readonly workflows: readonly WorkflowRow[];
};

async function replayConversation(call: CommandCall): Promise<number> {
  const [text = ''] = call.positionals;
  if (!/^[1-9]\d{0,15}$/.test(text)) {
    throw new CommandFailed(`"${text}" is not a conversation id: it has only digits`, 2);
  }
  const file = pathOption(call, 'workflow');
  const draft = file === undefined ? null : await openDraft(file);
  const workspace = workspaceNameOf(call);
  const material = await withStore('replay', (pool) => read(pool, workspace, Number(text)));
  const { history, setup, versions } = material;
  const verification = verifyHistory(history, setup, versions);
  if (draft === null) return showVerification(call, history, verification);
  const comparison = compareWithDraft(history, verification.signals, withDraft(material, draft));
  showComparison(call, history, verification, comparison);
  return 0;
}

async function read(pool: Pool, name: string, conversationId: number): Promise<Material> {
  const workspace = await workspaceOrFail(pool, name);
  const history = await readHistory(pool, workspace.id, conversationId);
  if (history === null) {
    throw new CommandFailed(`workspace "${name}" has no conversation ${conversationId}`);
  }
  const first = history.signals[0]?.ordinal ?? history.conversation.signalCount + 1;
  if (first > 1) {
    throw new CommandFailed(
      `conversation ${conversationId} cannot be replayed: its signals before number ${first} were removed for their age`,
    );
  }
  const stored = await loadSetup(pool, workspace.id);
  const workflows = await readWorkflows(pool, workspace.id);
  const versions = await readAllVersions(pool, workspace.id);
  const byId = <Row extends { readonly id: number }>(rows: readonly Row[]) =>
    new Map(rows.map((row) => [row.id, row]));
  const setup: WorkspaceSetup = {
    workspaceId: workspace.id,
    channels: byId(stored?.channels ?? []),
    admins: byId(stored?.admins ?? []),
    teams: byId(stored?.teams ?? []),
    tags: byId(stored?.tags ?? []),
    dataAttributes: stored?.dataAttributes ?? [],
    workflows: stored?.workflows ?? [],
    definitionOf: () => undefined,
  };
  return { history, setup, versions, workflows };
}

/** The workspace as it would be if the draft were applied. */
function withDraft(
  { history, setup, versions, workflows }: Material,
  draft: DraftFile,
): WorkspaceSetup {
  const ids = new Map(workflows.map(({ name, id }) => [name, id]));
  const { name } = (draft.document.value ?? {}) as { readonly name?: unknown };
  const ownId = Math.max(0, ...ids.values()) + 1;
  if (typeof name === 'string' && !ids.has(name)) ids.set(name, ownId);
  const result = readDefinition(draft.document.value, namesIn(setup, ids));
  const faults = faultsOf(draft, result.ok ? [] : result.error);
  if (!result.ok || faults.length > 0) throw rejectedDrafts(faults);
  const { definition } = result.value;
  const workflowId = ids.get(definition.name) ?? ownId;
  const latest = workflows.find(({ id }) => id === workflowId)?.latestVersion ?? 0;
  const applied: WorkflowVersion = { workflowId, version: latest + 1, definition };
  const isThere = setup.workflows.some((one) => one.workflowId === workflowId);
  const current = isThere
    ? setup.workflows.map((one) => (one.workflowId === workflowId ? applied : one))
    : [applied, ...setup.workflows];
  const circle = circleThrough(current, workflowId);
  if (circle !== undefined) throw rejectedDrafts([faultAt(draft, circleFinding(circle))]);
  return { ...setupOf(setup, history.channelId, [...versions, applied]), workflows: current };
}

function showVerification(
  { isJson, print }: CommandCall,
  { conversation }: History,
  { signals, differences }: Verification,
): number {
  if (isJson) {
    print(
      JSON.stringify({
        ok: differences.length === 0,
        conversation_id: String(conversation.id),
        signals: signals.length,
        differences: differences.map(({ place, onRecord, replayed }) => ({
          place,
          on_record: onRecord,
          replayed,
        })),
      }),
    );
  } else if (differences.length === 0) {
    print(`Replayed ${counted(signals.length, 'signal')}: the result matches what is stored.`);
  } else {
    const lines = differences.map(
      ({ place, onRecord, replayed }) =>
        `  ${place}\n    on record  ${JSON.stringify(onRecord)}\n    replayed   ${JSON.stringify(replayed)}`,
    );
    print(
      [
        `Replayed ${counted(signals.length, 'signal')}: the result differs from what is stored.`,
        ...lines,
      ].join('\n'),
    );
  }
  return differences.length === 0 ? 0 : 1;
}

function showComparison(
  { isJson, print }: CommandCall,
  { conversation }: History,
  { differences }: Verification,
  comparison: Comparison,
): void {
  const { signals, partAt, draftEnd } = comparison;
  if (isJson) {
    print(
      JSON.stringify({
        conversation_id: String(conversation.id),
        is_faithful: differences.length === 0,
        part_at: partAt,
        signals: signals.map(({ atMs, what, done, draft, remark, isSame }) => ({
          at: new Date(atMs).toISOString(),
          what,
          done,
          draft,
          remark,
          same: isSame,
        })),
      }),
    );
    return;
  }
  const warning =
    differences.length === 0
      ? []
      : [
          'The record alone does not reproduce what is stored, so the left column may differ from what happened;',
          '`parley replay` without --workflow shows where.',
        ];
  const verdict =
    partAt === null
      ? 'The draft would have done the same.'
      : `They differ from ${new Date(signals[partAt]!.atMs).toISOString()}: ${signals[partAt]!.what}.`;
  const end = draftEnd.conversation;
  const ends =
    end === null
      ? []
      : [
          `At the end of the record: ${conversation.state}; ${showWaiting(conversation, draftEnd.nowMs)}.`,
          `With the draft: ${end.state}; ${showWaiting(end, draftEnd.nowMs)}.`,
        ];
  print([...warning, ...writeSideBySide(comparison), '', verdict, ...ends].join('\n'));
}

/** The names that a draft can use. A replay makes no call, so any secret will do. */
const namesIn = (
  setup: WorkspaceSetup,
  workflowIds: ReadonlyMap<string, number>,
): NameResolver => ({
  ...resolverOf({
    channels: [...setup.channels.values()],
    teams: [...setup.teams.values()],
    admins: [...setup.admins.values()],
    tags: [...setup.tags.values()],
    dataAttributes: setup.dataAttributes,
    workflowIds,
    secrets: [],
  }),
  hasSecret: () => true,
});
