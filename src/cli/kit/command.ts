// The shape of a command: its name, options, help and function. Finds and runs none.

import type { Tone } from './terminal.ts';

export type Option = {
  readonly type: 'string' | 'boolean';
  /** The one-letter form: `-f`. */
  readonly short?: string;
  readonly about: string;
  /** The name of the value in the help. */
  readonly placeholder?: string;
  /** May be repeated; the value is a list then. */
  readonly isList?: true;
};

export type Argument = {
  readonly name: string;
  readonly about: string;
  /** Takes any number of values. Only for the last argument. */
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
  /** Whether it also works on a server elsewhere (`--url`); or else why not, as the end of a sentence. */
  readonly remote: true | string;
  /** @returns the exit code. */
  readonly run: (call: CommandCall) => Promise<number>;
};

export type CommandCall = {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly isJson: boolean;
  /** Prints JSON if `isJson`, else text; escapes what a terminal would interpret. */
  readonly print: (text: string, tone?: Tone) => void;
};

/** A failure that the user can act on: shown as one sentence, without a stack. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly exitCode: number;

  /** @param exitCode 1: failed; 2: wrong call; 128 and more: ended by a signal. */
  constructor(message: string, exitCode = 1, cause?: Error) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}
