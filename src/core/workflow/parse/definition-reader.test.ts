// Every finding of a workflow file: its cause, the step that it names, and its remedy.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { WorkflowDefinition } from '../definition.ts';
import {
  acceptEveryName,
  type Finding,
  type NameResolver,
  readDefinition,
} from './definition-reader.ts';

const admins = new Map<string, number | 'ambiguous'>([
  ['jane@acme.example', 5],
  ['Shared', 'ambiguous'],
]);
const tags = new Map([
  ['vip', 11],
  ['new', 12],
]);

/** The names that exist in these tests. */
const names: NameResolver = {
  channel: (name) => (name === 'app' ? 3 : undefined),
  team: (name) => (name === 'Support' ? 7 : undefined),
  admin: (name) => admins.get(name),
  tag: (name) => tags.get(name),
  workflow: (name) => (name === 'Other' ? 13 : undefined),
  attribute: (model, name) => {
    if (model === 'contact')
      return name === 'age' ? { dataType: 'integer', options: [] } : undefined;
    if (name === 'plan') return { dataType: 'options', options: ['free', 'paid'] };
    return name === 'order' ? { dataType: 'string', options: [] } : undefined;
  },
  hasSecret: (name) => name === 'orders_key',
  namesOf: (kind) =>
    ({
      secret: ['orders_key'],
      team: ['Support'],
      attribute: ['order', 'plan', 'age'],
      channel: ['app'],
    })[kind as 'team'] ?? [],
};

/** A workflow around some steps, in YAML. */
const withSteps = (steps: string): unknown =>
  parse(`name: W\ntrigger: { on: new_message }\nsteps:\n${steps.replaceAll(/^/gm, '  ')}`);

const textOf = ({ step, path, reason, remedy }: Finding): string =>
  `${step ?? 'workflow'} ${path.join('.')} ${reason}: ${remedy}`;

function findingsOf(source: unknown): readonly string[] {
  const read = readDefinition(source, names);
  return (read.ok ? read.value.warnings : read.error).map(textOf);
}

function definitionOf(source: unknown): WorkflowDefinition {
  const read = readDefinition(source, names);
  assert.ok(read.ok, read.ok ? '' : read.error.map(textOf).join('\n'));
  return read.value.definition;
}

/** Steps and their one finding. */
const faults: readonly (readonly [title: string, steps: string, finding: RegExp])[] = [
  [
    'an unknown kind',
    '- { id: a, do: send_mesage, body: x }',
    /^a steps.0.do is not a kind of step: "send_mesage": did you mean "send_message"\?$/,
  ],
  [
    'no kind',
    '- { id: a, body: x }',
    /^a steps.0.do is missing: say what the step does: send_message, /,
  ],
  [
    'an unknown key',
    '- { id: a, do: note, bdy: x, body: x }',
    /^a steps.0.bdy is not a known key: did you mean "body"\?$/,
  ],
  [
    'a key from far away',
    '- { id: a, do: note, body: x, colour: red }',
    /colour is not a known key: remove it; the keys here are: id, do, body, next$/,
  ],
  ['no id', '- { do: note, body: x }', /^#1 steps.0.id is missing: add `id:`$/],
  [
    'an id with a capital',
    '- { id: Ask, do: note, body: x }',
    /^#1 steps.0.id cannot be "Ask": use 1 to 64 of a-z, 0-9, - and _/,
  ],
  ['the reserved id', '- { id: end, do: note, body: x }', /cannot be "end": .*and not "end"$/],
  [
    'a number as id',
    '- { id: 1, do: note, body: x }',
    /must be a text, not the number 1: put it in quotes: "1"$/,
  ],
  [
    'an id twice',
    '- { id: a, do: note, body: x }\n- { id: a, do: note, body: y }',
    /^a steps.1.id repeats the id "a": give every step its own id$/,
  ],
  ['no mapping', '- just text', /^#1 steps.0 must be a mapping, not "just text"/],
  ['a missing field', '- { id: a, do: send_message }', /^a steps.0.body is missing: add `body:`$/],
  [
    'an empty field',
    '- { id: a, do: send_message, body: " " }',
    /^a steps.0.body is empty: write a text$/,
  ],
  ['a wrong type', '- { id: a, do: send_message, body: [x] }', /body must be a text, not a list/],
  [
    'a text too long',
    `- { id: a, do: note, body: "${'x'.repeat(100_001)}" }`,
    /body has 100001 characters: write at most 100000$/,
  ],
  ['NUL', '- { id: a, do: note, body: "\\0x" }', /body has a character that cannot be stored/],
  [
    'an unknown target',
    '- { id: a, do: note, body: x, next: b2 }\n- { id: b, do: note, body: x }',
    /^a steps.0.next names no step: "b2": did you mean "b"\?$/,
  ],
  [
    'an empty target',
    '- { id: a, do: note, body: x, next: }',
    /^a steps.0.next names no step: nothing/,
  ],
  [
    'an unreachable step',
    '- { id: a, do: note, body: x, next: end }\n- { id: b, do: note, body: x }',
    /^b steps.1 is never reached: no step leads to it: name it in a `next`, or remove it$/,
  ],
  [
    'a loop without a wait',
    '- { id: a, do: note, body: x }\n- { id: b, do: tag, add: vip, next: a }',
    /^a steps.0 loops without waiting: a -> b -> a: put a step that waits into the loop: ask_quick_reply, collect_attribute, wait$/,
  ],
  [
    'a step that is its own next',
    '- { id: a, do: snooze, for: 2h, next: a }',
    /loops without waiting: a -> a/,
  ],
  [
    'a bad template',
    '- { id: a, do: send_message, body: "Hi {{ contact.name" }',
    /^a steps.0.body is not a valid template: .*: see the templates in docs\/workflows.md$/,
  ],
  [
    'an unknown filter',
    '- { id: a, do: send_message, body: "{{ contact.name | shout }}" }',
    /is not a valid template: .*shout/,
  ],
  [
    'a bad pattern',
    '- { id: a, do: collect_attribute, attribute: order, prompt: x, pattern: "(?=a)" }',
    /^a steps.0.pattern is not a valid pattern: .*: write it in the syntax of RE2/,
  ],
  [
    'attempts of none',
    '- { id: a, do: collect_attribute, attribute: order, prompt: x, attempts: 0 }',
    /attempts must be a whole number, not the number 0: write one from 1 to 20$/,
  ],
  [
    '21 attempts',
    '- { id: a, do: collect_attribute, attribute: order, prompt: x, attempts: 21 }',
    /attempts must be a whole number/,
  ],
  [
    'an unknown attribute',
    '- { id: a, do: collect_attribute, attribute: ordr, prompt: x }',
    /^a steps.0.attribute names the attribute "ordr", which does not exist: did you mean "order"\? \(or add it to data_attributes in parley.yaml\)$/,
  ],
  [
    'a bad duration',
    '- { id: a, do: wait, for: 5 minutes }',
    /^a steps.0.for is no duration from 1s to 90d: "5 minutes": write a number and s, m, h or d/,
  ],
  ['a duration of 0', '- { id: a, do: wait, for: 0s }', /is no duration from 1s to 90d: "0s"/],
  [
    'a duration of 91 days',
    '- { id: a, do: wait, for: 91d }',
    /is no duration from 1s to 90d: "91d"/,
  ],
  [
    'a wait for nothing',
    '- { id: a, do: wait }',
    /^a steps.0 does not say what for: write `for: 15m`, `until: message` or `until: "09:00"`$/,
  ],
  [
    'a wait for two things',
    '- { id: a, do: wait, for: 2s, until: message }',
    /has `for` and `until`/,
  ],
  [
    'a wait for something else',
    '- { id: a, do: wait, until: mesage }',
    /until cannot be "mesage": did you mean "message"\?$/,
  ],
  [
    'a timeout of a duration',
    '- { id: a, do: wait, for: 2s, timeout: { after: 3s } }',
    /timeout goes with `until: message` only/,
  ],
  [
    'a timeout without a time',
    '- { id: a, do: wait, until: message, timeout: { next: a } }',
    /timeout.after is missing: add a duration such as `after: 15m`/,
  ],
  [
    'no options',
    '- { id: a, do: ask_quick_reply, body: x, options: [] }',
    /options has 0 entries: write 1 to 50/,
  ],
  [
    'an option twice',
    '- { id: a, do: ask_quick_reply, body: x, options: [{ id: y, text: Y }, { id: y, text: Z }] }',
    /options.1.id repeats the id "y"/,
  ],
  [
    'an option without text',
    '- { id: a, do: ask_quick_reply, body: x, options: [{ id: y }] }',
    /options.0.text is missing/,
  ],
  ['no cases', '- { id: a, do: branch, cases: [] }', /cases has 0 entries/],
  [
    'a case without a condition',
    '- { id: a, do: branch, cases: [{ next: end }] }',
    /cases.0.when is missing/,
  ],
  [
    'a missing team',
    '- { id: a, do: assign, team: Suport }',
    /^a steps.0.team names the team "Suport", which does not exist: did you mean "Support"\? \(or add it to parley.yaml\)$/,
  ],
  [
    'a missing admin',
    '- { id: a, do: assign, admin: joe }',
    /names the admin "joe", which does not exist/,
  ],
  [
    'an ambiguous admin',
    '- { id: a, do: assign, admin: Shared }',
    /names "Shared", which several admins share: write the e-mail$/,
  ],
  [
    'an assignment to nobody in words',
    '- { id: a, do: assign }',
    /^a steps.0 names no assignee: write one of `team: Support`/,
  ],
  ['an assignment to two', '- { id: a, do: assign, team: Support, to: nobody }', /has team and to/],
  [
    'a missing tag',
    '- { id: a, do: tag, add: [vip, none] }',
    /^a steps.0.add.1 names the tag "none", which does not exist/,
  ],
  ['no tag', '- { id: a, do: tag }', /names no tag/],
  [
    'a step behind the end',
    '- { id: a, do: close, next: a }',
    /next is not allowed: closing ends the run: remove it$/,
  ],
  [
    'a missing workflow',
    '- { id: a, do: run_workflow, workflow: Nothing }',
    /names the workflow "Nothing", which does not exist/,
  ],
  [
    'a value that does not fit',
    '- { id: a, do: set_attribute, attribute: plan, value: gold }',
    /value is "gold", which is not a value of type options/,
  ],
  [
    'a number that is none',
    '- { id: a, do: set_attribute, model: contact, attribute: age, value: old }',
    /not a value of type integer: write a integer/,
  ],
  [
    'an attribute of the other model',
    '- { id: a, do: set_attribute, model: contact, attribute: plan, value: free }',
    /names the attribute "plan" of the contact, which does not exist/,
  ],
  [
    'a webhook that is no address',
    '- { id: a, do: call_webhook, url: "ftp://x.example" }',
    /url is not a URL that can be called: "ftp:\/\/x.example"/,
  ],
  [
    'a webhook with a login',
    '- { id: a, do: call_webhook, url: "https://me:pw@x.example" }',
    /url is not a URL that can be called/,
  ],
  [
    'a webhook address that a contact could choose',
    '- { id: a, do: call_webhook, url: "https://{{ contact.id }}.example/" }',
    /url does not fix whom it calls: scheme, host and port cannot be values/,
  ],
  [
    'a method that is none',
    '- { id: a, do: call_webhook, url: "https://x.example", method: post }',
    /method cannot be "post": did you mean "POST"\?/,
  ],
  [
    'a body with GET',
    '- { id: a, do: call_webhook, url: "https://x.example", method: GET, body: { a: b } }',
    /body does not go with GET/,
  ],
  [
    'a bad template in a body',
    '- { id: a, do: call_webhook, url: "https://x.example", body: { a: ["{{"] } }',
    /body.a.0 is not a valid template/,
  ],
  [
    'a header of ours',
    '- { id: a, do: call_webhook, url: "https://x.example", headers: { Host: y } }',
    /headers.Host is a header of the connection: "Host"/,
  ],
  [
    'a timeout too long',
    '- { id: a, do: call_webhook, url: "https://x.example", timeout: 5m }',
    /timeout is no duration from 1s to 30s: "5m"/,
  ],
  [
    'too many retries',
    `- { id: a, do: call_webhook, url: "https://x.example", retries: [${'1s, '.repeat(11)}] }`,
    /retries has 11 entries: write at most 10/,
  ],
  [
    'a pointer that is none',
    '- { id: a, do: call_webhook, url: "https://x.example", save: { order: status } }',
    /save.order is not a JSON pointer: "status": write a JSON pointer/,
  ],
  [
    'an attribute to save that is missing',
    '- { id: a, do: call_webhook, url: "https://x.example", save: { state: /state } }',
    /save.state names the attribute "state" of the conversation, which does not exist/,
  ],
];

test('workflow file: each fault gives one finding with step, reason and remedy', () => {
  for (const [title, steps, expected] of faults) {
    const findings = findingsOf(withSteps(steps));
    assert.equal(findings.length, 1, `${title}:\n${findings.join('\n')}`);
    assert.match(findings[0]!, expected, title);
  }
});

const conditions: readonly (readonly [string, RegExp])[] = [
  ['{ operator: "=", value: x }', /field is missing/],
  ['{ field: contact.role, value: x }', /operator is missing: add one of these, in quotes: = !=/],
  ['{ field: contact.role, operator: "==", value: x }', /operator cannot be "==": write "="$/],
  ['{ field: contact.role, operator: in, value: [x] }', /operator cannot be "in": write IN/],
  ['{ field: contact.role, operator: "=" }', /value is missing/],
  [
    '{ field: contact.role, operator: IN, value: x }',
    /value goes with IN, but is "x": write a list/,
  ],
  ['{ field: contact.role, operator: IN, value: [] }', /IN needs a list of values/],
  ['{ field: contact.role, operator: "~", value: }', /~ needs a text/],
  ['{ field: contact.role, operator: "=", value: [x] }', /value goes with =, but is a list/],
  ['{ field: contact.role, operator: "=", valu: x, value: y }', /valu is not a known key/],
  ['{ operator: AND, value: [] }', /value has 0 entries: write 1 to 15/],
  [
    '{ operator: AND, value: [{ operator: OR, value: [{ operator: AND, value: [] }] }] }',
    /nests groups too deeply: use at most 2 levels/,
  ],
  ['yes', /must be a mapping, not "yes": write \{ field: contact.role, operator: "="/],
];

test('condition: each fault gives a finding that says what to write', () => {
  for (const [when, expected] of conditions) {
    const source = parse(`name: W
trigger: { on: new_message }
when: ${when}
steps: [{ id: a, do: note, body: x }]`);
    const findings = findingsOf(source);
    assert.ok(
      findings.some((one) => one.startsWith('workflow when') && expected.test(one)),
      `${when}:\n${findings.join('\n')}`,
    );
  }
});

test('workflow file: lists every fault of a file that is all wrong', () => {
  const findings = findingsOf({ trigger: { on: 'new_mesage', channels: ['ap'] }, stepz: [] });
  assert.deepEqual(
    findings.map((one) => one.replace(/: .*/, '')),
    [
      'workflow name is missing',
      'workflow trigger.on cannot be "new_mesage"',
      'workflow trigger.channels.0 names the channel "ap", which does not exist',
      'workflow steps is missing',
      'workflow stepz is not a known key',
    ],
  );
  for (const source of [null, [], 'text', 3]) {
    assert.match(findingsOf(source)[0]!, /must be a mapping/);
  }
  const many = Array.from({ length: 201 }, (_, index) => ({
    id: `s${index}`,
    do: 'note',
    body: 'x',
  }));
  assert.match(
    findingsOf({ name: 'W', trigger: { on: 'new_message' }, steps: many })[0]!,
    /steps has 201 entries: write 1 to 200/,
  );
});

test('workflow file: lists faults in the order of the file', () => {
  const findings = findingsOf(
    withSteps(`- { id: a, do: note }
- { id: b, do: assign, team: Nobody, next: q }
- { id: c, do: wait, for: never }
- { id: c, do: close }`),
  );
  assert.deepEqual(
    findings.map((one) => one.split(' ').slice(0, 2).join(' ')),
    ['a steps.0.body', 'b steps.1.team', 'b steps.1.next', 'c steps.2.for', 'c steps.3.id'],
  );
});

test('unknown names: templates and conditions get a warning', () => {
  const source =
    withSteps(`- { id: a, do: send_message, body: "{{ contact.nam }} {{ attributes.order }}" }
- id: b
  do: branch
  cases: [{ when: { field: conversation.custom_attributes.colour, operator: "=", value: x }, next: end }]
- { id: c, do: note, body: "{{ contact.custom_attributes.age }} {{ message.body }}" }`);
  const read = readDefinition(source, names);
  assert.ok(read.ok);
  assert.deepEqual(read.value.warnings.map(textOf), [
    'a steps.0.body uses "contact.nam", which does not exist: it is an empty text: define the attribute in parley.yaml, or correct the name',
    'b steps.1.cases.0.when asks for "conversation.custom_attributes.colour", which does not exist: it is always empty: define the attribute in parley.yaml, or correct the name',
  ]);
});

test('unknown names: warnings come after the faults', () => {
  const read = readDefinition(
    withSteps(`- { id: a, do: note, body: "{{ contact.nam }}" }
- { id: b, do: assign, team: Nobody }`),
    names,
  );
  assert.ok(!read.ok);
  assert.deepEqual(
    read.error.map(({ step, isWarning }) => [step, isWarning]),
    [
      ['b', undefined],
      ['a', true],
    ],
  );
});

test('successors: default to the following step; the last one ends', () => {
  const { steps } = definitionOf(
    withSteps(`- id: ask
  do: ask_quick_reply
  body: Which?
  options: [{ id: x, text: X }, { id: y, text: Y, next: end }]
  timeout: { after: 2h }
- { id: get, do: collect_attribute, attribute: name, prompt: Who?, timeout: { after: 1d, next: last } }
- { id: hear, do: wait, until: message, timeout: { after: 15m, next: end } }
- id: fork
  do: branch
  cases: [{ when: { field: contact.role, operator: "=", value: user }, next: ask }]
- { id: last, do: assign, to: nobody }`),
  );
  assert.deepEqual(steps, [
    {
      id: 'ask',
      do: 'ask_quick_reply',
      body: 'Which?',
      options: [
        { id: 'x', text: 'X', next: 'get' },
        { id: 'y', text: 'Y', next: null },
      ],
      timeout: { afterMs: 7_200_000, next: 'get' },
    },
    {
      id: 'get',
      do: 'collect_attribute',
      attribute: 'name',
      prompt: 'Who?',
      pattern: null,
      invalid: null,
      attempts: 3,
      failed: 'hear',
      timeout: { afterMs: 86_400_000, next: 'last' },
      next: 'hear',
    },
    {
      id: 'hear',
      do: 'wait_for_message',
      timeout: { afterMs: 900_000, next: null },
      next: 'fork',
    },
    {
      id: 'fork',
      do: 'branch',
      cases: [{ when: { field: 'contact.role', operator: '=', value: 'user' }, next: 'ask' }],
      otherwise: 'last',
    },
    { id: 'last', do: 'assign', to: null, note: null, body: null, next: null },
  ]);
});

test('names: are replaced by ids', () => {
  const definition = definitionOf(
    parse(`name: W
trigger: { on: conversation_closed, channels: [app] }
when: { operator: OR, value: [{ field: channel.name, operator: IN, value: [a, b] }] }
steps:
  - { id: t, do: tag, add: [vip, new], remove: vip }
  - { id: s, do: set_attribute, attribute: plan, value: paid }
  - { id: n, do: set_attribute, model: contact, attribute: age, value: 7 }
  - { id: empty, do: set_attribute, attribute: order, value: "" }
  - { id: p, do: assign, admin: jane@acme.example, body: Hi, note: For you }
  - { id: z, do: snooze, for: 7d }
  - id: call
    do: call_webhook
    url: https://x.example/orders
    headers: { X-Order: "{{ attributes.order }}" }
    body: { order: "{{ attributes.order }}", count: 1 }
    save: { order: /status }
    failed: end
  - { id: other, do: run_workflow, workflow: Other }`),
  );
  assert.deepEqual(definition.trigger, { on: 'conversation_closed', channelIds: [3] });
  assert.deepEqual(definition.steps, [
    { id: 't', do: 'tag', add: [11, 12], remove: [11], next: 's' },
    {
      id: 's',
      do: 'set_attribute',
      model: 'conversation',
      attribute: 'plan',
      value: 'paid',
      next: 'n',
    },
    { id: 'n', do: 'set_attribute', model: 'contact', attribute: 'age', value: '7', next: 'empty' },
    {
      id: 'empty',
      do: 'set_attribute',
      model: 'conversation',
      attribute: 'order',
      value: '',
      next: 'p',
    },
    { id: 'p', do: 'assign', to: { type: 'admin', id: 5 }, note: 'For you', body: 'Hi', next: 'z' },
    { id: 'z', do: 'snooze', forMs: 604_800_000, next: 'call' },
    {
      id: 'call',
      do: 'call_webhook',
      url: 'https://x.example/orders',
      method: 'POST',
      headers: { 'X-Order': '{{ attributes.order }}' },
      body: { order: '{{ attributes.order }}', count: 1 },
      timeoutMs: 10_000,
      retryDelaysMs: [1_000, 5_000],
      save: [{ attribute: 'order', pointer: '/status', required: true }],
      failed: null,
      next: 'other',
    },
    { id: 'other', do: 'run_workflow', workflowId: 13 },
  ]);
});

test('acceptEveryName: gives each name its own id and reports nothing', () => {
  const example = new URL(
    '../../../../examples/order-help/workflows/order-help.yaml',
    import.meta.url,
  );
  const read = readDefinition(parse(readFileSync(example, 'utf8')), acceptEveryName);
  assert.ok(read.ok);
  assert.deepEqual(read.value.warnings, []);
  const ids = Array.from({ length: 2_000 }, (_, index) => acceptEveryName.team(`team ${index}`)!);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => Number.isSafeInteger(id) && id > 0));
});
