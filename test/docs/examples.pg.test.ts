// Runs the examples of the documents unchanged, each document against a fresh server.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTestParley } from '../support/server.ts';
import { type Example, findExamples, root, runExample } from './examples.ts';

const pages = readdirSync(join(root, 'docs')).filter((file) => /^api.*\.md$/.test(file));
const documents = ['README.md', ...pages.map((file) => `docs/${file}`), 'docs/events.md'];

for (const document of documents) {
  test(`examples of ${document}: do what the text says when run in order`, async () => {
    const examples = findExamples(document);
    assert.ok(
      examples.some(({ kind }) => kind === 'run'),
      'it has an example',
    );
    const parley = await startTestParley();
    let printed = '';
    for (const example of examples) {
      if (example.kind === 'run') {
        printed = await runExample(example, parley);
        checkOutcome(example, printed);
      } else {
        checkLike(JSON.parse(example.code), JSON.parse(printed), example.place);
      }
    }
  });
}

function checkOutcome({ place, language, errorCode }: Example, printed: string) {
  assert.notEqual(printed.trim(), '', `${place} printed nothing`);
  if (language !== 'sh') return;
  const response = JSON.parse(printed);
  if (errorCode === undefined) assert.notEqual(response.type, 'error.list', `${place}: ${printed}`);
  else assert.equal(response.errors?.[0]?.code, errorCode, `${place}: ${printed}`);
}

/** Checks for the same keys and types, and for the same values except the ids that Parley makes. */
function checkLike(shown: unknown, real: unknown, place: string) {
  assert.equal(typeof real, typeof shown, place);
  if (typeof shown !== 'object' || shown === null) return;
  assert.deepEqual(Object.keys(real as object).toSorted(), Object.keys(shown).toSorted(), place);
  for (const [key, value] of Object.entries(shown)) {
    const found = (real as Record<string, unknown>)[key];
    if (typeof value === 'object') checkLike(value, found, place);
    else if (!/^(conversation_id|contact_id|request_id)$/.test(key)) {
      assert.equal(found, value, `${place}: ${key}`);
    }
  }
}
