// Runs commands for warm-commands.ts in one process, one after the other: what bin/parley.js does, without a start of
// Node for each. Owns no test.

import { loadCommands } from '../../src/cli/commands.ts';
import { CommandFailed } from '../../src/cli/kit/command.ts';
import { runCommand } from '../../src/cli/kit/run-command.ts';
import { writeError } from '../../src/cli/kit/terminal.ts';

export type CommandRequest = {
  readonly words: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
};
export type CommandResponse = { readonly code: number; readonly out: string; readonly err: string };

const commands = await loadCommands();
let out = '';
let err = '';
process.stdout.write = (text: string | Uint8Array) => {
  out += Buffer.from(text as Uint8Array).toString('utf8');
  return true;
};
process.stderr.write = (text: string | Uint8Array) => {
  err += Buffer.from(text as Uint8Array).toString('utf8');
  return true;
};

process.on('disconnect', () => process.exit());
process.on('message', async ({ words, environment, cwd }: CommandRequest) => {
  out = '';
  err = '';
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  const code = await run(words);
  process.send!({ code, out, err } satisfies CommandResponse);
});

async function run(words: readonly string[]): Promise<number> {
  try {
    return await runCommand(commands, words);
  } catch (error) {
    const isExpected = error instanceof CommandFailed;
    writeError(`parley: ${isExpected ? error.message : ((error as Error).stack ?? error)}`);
    return isExpected ? error.exitCode : 1;
  }
}
