import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from './examples.ts';

const documents = ['', 'docs', 'docs/decisions', 'bench', 'deploy'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
);

/** The anchor of a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!));

for (const document of documents) {
  test(`links of ${document}: lead somewhere within the repository`, () => {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link!)) continue;
      const [path, anchor] = link!.split('#');
      const target = path === '' ? join(root, document) : join(root, dirname(document), path!);
      assert.ok(existsSync(target), `${link} is not there`);
      if (anchor) assert.ok(anchorsOf(target).includes(anchor), `${link}: no such heading`);
    }
  });
}
