// `parley simulate`: runs a scripted conversation against workflow files, in memory, with a simulated clock. Needs no
// server and no database.

import { showWaiting } from '../../simulation/observed-effects.ts';
import { type AccountEntry, runScript, type ScriptResult } from '../../simulation/run-script.ts';
import type { Script } from '../../simulation/script.ts';
import { writeTranscript } from '../../simulation/transcript.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { timeText } from '../kit/print.ts';
import { pathOption, readPath } from '../kit/read-options.ts';
import { type Material, readMaterial } from './simulate-files.ts';

export const simulate: Command = {
  name: 'simulate',
  about: 'Run a scripted conversation against a workflow file.',
  details: [
    'Needs no server and no database. Uses the parley.yaml beside the workflow, or one further up that lists it.',
    'Prints the transcript. Exits with 1 if an expectation of the script is not met, with 2 if a file has errors.',
    'docs/simulate.md describes scripts.',
  ].join('\n'),
  arguments: [{ name: 'workflow', about: 'The workflow file. The script may name others.' }],
  options: {
    script: { type: 'string', placeholder: 'file', about: 'The conversation to run.' },
    file: { type: 'string', short: 'f', placeholder: 'path', about: 'Another parley.yaml.' },
    alone: { type: 'boolean', about: 'Use no parley.yaml: all names are assumed to exist.' },
    trace: { type: 'boolean', about: 'Show what each step did and why.' },
  },
  examples: [
    'parley simulate order-help.yaml --script script.yaml',
    'parley simulate order-help.yaml --script script.yaml --trace',
  ],
  remote: 'it needs no server',
  run: runSimulation,
};

async function runSimulation(call: CommandCall): Promise<number> {
  const [workflow = ''] = call.positionals;
  const scriptFile = pathOption(call, 'script');
  if (scriptFile === undefined) {
    throw new CommandFailed('--script is missing: it names the conversation to run', 2);
  }
  const setup = pathOption(call, 'file');
  const isAlone = call.options['alone'] === true;
  if (setup !== undefined && isAlone)
    throw new CommandFailed('give --file or --alone, not both', 2);
  const workflowFile = readPath(workflow, '<workflow>');
  const material = await readMaterial({ workflowFile, scriptFile, setup, isAlone });
  const { script, document, names, definitions } = material;
  const result = runScript(script, names.setup(definitions), names);
  const place = (step: number): number => document.lineOf(['steps', step]) ?? 0;
  if (call.isJson) call.print(JSON.stringify(asJson(script, result, place)));
  else call.print(asText(material, result, { scriptFile, place, call }));
  return result.failures.length === 0 ? 0 : 1;
}

function asText(
  { script, named }: Material,
  { entries, failures, expectationCount, simulation: end }: ScriptResult,
  shown: {
    readonly scriptFile: string;
    readonly place: (step: number) => number;
    readonly call: CommandCall;
  },
): string {
  const { scriptFile, place, call } = shown;
  const channel = end.setup.channels.get(end.channelId)?.name;
  const title = `${named.join(', ')} on ${channel}`;
  const lineOf = (step: number) => `${scriptFile}:${place(step)}`;
  const transcript = writeTranscript(entries, { hasTrace: call.options.trace === true, lineOf });
  const waiting =
    end.conversation === null
      ? 'there is no conversation'
      : `the conversation is ${end.conversation.state}; ${showWaiting(end.conversation, end.nowMs)}`;
  return [
    `${title}, ${timeText(script.startsAtMs)}`,
    ...(script.about === null ? [] : [script.about]),
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
  { startsAtMs }: Script,
  { entries, failures, expectationCount, simulation: end }: ScriptResult,
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
      const { kind, ...fields } = entry.effect;
      return { who: entry.who, happened: kind, ...fields };
    }
  }
}
