// `parley workflows list | show | diff | rollback`: the workflows of a workspace, their versions, and the current one.

import { commandLine } from '../../core/model/audit.ts';
import { compareDefinitions } from '../../core/workflow/compare-definitions.ts';
import { circleFinding, circleThrough } from '../../core/workflow/parse/circles.ts';
import type { Pool } from '../../database/pool.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import {
  countWaitingRuns,
  findVersion,
  makeCurrent,
  readVersions,
  readWorkflows,
  type WorkflowRow,
  type WorkflowVersionRow,
} from '../../store/workflows/versions.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { workspaceNameOf, workspaceOption, workspaceOrFail } from '../kit/find-or-fail.ts';
import { diffLines } from '../kit/line-diff.ts';
import { printList, timeText } from '../kit/print.ts';
import { withStore } from '../kit/with-database.ts';
import {
  type FoundWorkflow,
  requiredVersion,
  versionOption,
  versionOrFail,
  workflowOrFail,
} from './workflows-find.ts';

const nameArgument = { name: 'name', about: 'The workflow.' };
const versionOf = (about: string) => ({ type: 'string', placeholder: 'n', about }) as const;

export const workflowsList: Command = {
  name: 'workflows list',
  about:
    'List the workflows in the order in which their triggers are tried, with the number of waiting runs.',
  options: { workspace: workspaceOption },
  examples: ['parley workflows list', 'parley workflows list --workspace acme --json'],
  remote: 'it reads the database itself',
  run: listWorkflows,
};

export const workflowsShow: Command = {
  name: 'workflows show',
  about: 'Show a workflow file as applied, and its versions.',
  details: '--json shows the executed form: names resolved, every next step explicit.',
  arguments: [nameArgument],
  options: {
    workspace: workspaceOption,
    version: versionOf('The version; the current one if omitted.'),
  },
  examples: [
    'parley workflows show "Order help"',
    'parley workflows show "Order help" --version 1',
  ],
  remote: 'it reads the database itself',
  run: showWorkflow,
};

export const workflowsDiff: Command = {
  name: 'workflows diff',
  about: 'Compare two versions of a workflow by lines and steps.',
  details: [
    'The files as applied, as a unified diff, in colour on a terminal (unless NO_COLOR is set). Exits with 0 whether',
    'they differ or not, with 1 if there is no such workflow or version.',
  ].join('\n'),
  arguments: [nameArgument],
  options: {
    workspace: workspaceOption,
    from: versionOf('The earlier version; the one before --to if omitted.'),
    to: versionOf('The later version; the newest if omitted.'),
  },
  examples: [
    'parley workflows diff "Order help"',
    'parley workflows diff "Order help" --from 1 --to 3',
  ],
  remote: 'it reads the database itself',
  run: compareVersions,
};

export const workflowsRollback: Command = {
  name: 'workflows rollback',
  about: 'Make an earlier version of a workflow the current one again.',
  details: [
    'New conversations use it within 2 seconds; running ones keep theirs (`parley workflows move` moves them). Creates',
    'no new version. The next `parley apply` makes the version in its file current again, so change the file too.',
  ].join('\n'),
  arguments: [nameArgument],
  options: { workspace: workspaceOption, to: versionOf('The version to make current.') },
  examples: ['parley workflows rollback "Order help" --to 1'],
  remote: 'it reads the database itself',
  run: rollBack,
};

async function listWorkflows(call: CommandCall): Promise<number> {
  const workspaceName = workspaceNameOf(call);
  const workflows = await withStore('workflows list', async (pool) => {
    const { id } = await workspaceOrFail(pool, workspaceName);
    const rows = await readWorkflows(pool, id);
    const waiting = await countWaitingRuns(pool, id);
    return Promise.all(
      rows.map(async (row) => ({
        ...row,
        waitingCount: waiting.get(row.id) ?? 0,
        shown:
          row.currentVersion === null
            ? null
            : await findVersion(pool, id, row.id, row.currentVersion),
      })),
    );
  });
  printList(call, workflows, {
    json: ({ name, currentVersion, latestVersion, shown, waitingCount }) => ({
      name,
      current_version: currentVersion,
      latest_version: latestVersion,
      trigger: shown?.definition.trigger.on ?? null,
      steps: shown?.definition.steps.length ?? null,
      waiting: waitingCount,
    }),
    headings: ['NAME', 'CURRENT', 'NEWEST', 'TRIGGER', 'STEPS', 'WAITING'],
    row: ({ name, currentVersion, latestVersion, shown, waitingCount }) => [
      name,
      String(currentVersion ?? 'off'),
      String(latestVersion ?? '-'),
      shown?.definition.trigger.on ?? '-',
      String(shown?.definition.steps.length ?? '-'),
      String(waitingCount),
    ],
    whenEmpty: 'No workflows yet. `parley apply` creates them from files.',
  });
  return 0;
}

async function showWorkflow(call: CommandCall): Promise<number> {
  const wanted = versionOption(call, 'version');
  const { workflow, versions, shown } = await withStore('workflows show', async (pool) => {
    const found = await workflowOrFail(pool, call);
    const version = wanted ?? found.workflow.currentVersion ?? found.workflow.latestVersion ?? 0;
    return {
      ...found,
      versions: await readVersions(pool, found.workspaceId, found.workflow.id),
      shown: await versionOrFail(pool, found, version),
    };
  });
  const { name, currentVersion } = workflow;
  if (call.isJson) {
    const known = versions.map(({ version, createdAt }) => ({
      version,
      created_at: timeText(createdAt),
    }));
    const { version, definition, source } = shown;
    const json = { name, current_version: currentVersion, version, definition, source };
    call.print(JSON.stringify({ ...json, versions: known }));
    return 0;
  }
  const lines = versions.map(({ version, createdAt }) => {
    const marks = [
      version === currentVersion ? 'current' : '',
      version === shown.version ? 'below' : '',
    ];
    const mark = marks.filter((text) => text !== '').join(', ');
    return `  ${version}  ${timeText(createdAt)}  ${mark}`.trimEnd();
  });
  const off = currentVersion === null ? ' It is switched off.' : '';
  call.print(
    `Workflow "${name}", version ${shown.version}.${off} Versions:\n${lines.join('\n')}\n`,
  );
  call.print(shown.source.trimEnd());
  return 0;
}

async function compareVersions(call: CommandCall): Promise<number> {
  const given = { from: versionOption(call, 'from'), to: versionOption(call, 'to') };
  const { from, to } = await withStore('workflows diff', async (pool) => {
    const found = await workflowOrFail(pool, call);
    const toVersion = given.to ?? found.workflow.latestVersion ?? 0;
    const fromVersion = given.from ?? toVersion - 1;
    if (fromVersion < 1) throw new CommandFailed(noVersionBefore(toVersion, found.workflow));
    return {
      from: await versionOrFail(pool, found, fromVersion),
      to: await versionOrFail(pool, found, toVersion),
    };
  });
  const differences = compareDefinitions(from.definition, to.definition);
  const lines = diffLines(from.source, to.source);
  if (call.isJson) {
    const diff = lines.map(({ text }) => text);
    call.print(JSON.stringify({ from: from.version, to: to.version, differences, diff }));
    return 0;
  }
  const title = `Version ${from.version} -> ${to.version}`;
  const parts = differences.map(({ part, kind }) => `${part} ${kind}`).join(', ');
  call.print(parts === '' ? `${title}: no difference when run.` : `${title}: ${parts}.`);
  if (lines.length === 0 && parts !== '') {
    call.print('The files are the same, but names in them refer to different things.');
  }
  if (lines.length === 0) return 0;
  call.print(`--- version ${from.version}`, 'removed');
  call.print(`+++ version ${to.version}`, 'added');
  for (const { kind, text } of lines) call.print(text, kind === 'same' ? undefined : kind);
  return 0;
}

/** Rejects a version that would form an endless circle with the current versions of other workflows. */
async function rejectCircle(
  pool: Pool,
  { workspaceId, workflow }: FoundWorkflow,
  { version, definition }: WorkflowVersionRow,
): Promise<void> {
  const rows = await readWorkflows(pool, workspaceId);
  const others = await Promise.all(
    rows.map(async ({ id, currentVersion }) =>
      id === workflow.id || currentVersion === null
        ? null
        : findVersion(pool, workspaceId, id, currentVersion).then(
            (row) => row && { workflowId: id, definition: row.definition },
          ),
    ),
  );
  const current = [
    { workflowId: workflow.id, definition },
    ...others.filter((one) => one !== null),
  ];
  const circle = circleThrough(current, workflow.id);
  if (circle === undefined) return;
  const { step, reason, remedy } = circleFinding(circle);
  throw new CommandFailed(
    `version ${version} of "${workflow.name}" cannot be current: its step ${step} ${reason}: ${remedy}`,
  );
}

function noVersionBefore(version: number, { name, latestVersion }: WorkflowRow): string {
  if (latestVersion === null) return `workflow "${name}" has no version yet`;
  const advice =
    latestVersion === 1
      ? 'there is nothing to compare it with; `parley apply` creates version 2 when its file changes'
      : `choose the version to compare with by --from (1 to ${latestVersion})`;
  const reason = latestVersion === 1 ? 'has only one version' : `has no version before ${version}`;
  return `workflow "${name}" ${reason}: ${advice}`;
}

async function rollBack(call: CommandCall): Promise<number> {
  const version = requiredVersion(call, 'workflows rollback', 'to');
  const before = await withStore('workflows rollback', async (pool) => {
    const found = await workflowOrFail(pool, call);
    const target = await versionOrFail(pool, found, version);
    const { workspaceId, workflow } = found;
    await rejectCircle(pool, found, target);
    if (workflow.currentVersion !== version) {
      await changeAudited(pool, commandLine, async (connected) => ({
        value: await makeCurrent(connected, workspaceId, workflow.id, version),
        workspaceId,
        entries: [
          {
            action: 'workflow.version_chosen',
            object: { type: 'workflow', id: String(workflow.id) },
            relatedId: null,
            before: { version: workflow.currentVersion },
            after: { version },
            details: { name: workflow.name },
          },
        ],
      }));
    }
    return workflow;
  });
  const { name, currentVersion } = before;
  if (call.isJson) {
    call.print(
      JSON.stringify({ name, current_version: version, previous_version: currentVersion }),
    );
    return 0;
  }
  call.print(
    currentVersion === version
      ? `Version ${version} of "${name}" is already current.`
      : `Made version ${version} of "${name}" current; before: ${currentVersion ?? 'switched off'}.`,
  );
  return 0;
}
