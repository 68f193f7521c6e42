// Findings about a call_webhook step: headers, secrets, the address, limits, and the values of its response that later
// steps read.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Step } from '../../definition.ts';
import {
  acceptEveryName,
  type Finding,
  type NameResolver,
  readDefinition,
} from '../definition-reader.ts';

const names: NameResolver = {
  ...acceptEveryName,
  hasSecret: (name) => name === 'orders_key',
  namesOf: (kind) => (kind === 'secret' ? ['orders_key'] : []),
};

const sourceOf = (steps: string): unknown =>
  parse(`name: W\ntrigger: { on: new_message }\nsteps:\n${steps.replaceAll(/^/gm, '  ')}`);

const textOf = ({ step, path, reason, remedy }: Finding): string =>
  `${step ?? 'workflow'} ${path.join('.')} ${reason}: ${remedy}`;

function findingsOf(steps: string): readonly string[] {
  const read = readDefinition(sourceOf(steps), names);
  return (read.ok ? read.value.warnings : read.error).map(textOf);
}

function stepOf<Kind extends Step['do']>(steps: string, kind: Kind) {
  const read = readDefinition(sourceOf(steps), names);
  assert.ok(read.ok, read.ok ? '' : read.error.map(textOf).join('\n'));
  const step = read.value.definition.steps.find((one) => one.do === kind);
  return step as Extract<Step, { readonly do: Kind }>;
}

/** A call with additional fields, and its own last step. */
const call = (fields: string, url = 'https://x.example/') =>
  `- { id: a, do: call_webhook, url: "${url}", failed: end, next: end, ${fields} }`;

const faults: readonly (readonly [title: string, steps: string, finding: RegExp])[] = [
  ['a header of proxies', call('headers: { Proxy-Connection: x }'), /is a header for proxies/],
  [
    'a header that waits',
    call('headers: { expect: 100-continue }'),
    /is a header of the connection/,
  ],
  ['a header twice', call('headers: { X-A: b, x-a: c }'), /headers.x-a is a duplicate/],
  [
    'a header of two lines',
    call('headers: { X-A: "b\\nc" }'),
    /headers.X-A is not a valid header value/,
  ],
  [
    'a header with an umlaut',
    call('headers: { X-A: "{{ now }} ä" }'),
    /is not a valid header value/,
  ],
  [
    'an unknown secret',
    call('headers: { A: "${secret:order_key}" }'),
    /headers.A names the secret "order_key", which does not exist: did you mean "orders_key"\?/,
  ],
  [
    'a secret without a near one',
    call('headers: { A: "${secret:zzzzzzzz}" }'),
    /does not exist: add it to `secrets:` in parley.yaml/,
  ],
  ['a secret by no name', call('headers: { A: "${secret:}" }'), /by "", which is no name/],
  [
    'a secret beside a template',
    call('headers: { A: "${secret:orders_key} {{ now }}" }'),
    /mixes a secret with a template/,
  ],
  [
    'a secret in a body',
    call('body: { a: ["${secret:orders_key}"] }'),
    /body.a.0 has a secret where none can be sent/,
  ],
  [
    'a secret in a message',
    '- { id: a, do: send_message, body: "x ${secret:orders_key}" }',
    /a steps.0.body has a secret where/,
  ],
  [
    'an unknown secret in the query',
    call('', 'https://x.example/?k=${secret:nope}'),
    /url names the secret "nope"/,
  ],
  [
    'a mark that is not whole',
    call('headers: { A: "${secrets.orders_key}" }'),
    /not whole: write \$\{secret:name\}/,
  ],
  [
    'a secret as a value',
    '- { id: a, do: note, body: "{{ secrets.orders_key }}" }',
    /asks a template for a secret/,
  ],
  [
    'a variable in a header',
    call('headers: { A: "Bearer ${env:MY_KEY}" }'),
    /a steps.0.headers.A has \$\{env:MY_KEY\}, which only parley.yaml can have: name it in `secrets:` of parley.yaml, and write \$\{secret:name\}/,
  ],
  ['a variable in a message', '- { id: a, do: send_message, body: "${env:X}" }', /has \$\{env:X\}/],
  [
    'a limit below one try',
    call('timeout: 5s, within: 4s'),
    /within is shorter than the `timeout` of one try, 5s/,
  ],
  [
    'a value that is no pointer',
    call('save: { x: { from: state } }'),
    /save.x.from is not a JSON pointer: "state"/,
  ],
  [
    'a value with more',
    call('save: { x: { from: /a, require: true } }'),
    /save.x.require is not a known key/,
  ],
];

test('call_webhook: each fault gives one finding that says what to write', () => {
  for (const [title, steps, expected] of faults) {
    const findings = findingsOf(steps);
    const also = findings.filter(
      (one) => !expected.test(one) && !one.includes('does not exist: it is'),
    );
    assert.deepEqual(also, [], title);
    assert.ok(
      findings.some((one) => expected.test(one)),
      `${title}: ${findings.join('\n')}`,
    );
  }
});

test('call_webhook: keeps secrets in headers and query as written', () => {
  const url = 'https://x.example/{{ contact.id }}?key=${secret:orders_key}';
  const step = stepOf(
    call('headers: { A: "Bearer ${secret:orders_key}", B: "{{ now }}" }', url),
    'call_webhook',
  );
  assert.equal(step.url, url);
  assert.deepEqual(step.headers, { A: 'Bearer ${secret:orders_key}', B: '{{ now }}' });
});

/** Steps after a call that saves `state`, and whether the value is required. */
const readers: readonly (readonly [steps: string, isNeeded: boolean])[] = [
  ['- { id: b, do: note, body: "{{ attributes.state }}" }', true],
  ['- { id: b, do: note, body: "{{ attributes[\'state\'] | upcase }}" }', true],
  ['- { id: b, do: note, body: "{{ attributes | json }}" }', true],
  ['- { id: b, do: note, body: "{{ conversation.custom_attributes.state }}" }', true],
  ['- { id: b, do: note, body: "{{ attributes.stat }}" }', false],
  ['- { id: b, do: note, body: "no value" }', false],
  [
    `- id: b
  do: ask_quick_reply
  body: x
  options: [{ id: y, text: z, next: c }]
  timeout: { after: 5m, next: d }
- { id: c, do: close }
- { id: d, do: close, body: "{{ attributes.state }}" }`,
    true,
  ],
  [
    `- id: b
  do: branch
  cases: [{ when: { field: attributes.state, operator: "=", value: x }, next: end }]
  otherwise: end`,
    true,
  ],
  ['- { id: b, do: run_workflow, workflow: Other }', true],
  [
    '- { id: b, do: call_webhook, url: "https://x.example/{{ attributes.state }}", next: end }',
    true,
  ],
];

test('call_webhook: a saved value that a later step reads is required, in any branch', () => {
  for (const [steps, isNeeded] of readers) {
    const first =
      '- { id: a, do: call_webhook, url: "https://x.example", save: { state: /s }, failed: f }';
    const last = '- { id: f, do: note, body: "it failed", next: end }';
    const { save } = stepOf(`${first}\n${steps}\n${last}`, 'call_webhook');
    assert.equal(save[0]!.required === true, isNeeded, steps);
  }
});

test('call_webhook: `required` in the file has priority', () => {
  const steps = (required: boolean) =>
    `${call(`save: { x: { from: /a, required: ${required} } }`).replace('next: end', 'next: b')}
- { id: b, do: note, body: "{{ attributes.x }}" }`;
  assert.equal(stepOf(steps(false), 'call_webhook').save[0]!.required, undefined);
  const unread = call('save: { x: { from: /a, required: true } }');
  assert.equal(stepOf(unread, 'call_webhook').save[0]!.required, true);
});

test('call_webhook: a needed value without a step for failures is a warning', () => {
  const steps = `- { id: a, do: call_webhook, url: "https://x.example", save: { x: /a } }
- { id: b, do: note, body: "{{ attributes.x }}" }`;
  const [warning] = findingsOf(steps);
  assert.match(warning!, /^a steps.0 has no `failed`: without "x", the run goes on/);
});

const question = (from: string, more = 'empty: end') =>
  `- { id: q, do: ask_quick_reply, body: Which?, options_from: ${from}, next: end, ${more} }`;
const lookUp = (id: string) =>
  `- { id: ${id}, do: call_webhook, url: "https://x.example", failed: end }`;

test('options_from: the call that leads to the question is found', () => {
  const { from, options } = stepOf(`${lookUp('a')}\n${question('/orders')}`, 'ask_quick_reply');
  assert.deepEqual(options, []);
  assert.deepEqual(from, {
    call: 'a',
    list: '/orders',
    id: '/id',
    text: '/text',
    limit: 50,
    attribute: null,
    next: null,
    empty: null,
  });
  const named = question('{ call: b, list: "", id: /n, text: /t, limit: 3, save: order }');
  const second = stepOf(`${lookUp('a')}\n${lookUp('b')}\n${named}`, 'ask_quick_reply');
  assert.deepEqual(
    [second.from?.call, second.from?.list, second.from?.attribute],
    ['b', '', 'order'],
  );
});

test('options_from: each fault gives one finding', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [question('/orders'), /options_from has no call_webhook before it/],
    [`${lookUp('a')}\n${lookUp('b')}\n${question('/orders')}`, /can come from several calls: a, b/],
    [
      `${lookUp('a')}\n${question('{ call: x, list: /o }')}`,
      /call names "x", which is no call_webhook that/,
    ],
    [`${lookUp('a')}\n${question('{ list: orders }')}`, /options_from.list is not a JSON pointer/],
    [`${lookUp('a')}\n${question('{ list: /o, limit: 51 }')}`, /limit must be a whole number/],
    [
      `${lookUp('a')}\n${question('/o', 'empty: end, options: [{ id: a, text: b }]')}`,
      /options does not go with/,
    ],
    [`${lookUp('a')}\n${question('/o', '')}`, /has no `empty`/],
  ];
  for (const [steps, expected] of cases) {
    const findings = findingsOf(steps);
    assert.equal(findings.length, 1, findings.join('\n'));
    assert.match(findings[0]!, expected);
  }
});
