// All faults of parley.yaml and its workflow files that can be found without a database, with lines and remedies.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { InvalidSetup, showFinding } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';

const workflow = `name: Greeting
trigger: { on: new_conversation }
steps:
  - { id: hello, do: send_message, body: Hi }
`;

/** Loads the files, and formats each finding with the bare name of its file. */
function findingsOf(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): readonly string[] {
  const loaded = loadSetup(writeSetupFiles(files), environment);
  if (loaded.ok) return [];
  return loaded.error.map((one) => showFinding({ ...one, file: basename(one.file) }));
}

const faults: readonly (readonly [text: string, finding: RegExp])[] = [
  ['workspaces: x', /^parley.yaml:1: workspaces is not a known key: did you mean "workspace"\?$/],
  ['workspace:', /^parley.yaml:1: workspace is missing/],
  ['workspace: " x"', /workspace is not a valid name/],
  ['- a', /^parley.yaml:1: must be a mapping, not a list/],
  ['admins: jane', /^parley.yaml:1: admins must be a list, not "jane"/],
  ['admins:\n  - { name: Jane }', /^parley.yaml:2: admins\[0\].email is missing/],
  [
    'admins:\n  - { email: jane }',
    /^parley.yaml:2: admins\[0\].email is not an e-mail address: "jane"/,
  ],
  ['admins:\n  - { email: a@b }\n  - { email: A@b }', /^parley.yaml:3: admins\[1\] repeats "a@b"/],
  [
    'teams:\n  - { name: S, member: [] }',
    /teams\[0\].member is not a known key: did you mean "members"\?/,
  ],
  [
    'teams:\n  - { name: S, members: [3] }',
    /teams\[0\].members\[0\] must be a text, not the number 3/,
  ],
  ['tags: [vip, VIP]', /tags\[1\] repeats "VIP"/],
  [
    'data_attributes:\n  - { name: a, type: text }',
    /^parley.yaml:2: data_attributes\[0\].type cannot be "text"/,
  ],
  [
    'data_attributes:\n  - { name: a }',
    /data_attributes\[0\].type is missing: add one of: string, integer/,
  ],
  ['data_attributes:\n  - { name: a, type: options }', /options is missing: list the values/],
  [
    'data_attributes:\n  - { name: a, type: string, options: [x] }',
    /options is not allowed with the type string/,
  ],
  ['data_attributes:\n  - { name: a, type: options, options: [x, x] }', /options repeats a value/],
  ['data_attributes:\n  - { name: a, type: string, model: user }', /model cannot be "user"/],
  ['channels:\n  - { name: a, enabled: "yes" }', /enabled must be true or false, not "yes"/],
  ['channels:\n  - { name: a, unknown_attribute: drop }', /unknown_attribute cannot be "drop"/],
  [
    'channels:\n  - name: a\n    callback:\n      url: example.com',
    /^parley.yaml:4: channels\[0\].callback.url is not a URL that can be called/,
  ],
  [
    'channels:\n  - name: a\n    callback:\n      urls: x',
    /^parley.yaml:4: channels\[0\].callback.urls is not a known key.* did you mean "url"\?/,
  ],
  ['channels:\n  - { name: a, callback: { format: xml } }', /format cannot be "xml"/],
  [
    'channels:\n  - { name: a, callback: { timeout: 5m } }',
    /timeout is no duration from 1s to 1m: "5m"/,
  ],
  [
    'channels:\n  - { name: a, callback: { retries: [1s, 8d] } }',
    /retries\[1\] is no duration from 1s to 7d: "8d"/,
  ],
  [
    'channels:\n  - { name: a, callback: { allow_cidrs: [10.0.0] } }',
    /allow_cidrs\[0\] is not an address range: "10.0.0"/,
  ],
  [
    'channels:\n  - { name: a, callback: { allow_cidrs: [10.0.0.0/33] } }',
    /is not an address range/,
  ],
  [
    'channels:\n  - { name: a, callback: { allow_cidrs: ["fd00::/129"] } }',
    /is not an address range/,
  ],
  // It would be read as IPv6 and match nothing.
  [
    'channels:\n  - { name: a, callback: { allow_cidrs: ["::ffff:10.0.0.0/104"] } }',
    /allow_cidrs\[0\] is not an address range: "::ffff:10.0.0.0\/104"/,
  ],
  ['channels:\n  - { name: a, callback: { token: { header: X } } }', /token.value is missing/],
  [
    'channels:\n  - { name: a, allowed_origins: ["*"] }',
    /allowed_origins\[0\] is not an origin: "\*": list each origin/,
  ],
  [
    'channels:\n  - { name: a, allowed_origins: ["https://*.app.example"] }',
    /list each origin; patterns are not supported/,
  ],
  [
    'channels:\n  - { name: a, allowed_origins: [https://app.example/] }',
    /write it as browsers send it: "https:\/\/app.example"/,
  ],
  [
    'channels:\n  - { name: a, allowed_origins: [https://APP.example:443] }',
    /write it as browsers send it: "https:\/\/app.example"/,
  ],
  ['channels:\n  - { name: a, allowed_origins: [app.example] }', /is not an origin: "app.example"/],
  ['channels:\n  - { name: a, allowed_origins: ["null"] }', /is not an origin: "null"/],
  ['channels:\n  - { name: a, allowed_origins: [file:///x] }', /is not an origin: "file:\/\/\/x"/],
  ['channels:\n  - { name: a, allowed_origins: [7] }', /allowed_origins\[0\] /],
  [
    'channels:\n  - { name: a, callback: { token: { header: Webhook-Id, value: x } } }',
    /token.header is not an allowed header: "Webhook-Id"/,
  ],
  [
    'channels:\n  - { name: a, callback: { token: { header: Expect, value: x } } }',
    /token.header is not an allowed header: "Expect"/,
  ],
  [
    'channels:\n  - { name: a, callback: { token: { header: Keep-Alive, value: x } } }',
    /token.header is not an allowed header: "Keep-Alive"/,
  ],
  [
    'channels:\n  - { name: a, callback: { token: { header: Proxy-Authorization, value: x } } }',
    /token.header is not an allowed header: "Proxy-Authorization"/,
  ],
  [
    'channels:\n  - { name: a, callback: { token: { header: TE, value: x } } }',
    /token.header is not an allowed header: "TE"/,
  ],
  [
    'channels:\n  - { name: a, callback: { token: { header: X, value: "ü" } } }',
    /token.value is not a valid header value/,
  ],
  ['channels:\n  - { name: a }\n  - { name: a }', /^parley.yaml:3: channels\[1\] repeats "a"/],
  ['workflows: [none.yaml]', /^none.yaml: does not exist: check the path$/],
  ['workflows: [3]', /workflows\[0\] must be a text/],
  [
    'channels:\n\t- name: a',
    /^parley.yaml:2: is not valid YAML: Tabs are not allowed as indentation: indent with spaces$/,
  ],
  ['tags: [a, @b]', /^parley.yaml:1: is not valid YAML: .*: put the text in quotes$/],
  ['tags: !=', /^parley.yaml:1: .*: Unresolved tag: !=: put a text that begins with ! in quotes$/],
  ['workspace: a: b', /^parley.yaml:1: .*: put a text with ": " in it in quotes$/],
  ['tags: [a\nworkspace: x', /^parley.yaml:2: is not valid YAML: /],
  ['tags: [a]\ntags: [b]', /^parley.yaml:2: repeats the key "tags": remove one of the two$/],
  [
    'tags:\n  - 1e999',
    /^parley.yaml:2: has the number 1e999, which cannot be represented exactly: put it in quotes: "1e999"$/,
  ],
  [
    'tags: [0.12345678901234567890]',
    /has the number 0.12345678901234567890, which cannot be represented exactly: put it in quotes/,
  ],
  ['tags: [-.inf]', /has the number -.inf, which cannot be represented/],
  ['tags: [.NaN]', /has the number .NaN, which cannot be represented/],
  [
    'tags: [12345678901234567890]',
    /has the number 12345678901234567890, which cannot be represented/,
  ],
  [
    `workspace: "\${env:NOT_SET}"`,
    /^parley.yaml:1: workspace uses the environment variable "NOT_SET", which is not set/,
  ],
];

test('parley.yaml: each fault gives one finding with line and remedy', () => {
  for (const [text, expected] of faults) {
    const findings = findingsOf({ 'parley.yaml': text });
    assert.equal(findings.length, 1, `${text}:\n${findings.join('\n')}`);
    assert.match(findings[0]!, expected, text);
  }
});

test('parley.yaml and workflows: list all faults in order', () => {
  const findings = findingsOf({
    'parley.yaml': `tags: [vip]
chanels: []
workflows:
  - one.yaml
  - flows/two.yaml
  - three.json
  - one-again.yaml
`,
    'one.yaml': workflow.replace('Hi', '"{{ oops"'),
    'one-again.yaml': workflow,
    'flows/two.yaml': 'name: [',
    'three.json': `{
  "name": "Three",
  "trigger": { "on": "new_message" },
  "steps": [
    { "id": "a", "do": "wait" },
    { "id": "b", "do": "note", "body": "x", "next": "a" }
  ]
}`,
  });
  assert.deepEqual(
    findings.map((one) => one.replace(/(YAML|template|write): .*/, '$1')),
    [
      'parley.yaml:2: chanels is not a known key: did you mean "channels"?',
      findings[1]!,
      findings[2]!.replace(/(YAML): .*/, '$1'),
      'one.yaml:4: step hello, body is not a valid template',
      'three.json:5: step a does not say what for: write `for: 15m`, `until: message` or `until: "09:00"`',
    ],
  );
  assert.match(
    findings[1]!,
    /^parley.yaml:7: workflows\[3\] has the workflow "Greeting", which is also in .*one.yaml/,
  );
  assert.match(findings[2]!, /^two.yaml:1: is not valid YAML/);
  assert.match(new InvalidSetup([]).message, /nothing was changed/);
});

test('numbers: reports those that cannot be represented, with a remedy', () => {
  const findings = findingsOf({
    'parley.yaml': `tags: [12345678901234567890, 12345678901234567890]
teams: [{ name: Support, members: 1e999, size: 1 }]
workflows: [one.yaml, two.yaml]
`,
    'one.yaml': `name: One
name: One
trigger: { on: new_message }
steps:
  - { id: a, do: wait, for: 1e999 }
  - { id: b, do: send_message, body: 1e999, nxt: end }
`,
    'two.yaml': workflow.replace('Hi', '"{{ oops"'),
  });
  assert.deepEqual(
    findings.map((one) => one.replace(/(template): .*/, '$1')),
    [
      'parley.yaml:1: tags[1] repeats "12345678901234567890": remove one of the two',
      'parley.yaml:1: has the number 12345678901234567890, which cannot be represented exactly: put it in quotes: "12345678901234567890"',
      'parley.yaml:2: teams[0].members must be a list, not "1e999": write [a, b], or lines that begin with "- "',
      'parley.yaml:2: teams[0].size is not a known key: remove it; the keys here are: name, members',
      'one.yaml:2: repeats the key "name": remove one of the two',
      'one.yaml:5: step a, for is no duration from 1s to 90d: "1e999": write a number and s, m, h or d, such as 2s, 15m, 24h or 7d',
      'one.yaml:6: step b, nxt is not a known key: did you mean "next"?',
      'one.yaml:6: has the number 1e999, which cannot be represented exactly: put it in quotes: "1e999"',
      'two.yaml:4: step hello, body is not a valid template',
    ],
  );
});

test('loops: are reported with file and line', () => {
  const runs = (name: string, other: string) => `name: ${name}
trigger: { on: new_message }
steps:
  - { id: hi, do: send_message, body: Hi }
  - id: on
    do: run_workflow
    workflow: ${other}
`;
  const findings = findingsOf({
    'parley.yaml': 'chanels: []\nworkflows: [a.yaml, b.yaml, c.yaml]',
    'a.yaml': runs('LA', 'LB'),
    'b.yaml': runs('LB', 'LA'),
    'c.yaml': runs('LC', 'LA'),
  });
  assert.deepEqual(findings.slice(1), [
    'a.yaml:7: step on, workflow starts workflows in a circle without waiting for the contact: LA -> LB -> LA: ' +
      'let one of them wait for the contact or a time: ask_quick_reply, collect_attribute, wait',
  ]);
});

test('parley.yaml: finds all faults of a huge file quickly', { timeout: 30_000 }, () => {
  const keys = Array.from({ length: 50_000 }, (_, index) => `key${index}: 1`);
  const findings = findingsOf({ 'parley.yaml': keys.join('\n') });
  assert.equal(findings.length, 50_000);
  assert.match(findings.at(-1)!, /^parley.yaml:50000: key49999 is not a known key/);
});

test('variables: are filled in anywhere and shown in no finding', () => {
  const text = `channels:
  - name: app
    callback:
      url: "\${env:URL}"
      format: "\${env:FORMAT}"
      token: { header: X-Token, value: "Bearer \${env:TOKEN}" }
`;
  const path = writeSetupFiles({ 'parley.yaml': text });
  const loaded = loadSetup(path, { URL: 'https://x.example', FORMAT: 'intercom', TOKEN: 'abc' });
  assert.ok(loaded.ok);
  assert.deepEqual(loaded.value.file.channels[0]!.callback, {
    url: 'https://x.example',
    format: 'intercom',
    timeoutMs: 15_000,
    retryDelaysMs: null,
    allowedCidrs: [],
    token: { header: 'X-Token', value: 'Bearer abc' },
  });
  assert.ok(loaded.value.isHidden(['channels', 0, 'callback', 'url']));
  const bad = findingsOf(
    { 'parley.yaml': text },
    { URL: 'https://me:hidden@x.example', FORMAT: 'hid"den', TOKEN: 'hidden\n' },
  );
  assert.equal(bad.length, 3);
  assert.doesNotMatch(bad.join('\n'), /hid"?den/);
});

test('parley.yaml: does not change what it does not mention', () => {
  const path = writeSetupFiles({
    'parley.yaml': 'channels:\n  - { name: a }\n  - { name: b, callback: }',
  });
  const loaded = loadSetup(path, {});
  assert.ok(loaded.ok);
  const { workspace, workflows, channels } = loaded.value.file;
  assert.equal(workspace, 'default');
  assert.equal(workflows, undefined);
  assert.equal(channels[0]!.callback, undefined);
  assert.equal(channels[1]!.callback?.url, null);
  assert.deepEqual(new Set(Object.values(channels[0]!.switches)), new Set([undefined]));
});

test('the example: has no finding', () => {
  const path = fileURLToPath(new URL('../../examples/order-help/parley.yaml', import.meta.url));
  const loaded = loadSetup(path, {});
  assert.deepEqual(loaded.ok ? [] : loaded.error.map(showFinding), []);
});
