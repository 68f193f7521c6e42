// The tables of the documents list exactly what exists.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { errorsPage } from '../../scripts/generate-openapi.ts';
import { loadCommands } from '../../src/cli/commands.ts';
import { settings } from '../../src/config.ts';
import { errorCatalogue } from '../../src/contract/errors.ts';
import { unservedEndpoints } from '../../src/contract/unserved-endpoints.ts';
import { routes } from '../../src/http/routes.ts';
import { startTestParley } from '../support/server.ts';
import { root } from './examples.ts';

const commands = await loadCommands();

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Reads the rows of all tables of a document, as cells without markup. */
const rowsOf = (file: string): string[][] =>
  read(file)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('`', '')));

const listed = (rows: string[][], form: RegExp): string[] =>
  rows
    .map(([first]) => first!)
    .filter((first) => form.test(first))
    .toSorted();

test('docs/errors.md: has the entries and texts of the error catalogue', () => {
  const page = read('docs/errors.md');
  assert.ok(page === errorsPage(page), 'docs/errors.md is out of date: run npm run openapi');
  const rows = rowsOf('docs/errors.md').filter(([, status]) => /^\d{3}$/.test(status!));
  const shown = rows.map(([name, status, code, message]) => [name, { status, code, message }]);
  const real = Object.entries(errorCatalogue).map(([name, entry]) => [
    name,
    { ...entry, status: String(entry.status) },
  ]);
  assert.deepEqual(Object.fromEntries(shown), Object.fromEntries(real));
  for (const [name, , , , when, remedy] of rows) assert.ok(when && remedy, name);
});

test('README: states exactly which vendor endpoints are served', () => {
  const rows = rowsOf('README.md')
    .slice(1)
    .filter((cells) => cells.length === 3);
  const paths = (cells: (string | undefined)[]) =>
    cells
      .flatMap((cell) => cell!.match(/(?:(?:GET|POST|PUT|DELETE) )?\/[\w{}/]+/g) ?? [])
      .toSorted();
  const served = routes
    .filter(({ access, path }) => access === 'token' && !path.startsWith('/parley/'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  assert.deepEqual(paths(rows.map(([, cell]) => cell)), served.toSorted());
  const familyOf = (path: string) => `/${/[a-z_]+/.exec(path)}`;
  const families = new Set(served.map(familyOf));
  const others = new Set(unservedEndpoints.map(({ path }) => familyOf(path)));
  assert.deepEqual(
    paths(rows.map(([, , cell]) => cell)),
    [...others].filter((family) => !families.has(family)).toSorted(),
  );
});

test('docs/operating.md: lists exactly the settings that are read, with defaults', () => {
  const isSetting = /^(PARLEY_[A-Z_]+|[A-Z]+_PROXY)$/;
  const rows = rowsOf('docs/operating.md').filter(([name]) => isSetting.test(name!));
  const real = settings.map(({ name, key, read: readSetting }) => {
    const fallback = readSetting(undefined);
    assert.ok(fallback.ok);
    const { value } = fallback;
    const shown = key === 'dataDir' ? relative(process.cwd(), String(value)) : value;
    return [name, String(shown ?? 'none')];
  });
  assert.deepEqual(
    rows.map(([name, byDefault]) => [name, byDefault]),
    real,
  );
});

test('docs/operating.md: lists exactly the commands that exist', () => {
  assert.deepEqual(
    listed(rowsOf('docs/operating.md'), /^parley \w/),
    commands.map(({ name }) => `parley ${name}`).toSorted(),
  );
});

test('docs/operating.md: lists exactly the metrics of a running server', async () => {
  const parley = await startTestParley();
  await parley.notify('new_conversation');
  const { body } = await parley.call('GET', '/metrics');
  const real = [...String(body).matchAll(/^# TYPE (parley_\w+) /gm)].map(([, name]) => name!);
  assert.deepEqual(listed(rowsOf('docs/operating.md'), /^parley_/), real.toSorted());
});

test('docs/operating.md: lists exactly the fields of a request in the log', async () => {
  const report = read('src/http/server/request-log.ts');
  const [, object] = /log\[level\]\(\s*\{([\s\S]*?)\n\s*\},\n\s*'request\.done'/.exec(report) ?? [];
  const written = [...object!.matchAll(/^\s+(\w+)[:,]/gm)].map(([, name]) => name!);
  const shown = rowsOf('docs/operating.md')
    .map(([first]) => first!.split(', '))
    .filter((names) => names.some((name) => written.includes(name)))
    .flat();
  assert.deepEqual(shown.toSorted(), written.toSorted());
});
