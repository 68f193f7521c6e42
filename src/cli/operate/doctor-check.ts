// One finding of `parley doctor`: what was checked, the result, and what to do about it.

export type Check = {
  /** The subject: `row-level security`. */
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** The result. */
  readonly message: string;
  /** Advice, if something is to be done. */
  readonly todo?: string;
};

export const good = (name: string, message: string): Check => ({ name, status: 'ok', message });

/** A check that works, but deserves a look. */
export const doubtful = (name: string, message: string, todo: string): Check => ({
  name,
  status: 'warn',
  message,
  todo,
});

/** A check that fails, or breaks a promise of Parley's. */
export const bad = (name: string, message: string, todo: string): Check => ({
  name,
  status: 'fail',
  message,
  todo,
});

/** The first lines, and how many more there are. */
export function firstOf(lines: readonly string[], countMax: number): readonly string[] {
  if (lines.length <= countMax) return lines;
  return [...lines.slice(0, countMax), `and ${lines.length - countMax} more`];
}
