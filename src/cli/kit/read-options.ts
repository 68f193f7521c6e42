// Reads typed values from the options of a call, and rejects invalid ones. `parseArgs` of Node has split the arguments
// already (run-command.ts); it knows only strings and booleans, so choices, paths and names are checked here.

import { expandHome } from '../../base/home-path.ts';
import { nameFault } from '../../core/model/name.ts';
import { type CommandCall, CommandFailed } from './command.ts';

export function textOption(call: CommandCall, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Reads an option with the path of a file or folder, `~` expanded. */
export function pathOption(call: CommandCall, name: string): string | undefined {
  const text = textOption(call, name);
  return text === undefined ? undefined : readPath(text, `--${name}`);
}

/**
 * Reads a path with `~` expanded, which a shell does only at the beginning of a word.
 * @param what the subject of the error: `--file`.
 */
export function readPath(text: string, what: string): string {
  if (text === '') throw new CommandFailed(`${what} must not be empty`, 2);
  const path = expandHome(text);
  if (path.ok) return path.value;
  throw new CommandFailed(`${what} ${path.error}, not "${text}"`, 2);
}

/** Reads `on` or `off`; undefined if absent. */
export function switchOption(call: CommandCall, name: string): boolean | undefined {
  const value = choiceOption(call, name, ['on', 'off']);
  return value === undefined ? undefined : value === 'on';
}

export function choiceOption<Choice extends string>(
  call: CommandCall,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new CommandFailed(`--${name} must be ${choices.join(' or ')}, not "${text}"`, 2);
}

/**
 * Checks a name for a workspace, a channel, a token or a person.
 * @param what the subject of the error: `the name of a channel`.
 */
export function checkName(text: string, what: string): string {
  const fault = nameFault(text);
  if (fault !== null) throw new CommandFailed(`${what} ${fault}`, 2);
  return text;
}
