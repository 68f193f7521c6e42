// The workflows of docs/workflows.md are valid for `parley apply`, and its lists match the code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { castAttributeValue } from '../../src/core/model/attribute-value.ts';
import type { DataAttribute, DataType } from '../../src/core/model/model.ts';
import { triggerKinds } from '../../src/core/workflow/definition.ts';
import {
  acceptEveryName,
  readDefinition,
} from '../../src/core/workflow/parse/definition-reader.ts';
import { stepWords } from '../../src/core/workflow/step-kinds.ts';
import { dateLetters } from '../../src/core/workflow/template/date-filter.ts';
import { templateFilters } from '../../src/core/workflow/template/filters.ts';
import { renderTemplate } from '../../src/core/workflow/template/template.ts';
import { templateValues } from '../../src/core/workflow/template/values.ts';
import { root } from './examples.ts';

const page = readFileSync(join(root, 'docs/workflows.md'), 'utf8');
const workflows = [...page.matchAll(/<!-- workflow -->\n+```yaml\n([\s\S]*?)\n```/g)].map(
  ([, text]) => text!,
);

test('docs/workflows.md: has only valid workflows', () => {
  assert.ok(workflows.length >= 3);
  for (const text of workflows) {
    const read = readDefinition(parse(text), acceptEveryName);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.value.warnings, [], text);
  }
});

test('docs/workflows.md: lists exactly the steps and triggers that exist', () => {
  const section = page.slice(page.indexOf('## Steps'), page.indexOf('### What a question'));
  const listed = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  assert.deepEqual(listed.toSorted(), stepWords.toSorted());
  for (const kind of triggerKinds) assert.ok(page.includes(`\`${kind}\``), kind);
});

test('docs/workflows.md: lists exactly the filters and date letters that exist', () => {
  const [, filters = ''] = /\*\*Filters\.\*\*([\s\S]*?): those\s+of Liquid/.exec(page) ?? [];
  const named = [...filters.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  assert.deepEqual(named.toSorted(), [...templateFilters.keys()].toSorted());
  const letters = page.slice(
    page.indexOf('| Letters of a format'),
    page.indexOf('After the percent sign'),
  );
  const rows = letters.split('\n').map((row) => row.split('|')[1] ?? '');
  const listed = rows.flatMap((cell) =>
    [...cell.matchAll(/`%([A-Za-z%])`/g)].map(([, one]) => one!),
  );
  assert.deepEqual(listed.toSorted(), dateLetters.toSorted());
});

const typeTable = page.slice(
  page.indexOf('<!-- attribute types -->'),
  page.indexOf('An empty value'),
);
const typeRows = [...typeTable.matchAll(/^\| `(\w+)` \|(.*)\|(.*)\|(.*)\|$/gm)];
const textsIn = (cell: string) => [...cell.matchAll(/`([^`]*)`/g)].map(([, text]) => text!);

test('docs/workflows.md: says what each attribute type takes, rejects and prints', () => {
  const types: readonly DataType[] = [
    ...(['string', 'integer', 'float', 'boolean', 'date', 'datetime', 'options'] as const),
  ];
  assert.deepEqual(
    typeRows.map(([, type]) => type!),
    types,
  );
  const facts = { contact: {}, message: {}, quick_reply: {}, attribute: {}, now: 0 };
  for (const [, type, takes, rejects, prints] of typeRows) {
    const definition: DataAttribute = {
      model: 'conversation',
      name: 'x',
      dataType: type as DataType,
      options: ['Red'],
    };
    const shown = (type === 'options' ? ['Red'] : textsIn(takes!)).map((text) => {
      const value = castAttributeValue(text, definition);
      assert.notEqual(value, undefined, `${type} takes ${text}`);
      const attributes = { x: value! };
      const channel = { id: '1', name: 'a', time_zone: null };
      const conversation = { custom_attributes: attributes };
      return renderTemplate('{{ attributes.x }}', () =>
        templateValues(
          { ...facts, channel, conversation, attributes, contact: { custom_attributes: {} } },
          [definition],
          'for_people',
        ),
      ).text;
    });
    const said = type === 'options' ? ['Red'] : textsIn(prints!);
    assert.deepEqual([...new Set(shown)], [...new Set(said)], type);
    for (const text of textsIn(rejects!)) {
      assert.equal(castAttributeValue(text, definition), undefined, `${type} refuses ${text}`);
    }
  }
});
