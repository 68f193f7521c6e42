import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginChange } from '../../conversation/change.ts';
import type { Json } from '../../model/model.ts';
import { type FieldType, findField } from '../../search/fields.ts';
import { contextOf, testContact, testConversation } from './context.fixture.ts';
import { type Facts, factsOf, factTable } from './facts.ts';

const read = (source: Facts, path: string): Json =>
  findField(factTable, path)?.read(source) ?? null;

const facts = factsOf(beginChange(testContact, testConversation), contextOf([]), {
  message: 'Where is it?',
  option: null,
  attribute: null,
});

test('facts: each path leads to its value', () => {
  const paths: readonly (readonly [string, Json])[] = [
    ['contact.name', 'Ada'],
    ['contact.custom_attributes.city', 'Lima'],
    ['conversation.custom_attributes.city', 'Oslo'],
    ['attributes.city', 'Oslo'],
    ['attributes.plan', 'gold'],
    ['conversation.id', '70401'],
    ['conversation.tag_ids', []],
    ['channel.name', 'Mobile app'],
    ['message.body', 'Where is it?'],
    ['quick_reply.text', null],
    ['now', Math.floor(contextOf([]).nowMs / 1000)],
    ['contact.constructor', null],
    ['constructor', null],
    ['contact.name.length', null],
    ['', null],
    ['.', null],
    ['nothing.at.all', null],
  ];
  for (const [path, value] of paths) assert.deepEqual(read(facts, path), value, path);
});

test('facts: the name of an attribute may contain dots', () => {
  const conversation = { ...testConversation, customAttributes: { 'a.b': 'c' } };
  const dotted = factsOf(beginChange(testContact, conversation), contextOf([]), {
    message: null,
    option: null,
    attribute: null,
  });
  assert.equal(read(dotted, 'conversation.custom_attributes.a.b'), 'c');
  assert.equal(read(dotted, 'attributes.a.b'), 'c');
});

test('facts: the field table names exactly the facts', () => {
  const paths = Object.entries(facts).flatMap(([name, value]) =>
    typeof value !== 'object' || name === 'attributes'
      ? [name]
      : Object.keys(value).map((field) => `${name}.${field}`),
  );
  assert.deepEqual([...factTable.fields.keys()].sort(), paths.sort());
});

const fits: { readonly [Type in FieldType]: (value: Json) => boolean } = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  time: Number.isInteger,
  list: Array.isArray,
  id: (value) => typeof value === 'string',
  words: (value) => typeof value === 'string',
  mapping: (value) => typeof value === 'object' && !Array.isArray(value),
  any: () => true,
};

test('facts: every field has a value of its type, or none', () => {
  for (const [name, { type, read }] of factTable.fields) {
    const value = read(facts);
    assert.ok(
      value === null || fits[type](value),
      `${name} is no ${type}: ${JSON.stringify(value)}`,
    );
  }
});
