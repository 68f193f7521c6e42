// What a test file opened is closed at its end, last opened first.

import { after } from 'node:test';

const closers: (() => Promise<unknown>)[] = [];

after(async () => {
  for (const close of closers.reverse()) await close();
});

/** Closes something when the whole file is done. */
export function atEnd(close: () => Promise<unknown>): void {
  closers.push(close);
}
