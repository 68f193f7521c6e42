// The shape of a command: its name, options, help and function. Finds and runs none.

import type { Tone } from './terminal.ts';

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
