// Closes what a test file opened after all its tests, last opened first.

import { after } from 'node:test';

let closers: (() => Promise<unknown>)[] = [];

after(closeAll);

/** Registers a function that runs after all tests of the file. */
export function afterAll(close: () => Promise<unknown>): void {
  closers.push(close);
}

/**
 * Closes everything that is open.
 * @throws the first error, after all have been tried.
 */
export async function closeAll(): Promise<void> {
  const open = closers.reverse();
  closers = [];
  let first: unknown;
  for (const close of open) {
    // One failure must not keep the others from closing.
    await close().catch((error) => {
      first ??= error;
    });
  }
  if (first !== undefined) throw first;
}
