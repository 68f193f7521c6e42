import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../workflow/definition.ts';
import { nowMs, startRun } from '../workflow/run/context.fixture.ts';
import { presentState } from './conversation-state.ts';

const call = (withinMs: number | null): Step => ({
  id: 'h',
  do: 'call_webhook',
  url: 'https://shop.example/',
  method: 'GET',
  headers: {},
  body: null,
  timeoutMs: 3000,
  retryDelaysMs: [60_000],
  withinMs,
  save: [],
  failed: null,
  next: null,
});

function nextTimer(withinMs: number | null, nextTryAt: number | null): unknown {
  const { change, context } = startRun([call(withinMs)]);
  const conversation = {
    ...change.conversation,
    wakeAt: change.conversation.run?.waiting?.untilMs ?? null,
  };
  const state = presentState({ conversation, options: [], setup: context.setup, nextTryAt });
  return (state as { readonly next_timer: unknown }).next_timer;
}

const inSeconds = (afterMs: number) => Math.floor((nowMs + afterMs) / 1000);

test('next_timer: is the next attempt of a call, or its deadline if earlier', () => {
  const nextTryAt = nowMs + 60_000;
  assert.equal(nextTimer(null, null), null);
  assert.deepEqual(nextTimer(null, nextTryAt), { at: inSeconds(60_000), for: 'webhook' });
  assert.deepEqual(nextTimer(90_000, nextTryAt), { at: inSeconds(60_000), for: 'webhook' });
  assert.deepEqual(nextTimer(30_000, nextTryAt), { at: inSeconds(30_000), for: 'workflow' });
});
