// Every list of parley.yaml has a limit: one entry too many gives one finding, whatever the entries contain.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { FINDINGS_SHOWN_MAX, InvalidSetup, showFinding } from './finding.ts';
import { loadSetup } from './load-setup.ts';
import { writeSetupFiles } from './setup-files.fixture.ts';
import { setupLimits } from './setup-limits.ts';

function findingsOf(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): readonly string[] {
  const loaded = loadSetup(writeSetupFiles(files), environment);
  if (loaded.ok) return [];
  return loaded.error.map((one) => showFinding({ ...one, file: basename(one.file) }));
}

const many = (count: number, entry: (index: number) => string, between = ', ') =>
  Array.from({ length: count }, (_, index) => entry(index)).join(between);

/** The list is on the second line of each text. */
const lists: readonly (readonly [
  place: string,
  countMax: number,
  text: (count: number) => string,
])[] = [
  [
    'admins',
    setupLimits.admins,
    (count) => `admins: [${many(count, (n) => `{ email: a${n}@b.c }`)}]`,
  ],
  ['teams', setupLimits.teams, (count) => `teams: [${many(count, (n) => `{ name: t${n} }`)}]`],
  [
    'teams[0].members',
    setupLimits.teamMembers,
    (count) => `teams: [{ name: t, members: [${many(count, (n) => `a${n}@b.c`)}] }]`,
  ],
  ['tags', setupLimits.tags, (count) => `tags: [${many(count, (n) => `t${n}`)}]`],
  [
    'data_attributes',
    setupLimits.dataAttributes,
    (count) => `data_attributes: [${many(count, (n) => `{ name: a${n}, type: string }`)}]`,
  ],
  [
    'data_attributes[0].options',
    setupLimits.attributeOptions,
    (count) =>
      `data_attributes: [{ name: a, type: options, options: [${many(count, (n) => `o${n}`)}] }]`,
  ],
  [
    'channels',
    setupLimits.channels,
    (count) => `channels: [${many(count, (n) => `{ name: c${n} }`)}]`,
  ],
  [
    'channels[0].allowed_origins',
    setupLimits.allowedOrigins,
    (count) =>
      `channels: [{ name: c, allowed_origins: [${many(count, (n) => `https://o${n}.x`)}] }]`,
  ],
  [
    'channels[0].callback.allow_cidrs',
    setupLimits.allowedRanges,
    (count) =>
      `channels: [{ name: c, callback: { allow_cidrs: [${many(count, (n) => `10.0.${n}.0/24`)}] } }]`,
  ],
  [
    'channels[0].callback.retries',
    setupLimits.retries,
    (count) => `channels: [{ name: c, callback: { retries: [${many(count, () => '1s')}] } }]`,
  ],
  ['secrets', setupLimits.secrets, (count) => `secrets: { ${many(count, (n) => `s${n}: "x"`)} }`],
];

test('lists: one entry too many gives a finding with line and limit', () => {
  for (const [place, countMax, text] of lists) {
    assert.deepEqual(findingsOf({ 'parley.yaml': `workspace: w\n${text(countMax)}` }), [], place);
    const findings = findingsOf({ 'parley.yaml': `workspace: w\n${text(countMax + 1)}` });
    const expected = `parley.yaml:2: ${place} has ${countMax + 1} entries: write at most ${countMax}`;
    assert.deepEqual(findings, [expected]);
  }
});

test('lists: a long list full of faults gives one finding', () => {
  for (const [key, countMax] of [
    ['admins', setupLimits.admins],
    ['teams', setupLimits.teams],
    ['tags', setupLimits.tags],
    ['data_attributes', setupLimits.dataAttributes],
    ['channels', setupLimits.channels],
    ['workflows', setupLimits.workflows],
  ] as const) {
    const count = countMax + 1_000;
    const findings = findingsOf({ 'parley.yaml': `${key}: [${many(count, () => '3')}]` });
    assert.equal(findings.length, 1, key);
    assert.match(findings[0]!, new RegExp(`^parley.yaml:1: ${key} has ${count} entries`));
  }
  const secrets = findingsOf({
    'parley.yaml': `secrets: {${many(setupLimits.secrets + 1_000, (n) => `"${n}": 1`)}}`,
  });
  assert.equal(secrets.length, 1);
});

test('lists of a workflow: one too long gives a finding with step and limit', () => {
  const lines: readonly (readonly [step: string, expected: string])[] = [
    [`do: tag, add: [${many(21, (n) => `t${n}`)}]`, 'add has 21 entries: write at most 20'],
    [
      `do: ask_quick_reply, body: x, options: [${many(51, () => '3')}]`,
      'options has 51 entries: write 1 to 50',
    ],
    [`do: branch, cases: [${many(51, () => '3')}]`, 'cases has 51 entries: write 1 to 50'],
    [
      `do: wait, until: "09:00", days: [${many(8, () => '3')}]`,
      'days has 8 entries: write at most 7',
    ],
    [
      `do: call_webhook, url: "https://x.y", headers: {${many(31, (n) => `":${n}": 1`)}}`,
      'headers has 31 entries: write at most 30',
    ],
    [
      `do: call_webhook, url: "https://x.y", save: {${many(31, (n) => `a${n}: 1`)}}`,
      'save has 31 entries: write at most 30',
    ],
  ];
  for (const [step, expected] of lines) {
    const findings = findingsOf({
      'parley.yaml': 'other: 1\nworkflows: [w.yaml]',
      'w.yaml': `name: W\ntrigger: { on: new_message }\nsteps:\n  - { id: a, ${step} }\n`,
    });
    assert.deepEqual(findings.slice(1), [`w.yaml:4: step a, ${expected}`]);
  }
});

test('aliases: are counted by their expanded size', { timeout: 30_000 }, () => {
  const text = `x: &long "${'z'.repeat(1_000_000)}"\nworkspaces: [${many(90_000, () => '*long')}]`;
  const findings = findingsOf({ 'parley.yaml': text });
  assert.equal(findings.length, 1);
  assert.match(findings[0]!, /^parley.yaml:2: has aliases that expand to more than 100000 values/);
});

test('variables: thousands of faulty ones are reported quickly', { timeout: 60_000 }, () => {
  const count = 10_000;
  const text = many(count, (n) => `k${n}: "x${n}\${env:A}"`, '\n');
  const path = writeSetupFiles({ 'parley.yaml': text });
  const loaded = loadSetup(path, { A: 'hunter2-secret' });
  assert.ok(!loaded.ok);
  assert.equal(loaded.error.length, count);
  const lines = new InvalidSetup(loaded.error).message.split('\n');
  assert.equal(lines.length, FINDINGS_SHOWN_MAX + 2);
  assert.equal(lines.at(-1), `  and ${count - FINDINGS_SHOWN_MAX} more`);
});
