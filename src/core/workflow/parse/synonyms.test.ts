// Words of other tools in workflow files, and the words that findings suggest for them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { acceptEveryName, readDefinition } from './definition-reader.ts';

function findingsOf(steps: string): readonly string[] {
  const source = parse(`name: W\ntrigger: { on: new_message }\nsteps:\n  ${steps}`);
  const read = readDefinition(source, acceptEveryName);
  return read.ok
    ? []
    : read.error.map(({ path, reason, remedy }) => `${path.join('.')} ${reason}: ${remedy}`);
}

const question = 'do: ask_quick_reply, body: x, options: [{ id: y, text: Y }]';
const hints: readonly (readonly [steps: string, hint: RegExp])[] = [
  [
    `- { id: a, ${question}, timeout: 5 }`,
    /timeout must be a mapping with .* not the number 5: write \{ after: 5m, next: a_step \}$/,
  ],
  [`- { id: a, ${question}, timeout: 5m }`, /not "5m": write \{ after: 5m, next: a_step \}$/],
  ['- { id: a, do: if, cases: [] }', /do is not a kind of step: "if": write branch$/],
  ['- { id: a, do: message, body: x }', /"message": write send_message$/],
  ['- { id: a, do: branch, if: x, then: a }', /steps.0.if is not a known key.*: use `cases`$/],
  ['- { id: a, do: branch, cases: [{ if: x }] }', /cases.0.if .*: use `when`$/],
  ['- { id: a, do: branch, cases: [{ then: a }] }', /cases.0.then .*: use `next`$/],
  ['- { id: a, do: branch, else: a }', /steps.0.else .*: use `otherwise`$/],
  ['- { id: a, do: send_message, text: x }', /steps.0.text .*: use `body`$/],
  // A well-known word without a counterpart here gets no suggestion.
  [
    '- { id: a, do: close, else: a }',
    /else is not a known key.*: remove it; the keys here are: id, do/,
  ],
  [
    '- { id: true, do: close }',
    /id must be a text, not the boolean true: put it in quotes: "true"$/,
  ],
];

test('workflow file: suggests our word for a word of another tool', () => {
  for (const [steps, hint] of hints) {
    const findings = findingsOf(steps);
    assert.ok(
      findings.some((one) => hint.test(one)),
      `${steps}:\n${findings.join('\n')}`,
    );
  }
});

test('workflow file: reads yes, no and on without quotes as texts', () => {
  assert.deepEqual(
    findingsOf('- { id: a, do: ask_quick_reply, body: no, options: [{ id: yes, text: on }] }'),
    [],
  );
});
