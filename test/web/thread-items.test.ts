// What a thread shows of the parts of a conversation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Part } from '../../web/live/wire.ts';
import { threadItems } from '../../web/places/inbox/thread-items.ts';

const noon = new Date(2026, 10, 3, 12).getTime();

const part = (position: number, fields: Partial<Part> = {}): Part => ({
  id: String(position),
  position,
  kind: 'comment',
  body: `Words ${position}`,
  author: { type: 'user', id: 'jane', name: 'Jane' },
  at: noon + position * 1000,
  is_redacted: false,
  assigned_to: null,
  details: null,
  options: [],
  is_stale: false,
  attachments: [],
  ...fields,
});

const kinds = (parts: readonly Part[], hasOlder = true) =>
  threadItems(parts, [], hasOlder).map(({ kind }) => kind);
const firsts = (parts: readonly Part[]) =>
  threadItems(parts, [], true).flatMap((item) => (item.kind === 'message' ? [item.isFirst] : []));

test('thread: groups messages of one author within five minutes', () => {
  const late = noon + 3600_000;
  const anna = { type: 'admin', id: '1', name: 'Anna' } as const;
  assert.deepEqual(firsts([part(1), part(2), part(3, { at: late })]), [true, false, true]);
  assert.deepEqual(firsts([part(1), part(2, { author: anna }), part(3)]), [true, true, true]);
  const note = part(2, { author: anna, kind: 'note' });
  assert.deepEqual(firsts([part(1, { author: anna }), note]), [true, true]);
});

test('thread: says the day before the first part and where it changes', () => {
  const nextDay = new Date(2026, 10, 4, 9).getTime();
  const found = kinds([part(1), part(2), part(3, { at: nextDay })]);
  assert.deepEqual(found, ['day', 'message', 'message', 'day', 'message']);
});

test('thread: marks the beginning only when nothing older is left', () => {
  assert.deepEqual(kinds([part(1)], false), ['start', 'day', 'message']);
  assert.deepEqual(kinds([], false), ['start']);
});

test('thread: folds more than three lines in a row, words never', () => {
  const line = (position: number) => part(position, { kind: 'close', body: null });
  assert.deepEqual(kinds([1, 2, 3].map(line)), ['day', 'event', 'event', 'event']);
  assert.deepEqual(kinds([...[1, 2, 3, 4].map(line), part(5)]), ['day', 'fold', 'message']);
});

test('thread: every item has a key of its own', () => {
  const parts = [part(1), part(2, { body: null, kind: 'open' }), part(3, { is_redacted: true })];
  const keys = threadItems(parts, [], false).map(({ key }) => key);
  assert.equal(new Set(keys).size, keys.length);
});
