// `parley simulate`: plays a scripted conversation against workflow files, in memory, with a frozen clock. Needs no
// server and no database, so it runs wherever the files are.

import { dirname, isAbsolute, join } from 'node:path';
import { showWaiting } from '../core/play/exchange.ts';
import { type AccountEntry, type Performance, perform } from '../core/play/perform.ts';
import { readTalk } from '../core/play/read-talk.ts';
import type { Talk } from '../core/play/talk.ts';
import { TalkNames } from '../core/play/talk-setup.ts';
import { writeTranscript } from '../core/play/transcript.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import { readDefinition, workflowNameOf } from '../core/workflow/read-definition.ts';
import type { ParsedDocument } from '../setup/document.ts';
import type { SetupFinding } from '../setup/finding.ts';
import { circleFindings, type Located } from '../setup/workflow-findings.ts';
import { type Command, type CommandCall, CommandFailed } from './command.ts';
import { type DraftFile, faultsOf, openDraft, refusedDrafts } from './draft-files.ts';
import { timeText } from './print.ts';
import { pathOption, readPath } from './read-options.ts';

export const simulate: Command = {
  name: 'simulate',
  about: 'Play a scripted conversation against a workflow file.',
  details: [
    'Needs no server and no database. Prints the exchange, and ends with 1 if an expectation of the script is',
    'not met, with 2 if a file is not usable. docs/simulate.md describes the script.',
  ].join('\n'),
  arguments: [{ name: 'workflow', about: 'The workflow file. The script may name others.' }],
  options: {
    script: { type: 'string', placeholder: 'file', about: 'The conversation to play.' },
    trace: { type: 'boolean', about: 'Show what each step did and why.' },
  },
  examples: [
    'parley simulate order-help.yaml --script talk.yaml',
    'parley simulate order-help.yaml --script talk.yaml --trace',
  ],
  run: play,
};

async function play(call: CommandCall): Promise<number> {
  const [workflowFile = ''] = call.positionals;
  const script = pathOption(call, 'script');
  if (script === undefined) {
    throw new CommandFailed('--script is missing: it names the conversation to play', 2);
  }
  const { talk, document } = await readScript(script);
  const others = talk.workflows.map((named) => {
    const file = readPath(named, `${script}: workflows`);
    return isAbsolute(file) ? file : join(dirname(script), file);
  });
  const files = [...new Set([readPath(workflowFile, '<workflow>'), ...others])];
  const { names, definitions } = await readWorkflows(talk, files);
  const performance = perform(talk, names.setup(definitions), names);
  const place = (step: number): number => document.lineOf(['steps', step]) ?? 0;
  if (call.isJson) call.print(JSON.stringify(asJson(talk, performance, place)));
  else call.print(asText(talk, performance, { script, place, definitions, call, names }));
  return performance.failures.length === 0 ? 0 : 1;
}

async function readScript(
  file: string,
): Promise<{ readonly talk: Talk; readonly document: ParsedDocument }> {
  const draft = await openDraft(file);
  const { document } = draft;
  const talk = readTalk(document.value);
  const faults = faultsOf(draft, talk.ok ? [] : talk.error);
  if (talk.ok && faults.length === 0) return { talk: talk.value, document };
  throw refusedDrafts(faults);
}

/** Workflow files, read against nothing but each other and the talk. */
async function readWorkflows(
  talk: Talk,
  files: readonly string[],
): Promise<{
  readonly names: TalkNames;
  readonly definitions: readonly WorkflowDefinition[];
}> {
  const drafts: DraftFile[] = [];
  for (const file of files) drafts.push(await openDraft(file));
  const workflows = drafts.map(({ document }) => workflowNameOf(document.value) ?? '');
  const twice = workflows.find((name, index) => name !== '' && workflows.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CommandFailed(`two of the files have a workflow named "${twice}"`, 2);
  }
  const names = new TalkNames(talk, workflows);
  const findings: SetupFinding[] = [];
  const located = drafts.flatMap((draft, index): readonly Located[] => {
    const read = readDefinition(draft.document.value, names.resolver);
    findings.push(...faultsOf(draft, read.ok ? [] : read.error));
    const workflowId = names.resolver.workflow(workflows[index]!) ?? 0;
    return read.ok ? [{ workflowId, definition: read.value.definition, file: draft }] : [];
  });
  findings.push(...circleFindings(located));
  if (findings.length > 0) throw refusedDrafts(findings);
  return { names, definitions: located.map(({ definition }) => definition) };
}

function asText(
  talk: Talk,
  { entries, failures, expectationCount, play: end }: Performance,
  shown: {
    readonly script: string;
    readonly place: (step: number) => number;
    readonly definitions: readonly WorkflowDefinition[];
    readonly call: CommandCall;
    readonly names: TalkNames;
  },
): string {
  const { script, place, definitions, call } = shown;
  const channel = end.setup.channels.get(end.channelId)?.name;
  const title = `${definitions.map(({ name }) => name).join(', ')} on ${channel}`;
  const lineOf = (step: number) => `${script}:${place(step)}`;
  const transcript = writeTranscript(entries, { hasTrace: call.options.trace === true, lineOf });
  const waiting =
    end.conversation === null
      ? 'there is no conversation'
      : `the conversation is ${end.conversation.state}; ${showWaiting(end.conversation, end.nowMs)}`;
  return [
    `${title}, ${timeText(talk.startsAtMs)}`,
    ...(talk.about === null ? [] : [talk.about]),
    '',
    ...transcript,
    '',
    `At the end ${waiting}.`,
    verdict(failures.length, expectationCount),
  ].join('\n');
}

function verdict(failures: number, expectations: number): string {
  if (failures > 0) return failures === 1 ? '1 failure.' : `${failures} failures.`;
  if (expectations === 0) return 'The script expects nothing.';
  return expectations === 1
    ? 'The expectation is met.'
    : `All ${expectations} expectations are met.`;
}

function asJson(
  { startsAtMs }: Talk,
  { entries, failures, expectationCount, play: end }: Performance,
  place: (step: number) => number,
): object {
  const { conversation, setup } = end;
  return {
    ok: failures.length === 0,
    expectations: expectationCount,
    failures: failures.map(({ step, expected, actual }) => ({
      step: step + 1,
      line: place(step),
      expected,
      actual,
    })),
    exchange: entries.filter(isShown).map((entry) => ({
      at: new Date(startsAtMs + entry.elapsedMs).toISOString(),
      line: place(entry.step),
      ...entryJson(entry),
    })),
    trace: entries.flatMap((entry) => {
      if (entry.kind !== 'trace') return [];
      const { workflow, version, step, do: kind, what } = entry.entry;
      return [{ line: place(entry.step), workflow, version, step, do: kind, what }];
    }),
    conversation: conversation && {
      state: conversation.state,
      team_assignee: setup.teams.get(conversation.teamAssigneeId ?? 0)?.name ?? null,
      admin_assignee: setup.admins.get(conversation.adminAssigneeId ?? 0)?.name ?? null,
      custom_attributes: conversation.customAttributes,
      tags: conversation.tagIds.map((id) => setup.tags.get(id)?.name ?? String(id)),
      run: conversation.run && {
        workflow: conversation.run.name,
        status: conversation.run.status,
        step: conversation.run.stepId,
        waiting_for: conversation.run.waiting?.for ?? null,
        end_reason: conversation.run.endReason,
      },
    },
  };
}

type ShownEntry = Extract<AccountEntry, { readonly kind: 'did' | 'happened' | 'passed' }>;

const isShown = (entry: AccountEntry): entry is ShownEntry =>
  entry.kind === 'did' || entry.kind === 'happened' || entry.kind === 'passed';

function entryJson(entry: ShownEntry): object {
  switch (entry.kind) {
    case 'did':
      return { who: entry.who, did: entry.what };
    case 'passed':
      return { passed_ms: entry.ms };
    case 'happened': {
      const { kind, ...fields } = entry.happening;
      return { who: entry.who, happened: kind, ...fields };
    }
  }
}
