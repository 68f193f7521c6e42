// `parley doctor`: checks everything that Parley depends on, and says what to do about each problem.

import { type Config, readConfig } from '../../config.ts';
import { NothingThere } from '../../database/nothing-there.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { counted } from '../kit/print.ts';
import { wrapWords } from '../kit/table.ts';
import { terminalWidth } from '../kit/terminal.ts';
import { withDatabase } from '../kit/with-database.ts';
import { bad, type Check, doubtful, good } from './doctor-check.ts';
import { checkDatabase } from './doctor-database.ts';
import { checkEmbedded, checkFiles, checkNode, checkSettingNames } from './doctor-machine.ts';

export const doctor: Command = {
  name: 'doctor',
  about: 'Check the machine, the settings and the database.',
  details: [
    'Changes nothing. Prints ok, warn or FAIL for each check, and what to do about it. Exits with 1 if a check fails,',
    'with 0 if there are only warnings. Starts the embedded PostgreSQL for a moment if it is not running. Opens every',
    'sealed secret and resolves the host of every callback; --deep also sends each callback a signed `ping`.',
  ].join('\n'),
  options: { deep: { type: 'boolean', about: 'Send every callback a `ping`.' } },
  examples: [
    'parley doctor',
    'parley doctor --deep',
    'parley doctor --json',
    'PARLEY_DATABASE_URL=… parley doctor',
  ],
  remote: 'it examines this machine and its database',
  run: async (call) => show(call, await examine(call.options['deep'] === true)),
};

async function examine(isDeep: boolean): Promise<Check[]> {
  const node = checkNode(process.versions.node);
  const config = readConfig(process.env);
  if (!config.ok) {
    const todo = '`parley config` shows all settings.';
    return [node, ...config.error.map((fault) => bad('settings', fault, todo))];
  }
  const files = await checkFiles(config.value);
  const checks = [node, checkSettingNames(process.env), files];
  if (config.value.databaseUrl === undefined) {
    const embedded = await checkEmbedded(config.value);
    checks.push(...embedded.checks);
    if (!embedded.hasCluster) return checks;
  }
  return [...checks, ...(await examineDatabase(config.value, isDeep))];
}

async function examineDatabase(config: Config, isDeep: boolean): Promise<Check[]> {
  try {
    return await withDatabase('doctor', (database) => checkDatabase(database, config, isDeep));
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof NothingThere) return checkNothing(cause);
    if (!(error instanceof CommandFailed) || error.exitCode > 1) throw error;
    return [
      bad('postgresql', error.message, 'See the message; `parley config` shows where it is.'),
    ];
  }
}

/** Reports an absent database; doctor creates none. */
function checkNothing({ serverVersion, message }: NothingThere): Check[] {
  const todo = 'Run `parley serve` or `parley migrate` to create one, or correct the settings.';
  return [
    ...(serverVersion === undefined ? [] : [good('postgresql', `${serverVersion}, reachable`)]),
    doubtful('migrations', message, todo),
  ];
}

const labels = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;
const tones = { ok: 'good', warn: 'caution', fail: 'bad' } as const;

function show({ isJson, print }: CommandCall, checks: readonly Check[]): number {
  const failedCount = checks.filter(({ status }) => status === 'fail').length;
  const warnedCount = checks.filter(({ status }) => status === 'warn').length;
  if (isJson) {
    print(JSON.stringify({ ok: failedCount === 0, checks }));
    return failedCount === 0 ? 0 : 1;
  }
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = ' '.repeat(width + 8);
  // Two columns for the arrow. Piped output has whole lines.
  const wordsWidth = Math.max(30, (terminalWidth() ?? Number.POSITIVE_INFINITY) - width - 10);
  for (const { name, status, message, todo } of checks) {
    const roomFor = (words: string): string =>
      words
        .split('\n')
        .flatMap((line) => wrapWords(line, wordsWidth))
        .join(`\n${indent}`);
    print(`${labels[status].padEnd(4)}  ${name.padEnd(width)}  ${roomFor(message)}`, tones[status]);
    if (todo !== undefined) print(`${indent}→ ${roomFor(todo)}`);
  }
  print(
    `\n${counted(checks.length, 'check')}: ${failedCount} failed, ${counted(warnedCount, 'warning')}.`,
  );
  return failedCount === 0 ? 0 : 1;
}
