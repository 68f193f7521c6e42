import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../base/limits.ts';
import { startRun } from '../run/context.fixture.ts';
import { runTag } from './tag.ts';

/** Runs the step on a conversation with these tags, in a workspace with the tags 1 to 300. */
function tag(tagIds: readonly number[], add: readonly number[]) {
  const { change, context } = startRun([
    { id: 'w', do: 'wait_for_message', timeout: null, next: null },
  ]);
  const tags = new Map(
    Array.from({ length: 300 }, (_, n) => [n + 1, { id: n + 1, name: `tag ${n + 1}` }] as const),
  );
  const tagged = { ...change, conversation: { ...change.conversation, tagIds } };
  const stepContext = {
    context: { ...context, setup: { ...context.setup, tags } },
    run: change.conversation.run!,
    input: { message: null, option: null, attribute: null },
  } as never;
  const step = { id: 't', do: 'tag', add, remove: [], next: null } as const;
  const { change: after, what } = runTag(tagged, step, stepContext);
  return { tagIds: after.conversation.tagIds, what };
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('tag: adds no more than a conversation may have, and traces the skipped ones', () => {
  const { tagIds, what } = tag(range(1, 248), [249, 250, 251, 252, 3]);
  assert.equal(tagIds.length, limits.tagsPerObjectMax);
  assert.deepEqual(tagIds.slice(-2), [249, 250]);
  assert.match(what, /Skipped “tag 251”, “tag 252”: there are 250 tags\./);
});

test('tag: a tag that this server does not know stays and does not count', () => {
  const { tagIds } = tag(range(1001, 1250), [5]);
  assert.deepEqual(tagIds, [...range(1001, 1250), 5]);
});
