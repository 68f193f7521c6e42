// Closes what a test file opened after all its tests, last opened first.

import { after } from 'node:test';

const closers: (() => Promise<unknown>)[] = [];

after(async () => {
  let first: unknown;
  for (const close of closers.reverse()) {
    // One failure must not keep the others from closing.
    await close().catch((error) => {
      first ??= error;
    });
  }
  if (first !== undefined) throw first;
});

/** Registers a function that runs after all tests of the file. */
export function afterAll(close: () => Promise<unknown>): void {
  closers.push(close);
}
