// The npm package `parley` is not this project, so no text may name it as one to install.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folders = ['bin', 'deploy', 'docs', 'examples', 'packages', 'scripts', 'src'];
const files = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'openapi.json'];

/** Reads every text that is shipped or shown, by its path. */
function texts(): [string, string][] {
  const inFolders = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|js|mjs|json|md|ya?ml)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const all = [...inFolders, ...files.map((file) => join(root, file))];
  return all.map((path) => [path, readFileSync(path, 'utf8')]);
}

test('names: no text sends anyone to the npm package parley', () => {
  // What a comment explains is in quotes of its own: `npx parley`, which …
  const foreign =
    /\b(npx|npm (install|i|add|exec)|pnpm (add|dlx)|yarn add|bunx?)( -\S+)* parley\b(?!-)|['"]parley\/receiver['"]/;
  const found = texts().filter(([path]) => !path.endsWith('own-command.ts'));
  assert.ok(found.length > 300, `${found.length} texts`);
  assert.deepEqual(
    found.flatMap(([path, text]) =>
      text
        .split('\n')
        .flatMap((line, at) => (foreign.test(line) ? [`${path}:${at + 1}: ${line}`] : [])),
    ),
    [],
  );
});

test('names: packages and their folders agree', () => {
  const manifest = (path: string) =>
    JSON.parse(readFileSync(join(root, path), 'utf8')) as { name: string; version: string };
  const ours = manifest('package.json');
  const receiver = manifest('packages/receiver/package.json');
  assert.equal(ours.name, '@parley-server/parley');
  assert.equal(receiver.name, '@parley-server/receiver');
  assert.equal(receiver.version, ours.version, 'they are released together');
});
