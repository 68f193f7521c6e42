// The command line's entry: runs the command, and turns failures into messages and an exit code.

import { loadCommandsFor } from './commands.ts';
import { CommandFailed } from './kit/command.ts';
import { runCommand } from './kit/run-command.ts';
import { writeError } from './kit/terminal.ts';

// Lost output must not end the process in the middle of its work. A closed pipe (`parley serve | head`) is ignored; a
// full disk is reported and changes the exit code.
let isOutputLost = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || isOutputLost) return;
  isOutputLost = true;
  process.exitCode ||= 1;
  writeError(`parley: cannot write to standard output: ${error.message}`);
});
process.stderr.on('error', () => {});

const exitCode = await main(process.argv.slice(2));
process.exitCode = exitCode === 0 && isOutputLost ? 1 : exitCode;

async function main(words: readonly string[]): Promise<number> {
  try {
    return await runCommand(await loadCommandsFor(words), words);
  } catch (error) {
    const isExpected = error instanceof CommandFailed;
    writeError(`parley: ${isExpected ? error.message : ((error as Error).stack ?? error)}`);
    return isExpected ? error.exitCode : 1;
  }
}
