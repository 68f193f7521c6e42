// Stops a release whose tag, version and changelog disagree. The release workflow runs it with the tag as argument.

import { readFileSync } from 'node:fs';
import { releaseFaults } from './release-faults.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

const faults = releaseFaults({
  tag: process.argv[2] ?? '',
  version,
  changelog: read('CHANGELOG.md'),
});
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exit(1);
