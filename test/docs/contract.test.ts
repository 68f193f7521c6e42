// docs/contract.md against the code: every cited row exists, and each row has a test.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './examples.ts';

const contract = readFileSync(join(root, 'docs/contract.md'), 'utf8');
const rows = new Set(
  [...contract.matchAll(/<a id="row-(\d+)"><\/a>\1 \|/g)].map(([, row]) => Number(row)),
);
const sections = new Set(
  [...contract.matchAll(/^#+ ([A-G](?:\.\d)?)\.? /gm)].map(([, name]) => name!),
);
for (const [, name] of contract.matchAll(/^- \*\*([A-F]\.\d) /gm)) sections.add(name!);

type Cited = { readonly path: string; readonly text: string };

const cited: readonly Cited[] = ['src', 'test', 'bench', 'docs', 'examples', 'scripts'].flatMap(
  (folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|md|sql|yaml)$/.test(path) && !path.includes('node_modules'))
      .map((path) => ({
        path: join(folder, path),
        text: readFileSync(join(root, folder, path), 'utf8').replaceAll(
          /\n\s*(\/\/|\*|--)?\s*/g,
          ' ',
        ),
      }))
      .filter(({ path }) => path !== 'test/docs/contract.test.ts'),
);

/** Reads row numbers from "row 12", "rows 1 and 2" or "rows 7 to 9, 20 to 22 and 48". */
function rowsIn(text: string): number[] {
  const range = String.raw`\d+(?: to \d+)?`;
  const list = new RegExp(String.raw`\brows? (${range}(?:(?:, (?:and )?| and )${range})*)`, 'gi');
  return [...text.matchAll(list)].flatMap(([, found]) =>
    [...found!.matchAll(/(\d+)(?: to (\d+))?/g)].flatMap(([, from, to = from]) =>
      Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index),
    ),
  );
}

test('contract: numbers its rows from 1 without gaps', () => {
  assert.deepEqual(
    [...rows],
    Array.from({ length: rows.size }, (_, index) => index + 1),
  );
});

test('contract: has every row and section that the sources cite', () => {
  const missing = cited.flatMap(({ path, text }) => [
    ...rowsIn(text.replaceAll(/\d+ rows?\b/g, ''))
      .filter((row) => isCitation(path) && !rows.has(row))
      .map((row) => `${path}: row ${row}`),
    ...[...text.matchAll(/\bcontract ([A-G](?:\.\d)?)\b/gi)]
      .filter(([, name]) => name === name!.toUpperCase() && !sections.has(name!))
      .map(([, name]) => `${path}: contract ${name}`),
  ]);
  assert.deepEqual(missing, []);
});

/** Decisions and benchmarks are left out: they mention rows of other tables. */
const isCitation = (path: string): boolean => !/^(bench|docs\/decisions)\//.test(path);

test('contract: has a test for each of its rows', () => {
  const tested = new Set(
    cited.filter(({ path }) => path.endsWith('.test.ts')).flatMap(({ text }) => rowsIn(text)),
  );
  assert.deepEqual(
    [...rows].filter((row) => !tested.has(row)),
    [],
  );
});
