// `parley workflows list | show | diff | rollback`: the workflows of a workspace, their versions, and the current one.

import {
  diffWorkflow,
  listWorkflows,
  rollBackWorkflow,
  showWorkflow,
} from '../../management/workflows.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { workspaceOption } from '../kit/find-or-fail.ts';
import { diffLines } from '../kit/line-diff.ts';
import { printList, timeText } from '../kit/print.ts';
import { withManagement } from '../kit/with-management.ts';
import { requiredVersion, versionOption, workflowOrFail } from './workflows-find.ts';

const nameArgument = { name: 'name', about: 'The workflow.' };
const versionOf = (about: string) => ({ type: 'string', placeholder: 'n', about }) as const;

export const workflowsList: Command = {
  name: 'workflows list',
  about:
    'List the workflows in the order in which their triggers are tried, with the number of waiting runs.',
  options: { workspace: workspaceOption },
  examples: ['parley workflows list', 'parley workflows list --workspace acme --json'],
  remote: true,
  run: list,
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
  remote: true,
  run: show,
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
  remote: true,
  run: diff,
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
  remote: true,
  run: rollBack,
};

/** A number as a query has it. */
const numberText = (number: number | undefined): string | undefined =>
  number === undefined ? undefined : String(number);

async function list(call: CommandCall): Promise<number> {
  const { data } = await withManagement('workflows list', call, (client) =>
    client.call(listWorkflows, {}),
  );
  printList(call, data, {
    json: (one) => ({
      name: one.name,
      current_version: one.current_version,
      latest_version: one.latest_version,
      trigger: one.trigger?.on ?? null,
      steps: one.is_on ? one.steps.length : null,
      waiting: one.waiting,
    }),
    headings: ['NAME', 'CURRENT', 'NEWEST', 'TRIGGER', 'STEPS', 'WAITING'],
    row: (one) => [
      one.name,
      String(one.current_version ?? 'off'),
      String(one.latest_version ?? '-'),
      one.trigger?.on ?? '-',
      one.is_on ? String(one.steps.length) : '-',
      String(one.waiting ?? '?'),
    ],
    whenEmpty: 'No workflows yet. `parley apply` creates them from files.',
  });
  return 0;
}

async function show(call: CommandCall): Promise<number> {
  const query = { version: numberText(versionOption(call, 'version')), counts: 'false' };
  const shown = await withManagement('workflows show', call, async (client) => {
    const { id } = await workflowOrFail(client, call);
    return client.call(showWorkflow, { params: { id }, query });
  });
  const { name, current_version: currentVersion, definition, source } = shown;
  const created = (time: string) => timeText(Date.parse(time));
  if (call.isJson) {
    const versions = shown.versions.map((one) => ({
      version: one.version,
      created_at: created(one.created_at),
    }));
    const json = { name, current_version: currentVersion, version: shown.version };
    call.print(JSON.stringify({ ...json, definition, source, versions }));
    return 0;
  }
  const lines = shown.versions.map((one) => {
    const marks = [
      one.version === currentVersion ? 'current' : '',
      one.version === shown.version ? 'below' : '',
    ];
    const mark = marks.filter((text) => text !== '').join(', ');
    return `  ${one.version}  ${created(one.created_at)}  ${mark}`.trimEnd();
  });
  const off = currentVersion === null ? ' It is switched off.' : '';
  call.print(
    `Workflow "${name}", version ${shown.version}.${off} Versions:\n${lines.join('\n')}\n`,
  );
  call.print(source.trimEnd());
  return 0;
}

async function diff(call: CommandCall): Promise<number> {
  const query = {
    from: numberText(versionOption(call, 'from')),
    to: numberText(versionOption(call, 'to')),
  };
  const { from, to, differences } = await withManagement('workflows diff', call, async (client) => {
    const { id } = await workflowOrFail(client, call);
    return client.call(diffWorkflow, { params: { id }, query });
  });
  const lines = diffLines(from.source, to.source);
  if (call.isJson) {
    const texts = lines.map(({ text }) => text);
    const versions = { from: from.version, to: to.version };
    call.print(JSON.stringify({ ...versions, differences, diff: texts }));
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

async function rollBack(call: CommandCall): Promise<number> {
  const version = requiredVersion(call, 'workflows rollback', 'to');
  const done = await withManagement('workflows rollback', call, async (client) => {
    const { id } = await workflowOrFail(client, call);
    return client.call(rollBackWorkflow, { params: { id }, body: { version } });
  });
  const { name, previous_version: previous } = done;
  if (call.isJson) {
    const json = { name, current_version: version, previous_version: previous };
    call.print(JSON.stringify(json));
    return 0;
  }
  call.print(
    previous === version
      ? `Version ${version} of "${name}" is already current.`
      : `Made version ${version} of "${name}" current; before: ${previous ?? 'switched off'}.`,
  );
  return 0;
}
