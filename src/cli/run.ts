// The command line's entry: finds the command, and turns what goes wrong into words and an exit code. One file per
// command; this one knows none of their business.

import { CommandFailed, runCommand } from './command.ts';
import { commands } from './commands.ts';
import { writeError } from './terminal.ts';

// Whoever read our output may go (`parley serve | head`): that is no reason to end in the middle of something.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  try {
    return await runCommand(commands, words);
  } catch (error) {
    const isExpected = error instanceof CommandFailed;
    writeError(`parley: ${isExpected ? error.message : ((error as Error).stack ?? error)}`);
    return isExpected ? error.exitCode : 1;
  }
}
