// The workflows of docs/workflows.md are read as `parley apply` reads them; its lists are those of the code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { triggerKinds } from '../../src/core/workflow/definition.ts';
import { acceptEveryName, readDefinition } from '../../src/core/workflow/read-definition.ts';
import { stepReaders } from '../../src/core/workflow/read-steps.ts';
import { root } from './examples.ts';

const page = readFileSync(join(root, 'docs/workflows.md'), 'utf8');
const workflows = [...page.matchAll(/<!-- workflow -->\n+```yaml\n([\s\S]*?)\n```/g)].map(
  ([, text]) => text!,
);

test('docs/workflows.md: each of its workflows, read without a finding', () => {
  assert.ok(workflows.length >= 3);
  for (const text of workflows) {
    const read = readDefinition(parse(text), acceptEveryName);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.value.warnings, [], text);
  }
});

test('docs/workflows.md: its steps and triggers, exactly those that exist', () => {
  const section = page.slice(page.indexOf('## Steps'), page.indexOf('### What a question'));
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  assert.deepEqual(listed.toSorted(), Object.keys(stepReaders).toSorted());
  for (const kind of triggerKinds) assert.ok(page.includes(`\`${kind}\``), kind);
});
