import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

type Entry = {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly resolved?: string;
  readonly link?: boolean;
};
const lock = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as {
  packages: Record<string, Entry>;
};

/** The folders where Node looks for a package's dependencies, nearest first. */
function foldersAbove(place: string): string[] {
  const nested = place.split('/node_modules/');
  return nested.map((_, i) => nested.slice(0, nested.length - i).join('/node_modules/')).concat('');
}

test('lock file: has an entry for everything that a package asks for, on any platform', () => {
  const missing = Object.entries(lock.packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) =>
        foldersAbove(place).every(
          (folder) =>
            !(`${folder === '' ? '' : `${folder}/`}node_modules/${name}` in lock.packages),
        ),
      )
      .map((name) => `${name}, of ${place}`),
  );
  assert.deepEqual(missing, [], '`npm ci` refuses such a lock file');
});

test('lock file: contains no address of a registry', () => {
  const addresses = Object.values(lock.packages).filter(
    // Paths of this repository's own packages are no addresses.
    ({ resolved, link }) =>
      resolved !== undefined && !(link === true && resolved.startsWith('packages/')),
  );
  assert.deepEqual(addresses, []);
});
