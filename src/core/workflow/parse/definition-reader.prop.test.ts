// Reading a file with any contents gives a definition or findings, and never an exception.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { triggerKinds } from '../definition.ts';
import { acceptEveryName, readDefinition } from './definition-reader.ts';

const words = [
  ...['send_message', 'ask_quick_reply', 'collect_attribute', 'branch', 'wait', 'set_attribute'],
  ...['tag', 'note', 'assign', 'close', 'snooze', 'call_webhook', 'run_workflow', 'teleport'],
];

const keys = [
  ...[
    'body',
    'next',
    'options',
    'otherwise',
    'timeout',
    'attribute',
    'prompt',
    'pattern',
    'failed',
  ],
  ...[
    'cases',
    'for',
    'until',
    'value',
    'model',
    'add',
    'team',
    'url',
    'headers',
    'save',
    '__proto__',
  ],
];

const target = fc.constantFrom('a', 'b', 'c', 'end', 'nowhere');
const anything = fc.oneof(
  target,
  fc.constantFrom('2s', '91d', 'message', '{{ contact.name }}', '{% if', '(', 'https://x.example'),
  fc.record({ after: fc.constant('3h'), next: target }),
  fc.array(fc.record({ id: target, text: fc.string(), next: target }), { maxLength: 3 }),
  fc.jsonValue(),
);

const step = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.constantFrom(...words),
    fc.dictionary(fc.constantFrom(...keys), anything),
  )
  .map(([id, word, more]) => ({ ...more, id, do: word }));

const workflow = fc.record(
  {
    name: fc.string(),
    trigger: fc.record({ on: fc.constantFrom(...triggerKinds, 'never') }),
    when: anything,
    steps: fc.array(
      fc.oneof({ weight: 9, arbitrary: step }, { weight: 1, arbitrary: fc.jsonValue() }),
      {
        maxLength: 6,
      },
    ),
  },
  { requiredKeys: [] },
);

test('any file: reads without throwing, with position, reason and remedy', () => {
  fc.assert(
    fc.property(fc.oneof(workflow, fc.jsonValue()), (source) => {
      const read = readDefinition(source, acceptEveryName);
      const findings = read.ok ? read.value.warnings : read.error;
      if (!read.ok) assert.ok(findings.length > 0);
      for (const { path, reason, remedy } of findings) {
        assert.ok(Array.isArray(path) && reason !== '' && remedy !== '');
      }
    }),
    { numRuns: 1_000 },
  );
});

test('any usable file: has unique ids and existing successors', () => {
  fc.assert(
    fc.property(workflow, (source) => {
      const read = readDefinition(
        { ...source, name: 'W', trigger: { on: 'new_message' } },
        acceptEveryName,
      );
      if (!read.ok) return;
      const { steps } = read.value.definition;
      const ids = new Set(steps.map(({ id }) => id));
      assert.equal(ids.size, steps.length);
      const targets = JSON.stringify(steps).matchAll(/"(?:next|failed|otherwise)":"([^"]*)"/g);
      for (const [, next] of targets) assert.ok(ids.has(next!), next);
    }),
    { numRuns: 1_000 },
  );
});
