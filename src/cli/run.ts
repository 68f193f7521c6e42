// The command line's entry: finds the command, and turns what goes wrong into words and an exit code. One file per
// command; this one knows none of their business.

import { loadCommandsFor } from './commands.ts';
import { CommandFailed } from './kit/command.ts';
import { runCommand } from './kit/run-command.ts';
import { writeError } from './kit/terminal.ts';

// What cannot be written is no reason to end in the middle of something. A reader that has gone (`parley serve | head`)
// has seen enough; a full disk is said, and in the exit code.
let isOutputLost = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || isOutputLost) return;
  isOutputLost = true;
  process.exitCode ||= 1;
  writeError(`parley: standard output cannot be written: ${error.message}`);
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
