// A call is not made if one of its templates fails with the values of the conversation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../definition.ts';
import { sentences, sentIn, startRun } from '../run/context.fixture.ts';

const webhook = {
  id: 'h',
  do: 'call_webhook',
  url: 'https://shop.example/orders',
  method: 'POST',
  headers: {},
  body: null,
  timeoutMs: 3000,
  retryDelaysMs: [100],
  save: [],
  failed: 'n',
  next: null,
} as const satisfies Step;

const failing = '{{ contact.name | plus: 1 }}';
const misled: readonly Partial<Extract<Step, { readonly do: 'call_webhook' }>>[] = [
  { body: { nested: [{ who: failing }] } },
  { headers: { 'x-name': failing } },
  { url: `https://shop.example/orders?name=${failing}` },
];

for (const fields of misled) {
  const name = Object.keys(fields)[0]!;
  test(`call_webhook: is not called when a text of its ${name} fails`, () => {
    const note: Step = { id: 'n', do: 'note', body: 'Failed', next: null };
    const { change } = startRun([{ ...webhook, ...fields }, note]);
    assert.deepEqual(change.jobs, []);
    assert.deepEqual(sentIn(change), ['note:Failed']);
    assert.match(sentences(change)[1]!, /Did not call .* cannot be rendered.* Template: /);
  });
}
