// What a command is, and how the words of a command line find it, its options and its help.

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { readRelease } from '../../base/release.ts';
import { commandHelp, commonOptions, familyHelp, helpWidth, overview } from './help.ts';
import { type Tone, writeOut } from './terminal.ts';

export type Option = {
  readonly type: 'string' | 'boolean';
  /** One letter that stands for it: `-f`. */
  readonly short?: string;
  readonly about: string;
  /** Shown in the help for the value. */
  readonly placeholder?: string;
  /** May be given several times; its value is a list then. */
  readonly isList?: true;
};

export type Argument = {
  readonly name: string;
  readonly about: string;
  /** Any number of them, or none. Only the last argument can be so. */
  readonly isList?: true;
};

export type Command = {
  /** `token create`. */
  readonly name: string;
  readonly about: string;
  /** Further paragraphs of the help. */
  readonly details?: string;
  readonly arguments?: readonly Argument[];
  readonly options?: Readonly<Record<string, Option>>;
  readonly examples: readonly string[];
  /** @returns the exit code. */
  readonly run: (call: CommandCall) => Promise<number>;
};

export type CommandCall = {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly isJson: boolean;
  /** Prints JSON if `isJson`, else text for people; harmless to terminals, whatever is in it. */
  readonly print: (text: string, tone?: Tone) => void;
};

/** An end that the person can do something about: shown as one sentence, without a stack. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: number;

  /** @param exitCode 1: it did not work; 2: the call was wrong; 128 and more: a signal ended it. */
  constructor(message: string, exitCode = 1, cause?: Error) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Runs the command that the words name. */
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
  const described = Object.entries({ ...commonOptions, ...command.options });
  for (const [name, { type, short, isList = false }] of described) {
    options[name] = { type, multiple: isList, ...(short === undefined ? {} : { short }) };
  }
  const wanted = command.arguments ?? [];
  try {
    const parsed = parseArgs({ args: [...words], options, allowPositionals: wanted.length > 0 });
    const { positionals } = parsed;
    const absent = wanted[positionals.length];
    const isOpenEnded = wanted.at(-1)?.isList === true;
    if (absent !== undefined && !absent.isList) throw new Error(`the <${absent.name}> is missing`);
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
    throw new CommandFailed(`there is no command "${words.join(' ')}"\nSee: parley --help`, 2);
  }
  const isFamilyHelp = words.length === 1 || words[1] === '--help' || words[1] === '-h';
  if (!isFamilyHelp) {
    const names = family.map(({ name }) => `parley ${name}`).join(', ');
    throw new CommandFailed(
      `there is no command "${words.slice(0, 2).join(' ')}"; there are ${names}`,
      2,
    );
  }
  printHelp(familyHelp(family, helpWidth()));
  return 0;
}

/** Prints a help, its titles marked. */
function printHelp(text: string): void {
  for (const line of text.split('\n')) {
    writeOut(line, false, /^(Usage: |[A-Z][a-z ]+:$)/.test(line) ? 'heading' : undefined);
  }
}
