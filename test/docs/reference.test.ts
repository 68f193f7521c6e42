// The reference of parley.yaml and its JSON Schema are up to date, match the reader, and accept every example.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { setupPage, setupSchema, setupSchemaText } from '../../scripts/generate-reference.ts';
import type { Fault } from '../../src/base/text-files/field-reader.ts';
import type { Keys, Kind } from '../../src/provisioning/describe-keys.ts';
import { readSetupFile } from '../../src/provisioning/read-setup-file.ts';
import { setupDescription } from '../../src/provisioning/setup-description.ts';
import { root } from './examples.ts';

const accepts = new Ajv({ allErrors: true, strict: false }).compile(setupSchema());

function faultsOf(source: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  readSetupFile(source, (fault) => void faults.push(fault));
  return faults;
}

test('reference of parley.yaml: is what `npm run reference` writes', () => {
  assert.equal(readFileSync(join(root, 'docs/parley.schema.json'), 'utf8'), setupSchemaText());
  assert.equal(readFileSync(join(root, 'docs/parley-yaml.md'), 'utf8'), setupPage());
});

/** Every described mapping: its keys, and a function that puts such a mapping into a file. */
function mappingsOf(
  keys: Keys,
  place: string,
  wrap: (inner: object) => object,
): readonly { place: string; keys: Keys; wrap: (inner: object) => object }[] {
  const below = Object.entries(keys).flatMap(([key, one]) => {
    const entry: Kind = one.kind === 'list' ? one.entry : one;
    const around = (inner: object) => wrap({ [key]: one.kind === 'list' ? [inner] : inner });
    return entry.kind === 'mapping' ? mappingsOf(entry.keys, `${place}.${key}`, around) : [];
  });
  return [{ place, keys, wrap }, ...below];
}

test('description of parley.yaml: has exactly the keys that the reader accepts', () => {
  const mappings = mappingsOf(setupDescription, '', (inner) => inner);
  assert.equal(mappings.length, 8);
  for (const { place, keys, wrap } of mappings) {
    // The reader lists the keys it knows when it finds an unknown one.
    const remedies = faultsOf(wrap({ qqqqqqqqqqqqqqqqqqqq: 1 })).map(({ remedy }) => remedy);
    const [, list = ''] =
      remedies.map((one) => /the keys here are: (.*)$/.exec(one)).find((one) => one !== null) ?? [];
    assert.deepEqual(list.split(', ').toSorted(), Object.keys(keys).toSorted(), place);
  }
});

test('description of parley.yaml: requires what the reader requires', () => {
  for (const { place, keys, wrap } of mappingsOf(setupDescription, '', (inner) => inner)) {
    // The surrounding mapping may lack something too.
    const isHere = ({ path }: Fault) =>
      place ===
      path
        .slice(0, -1)
        .reduce((above, key) => (typeof key === 'number' ? above : `${above}.${key}`), '');
    const missing = faultsOf(wrap({}))
      .filter((fault) => fault.reason === 'is missing' && isHere(fault))
      .map(({ path }) => String(path.at(-1)));
    const required = Object.keys(keys).filter((key) => keys[key]!.isRequired);
    assert.deepEqual(missing.toSorted(), required.toSorted(), place);
  }
});

const examples = [
  ...globSync(['examples/*/parley.yaml', 'examples/*/*.parley.yaml'], { cwd: root }),
].map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
const blocks = globSync(['README.md', 'docs/*.md', 'deploy/*.md', 'examples/*/*.md'], { cwd: root })
  .flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/```yaml\n([\s\S]*?)\n```/g)].map(
      ([, text]) => [file, text!] as const,
    ),
  )
  // Files of parley.yaml, not of a workflow, a script or a machine.
  .filter(([, text]) =>
    /^(workspace|channels|admins|teams|tags|data_attributes|secrets):/m.test(text),
  );

test('schema of parley.yaml: accepts every example of the repository', () => {
  assert.ok(examples.length >= 1);
  assert.ok(blocks.length >= 3, String(blocks.length));
  for (const [file, text] of [...examples, ...blocks]) {
    const source: unknown = parse(text);
    assert.ok(accepts(source), `${file}: ${JSON.stringify(accepts.errors)}\n${text}`);
  }
});

const right: readonly string[] = [
  'workspace: x',
  'admins:',
  'admins: [{ email: a@b.c, name: Jane, job_title: }]',
  'teams: [{ name: S, members: [] }]',
  'data_attributes: [{ name: a, type: options, options: [x], model: contact, label: A }]',
  'channels: [{ name: a, enabled: false, time_zone: , unknown_attribute: reject }]',
  'channels: [{ name: a, callback: }]',
  'channels: [{ name: a, callback: { timeout: 5s, retries: [1s, 2m], format: intercom } }]',
  'channels: [{ name: a, callback: { url: "https://a.b", token: { header: X, value: y } } }]',
  'secrets: { key: value }',
  'secrets: {}',
  'workflows: []',
  `tags: ["${'😀'.repeat(100)}"]`,
];

const wrong: readonly string[] = [
  '- a',
  'workspaces: x',
  'workspace:',
  'workspace: 3',
  'admins: jane',
  'admins: [{ name: Jane }]',
  'admins: [{ email: a@b.c, name: }]',
  'admins: [{ email: a@b.c, mail: x }]',
  'teams: [{ name: S, members: [3] }]',
  'teams: [S]',
  'tags: [3]',
  'tags: [""]',
  `tags: ["${'x'.repeat(101)}"]`,
  'tags: { a: b }',
  'data_attributes: [{ name: a }]',
  'data_attributes: [{ name: a, type: text }]',
  'data_attributes: [{ name: a, type: string, model: user }]',
  'channels: [{ name: a, enabled: "yes" }]',
  'channels: [{ name: a, unknown_attribute: drop }]',
  'channels: [{ name: a, callback: { format: xml } }]',
  'channels: [{ name: a, callback: { timeout: 5 } }]',
  'channels: [{ name: a, callback: { timeout: 5 minutes } }]',
  'channels: [{ name: a, callback: { retries: 1s } }]',
  'channels: [{ name: a, callback: { token: { header: X } } }]',
  'channels: [{ name: a, callback: [] }]',
  `channels: [{ name: a, allowed_origins: [${Array.from({ length: 51 }, () => 'https://a.b').join(', ')}] }]`,
  'secrets: { 1key: value }',
  'secrets: { key: }',
  'secrets: [key]',
  'workflows: one.yaml',
];

test('schema of parley.yaml: accepts and rejects the same files as the reader', () => {
  for (const text of right) {
    const source: unknown = parse(text);
    assert.deepEqual(faultsOf(source), [], text);
    assert.ok(accepts(source), `${text}: ${JSON.stringify(accepts.errors)}`);
  }
  for (const text of wrong) {
    const source: unknown = parse(text);
    assert.notEqual(faultsOf(source).length, 0, text);
    assert.ok(!accepts(source), text);
  }
});

test('schema of parley.yaml: allows a variable in place of a keyword', () => {
  const variables = `channels:
  - name: "\${env:NAME}"
    unknown_attribute: "\${env:WHAT}"
    callback: { url: "\${env:URL}", timeout: "\${env:TIME}", format: "\${env:FORMAT}" }`;
  assert.ok(accepts(parse(variables)), JSON.stringify(accepts.errors));
});
