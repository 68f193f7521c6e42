import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDuration, showDuration } from '../../base/text-files/duration.ts';
import { nearestName, suggestName } from '../../base/text-files/suggest.ts';
import { compareDefinitions } from './compare-definitions.ts';
import type { WorkflowDefinition } from './definition.ts';

const before: WorkflowDefinition = {
  name: 'W',
  trigger: { on: 'new_message', channelIds: [1, 2] },
  when: null,
  steps: [
    { id: 'a', do: 'note', body: 'x', next: 'b' },
    { id: 'b', do: 'close', body: null },
  ],
};

test('versions: the order of keys makes no difference', () => {
  const { steps, ...rest } = before;
  const shuffled = { steps: [{ next: 'b', body: 'x', do: 'note', id: 'a' }, steps[1]], ...rest };
  assert.deepEqual(compareDefinitions(before, shuffled as WorkflowDefinition), []);
});

test('versions: names steps that were added, removed, changed or moved to the start', () => {
  const after: WorkflowDefinition = {
    ...before,
    trigger: { on: 'new_message', channelIds: [2, 1] },
    steps: [
      { id: 'c', do: 'note', body: 'y', next: 'a' },
      { id: 'a', do: 'note', body: 'z', next: null },
    ],
  };
  assert.deepEqual(
    compareDefinitions(before, after).map(({ part, kind }) => `${part} ${kind}`),
    ['trigger changed', 'step a changed', 'step b removed', 'step c added', 'first step changed'],
  );
});

test('durations: writes each as it reads it, and reads nothing else', () => {
  for (const text of ['1s', '90s', '15m', '24h', '7d', '90d']) {
    assert.equal(readDuration(showDuration(readDuration(text)!)), readDuration(text), text);
  }
  assert.deepEqual(
    ['1d', '1m', '90s', '1500ms'],
    [86_400_000, 60_000, 90_000, 1_500].map(showDuration),
  );
  for (const text of ['', '1', 's', '1.5h', '-1s', '1 s', '1h30m', '1ms', '1D', '9999999999s']) {
    assert.equal(readDuration(text), undefined, text);
  }
});

test('names: suggests a similar name, or lists all', () => {
  assert.equal(nearestName('handovr', ['hello', 'handover']), 'handover');
  assert.equal(nearestName('Suport', ['Sales', 'Support']), 'Support');
  assert.equal(nearestName('ntoe', ['note', 'tag']), 'note');
  assert.equal(nearestName('colour', ['body', 'next']), undefined);
  assert.equal(nearestName('x', ['y', 'z']), undefined);
  assert.equal(suggestName('x', ['body', 'next']), 'there is: body, next');
  assert.equal(suggestName('x', []), 'there is none');
  assert.match(
    suggestName(
      'x',
      Array.from({ length: 20 }, (_, i) => `name${i}`),
    ),
    /and 8 more$/,
  );
});
