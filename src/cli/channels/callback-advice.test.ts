// Advice in command output: every key of parley.yaml that it names exists.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { afterAll } from '../../../test/support/after-all.ts';
import type { OutgoingResponse } from '../../outgoing/http-client.ts';
import { showFindings } from '../../provisioning/finding.ts';
import { loadSetup } from '../../provisioning/load-setup.ts';
import { adviceFor } from './callback-advice.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-advice-'));
afterAll(async () => rmSync(folder, { recursive: true, force: true }));

/** Whether the reader of parley.yaml knows a key of a channel, such as `callback.url`, whatever its value. */
function isKnown(path: string): boolean {
  const value = path.split('.').reduceRight((inner: unknown, key) => ({ [key]: inner }), 'x');
  const file = join(folder, 'parley.yaml');
  writeFileSync(file, JSON.stringify({ channels: [{ name: 'app', ...(value as object) }] }));
  const loaded = loadSetup(file, {});
  return loaded.ok || !showFindings(loaded.error).some((line) => /is not a known key/.test(line));
}

const reasons = [
  ...(['address_refused', 'timeout', 'dns', 'connection', 'tls', 'protocol', 'url'] as const),
];
const failed = reasons.map(
  (reason): OutgoingResponse => ({ kind: 'failed', reason, detail: '', latencyMs: 1 }),
);
const answered = Array.from(
  { length: 300 },
  (_, index): OutgoingResponse => ({
    kind: 'responded',
    status: 300 + index,
    retryAfterMs: null,
    body: '',
    isCut: false,
    latencyMs: 1,
  }),
);

/** Finds words that look like keys: in backticks with a dot, or with an underscore, except error codes. */
const keysIn = (text: string): string[] =>
  [...text.matchAll(/`(\w+\.[\w.]+)`|\b([a-z]+_[a-z_]+)\b/g)]
    .map(([, dotted, bare]) => dotted ?? bare!)
    .filter((key) => !/\.(key|yaml|ts)$/.test(key));

test('keys of parley.yaml: an unknown one is detected', () => {
  assert.ok(isKnown('callback.url'));
  assert.ok(!isKnown('callback.allowed_cidrs'));
  assert.ok(!isKnown('allowed_cidrs'));
  assert.deepEqual(keysIn('write `callback.url` (allowed_cidrs)'), [
    'callback.url',
    'allowed_cidrs',
  ]);
});

test('callback advice: names only existing keys, for each failure and status', () => {
  const texts = [...failed, ...answered].map((response) => adviceFor(response)!);
  const keys = new Set(texts.flatMap(keysIn));
  assert.ok(keys.has('callback.allow_cidrs') && keys.has('callback.timeout'));
  for (const key of keys) {
    const isPart = key.startsWith('callback.') || isKnown(key) || isKnown(`callback.${key}`);
    assert.ok(isPart && (!key.includes('.') || isKnown(key)), `there is no ${key}`);
  }
});

test('commands: name only existing keys of a callback in their texts', () => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const named = readdirSync(here)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => readFileSync(join(here, file), 'utf8').match(/`callback\.[a-z_.]+`/g) ?? [])
    .map((key) => key.slice(1, -1));
  assert.ok(named.length >= 5);
  for (const key of new Set(named)) assert.ok(isKnown(key), `there is no ${key}`);
});
