// Finds the command that a command line names, reads its options, and runs it or prints help.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { readRelease } from '../../base/release.ts';
import { type Command, type CommandCall, CommandFailed } from './command.ts';
import { commandHelp, familyHelp, helpWidth, optionsOf, overview } from './help.ts';
import { urlOption } from './server-address.ts';
import { writeOut } from './terminal.ts';

/** Runs the command that the arguments name. */
export async function runCommand(
  commands: readonly Command[],
  words: readonly string[],
): Promise<number> {
  const command = findCommand(commands, words);
  if (command === undefined) return showOverview(commands, words);

  const rest = words.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    printHelp(commandHelp(command, helpWidth()));
    return 0;
  }
  const { values, positionals } = parseWords(command, rest);
  const isJson = values.json === true;
  return command.run({
    positionals,
    options: values as CommandCall['options'],
    isJson,
    print: (text, tone) => writeOut(text, isJson, tone),
  });
}

/** The longest name wins: `token create` before a command `token`. */
function findCommand(commands: readonly Command[], words: readonly string[]): Command | undefined {
  const line = words.join(' ');
  return [...commands]
    .sort((a, b) => b.name.length - a.name.length)
    .find(({ name }) => line === name || line.startsWith(`${name} `));
}

function parseWords(command: Command, words: readonly string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  const described = Object.entries({ url: urlOption, ...optionsOf(command) });
  for (const [name, { type, short, isList = false }] of described) {
    options[name] = { type, multiple: isList, ...(short === undefined ? {} : { short }) };
  }
  const wanted = command.arguments ?? [];
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: wanted.length > 0 });
    const { positionals, values } = parsed;
    if (values['url'] !== undefined && command.remote !== true) {
      throw new Error(`parley ${command.name} takes no --url, because ${command.remote}`);
    }
    const absent = wanted[positionals.length];
    const isOpenEnded = wanted.at(-1)?.isList === true;
    if (absent !== undefined && !absent.isList) throw new Error(`<${absent.name}> is missing`);
    if (positionals.length <= wanted.length || isOpenEnded) return parsed;
    throw new Error(`unexpected argument '${positionals[wanted.length]}'`);
  } catch (error) {
    throw new CommandFailed(`${(error as Error).message}\nSee: parley ${command.name} --help`, 2);
  }
}

function showOverview(commands: readonly Command[], words: readonly string[]): number {
  const [first] = words;
  if (first === '--version' || first === '-v' || first === 'version') {
    const { version } = readRelease();
    writeOut(words.includes('--json') ? JSON.stringify({ version }) : version, false);
    return 0;
  }
  const isAsked = first === undefined || first === 'help' || first === '--help' || first === '-h';
  if (isAsked) {
    printHelp(overview(commands, helpWidth()));
    return 0;
  }
  const family = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (family.length === 0) {
    throw new CommandFailed(`unknown command "${words.join(' ')}"\nSee: parley --help`, 2);
  }
  const isFamilyHelp = words.length === 1 || words[1] === '--help' || words[1] === '-h';
  if (!isFamilyHelp) {
    const names = family.map(({ name }) => `parley ${name}`).join(', ');
    throw new CommandFailed(
      `unknown command "${words.slice(0, 2).join(' ')}"; the commands are ${names}`,
      2,
    );
  }
  printHelp(familyHelp(family, helpWidth()));
  return 0;
}

/** Prints a help text with highlighted titles. */
function printHelp(text: string): void {
  for (const line of text.split('\n')) {
    writeOut(line, false, /^(Usage: |[A-Z][a-z ]+:$)/.test(line) ? 'heading' : undefined);
  }
}
