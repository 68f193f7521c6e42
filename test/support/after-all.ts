// What a test file opened is closed at its end, last opened first.

import { after } from 'node:test';

const closers: (() => Promise<unknown>)[] = [];

after(async () => {
  let first: unknown;
  for (const close of closers.reverse()) {
    // One that fails must not keep the others from closing what they hold.
    await close().catch((error) => {
      first ??= error;
    });
  }
  if (first !== undefined) throw first;
});

/** Closes something when the whole file is done. */
export function afterAll(close: () => Promise<unknown>): void {
  closers.push(close);
}
