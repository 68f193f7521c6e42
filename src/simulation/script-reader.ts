// Reads a script from its parsed file: finds all faults at once, each with its position. Pure.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Fault, FieldReader } from '../base/text-files/field-reader.ts';
import type { DataAttribute, DataType, Json } from '../core/model/model.ts';
import { meantKey } from '../core/workflow/parse/synonyms.ts';
import type { Script } from './script.ts';
import { readScriptStep } from './script-step-readers.ts';

/** The limit of parley.yaml. */
const WORKFLOWS_MAX = 500;
const ATTRIBUTES_MAX = 1_000;
const OPTIONS_MAX = 200;
const STEPS_MAX = 1_000;
const NAME_CHARACTERS_MAX = 100;
const PATH_CHARACTERS_MAX = 1_000;
/** An arbitrary day, always the same. */
const DEFAULT_START = '2026-01-01T10:00:00Z';

const dataTypes: readonly DataType[] = [
  'string',
  'integer',
  'float',
  'boolean',
  'date',
  'datetime',
  'options',
];

/** Reads a script. @returns the script, or all its faults. */
export function parseScript(source: unknown): Result<Script, readonly Fault[]> {
  const faults: Fault[] = [];
  const fields = new FieldReader(source, [], (fault) => faults.push(fault), meantKey);
  const script: Script = {
    about: fields.text('about', { charactersMax: NAME_CHARACTERS_MAX * 10 }) ?? null,
    workflows: fields.texts('workflows', PATH_CHARACTERS_MAX, { countMax: WORKFLOWS_MAX }) ?? [],
    startsAtMs: readStart(fields),
    channel: readChannel(fields),
    contact: readContact(fields),
    dataAttributes: (fields.list('attributes', { countMax: ATTRIBUTES_MAX }) ?? []).map(
      (one, index) => readAttribute(fields.below(['attributes', index], one)),
    ),
    isStrict: fields.flag('strict') ?? true,
    steps: readSteps(fields),
  };
  fields.reportUnknownKeys();
  return faults.length === 0 ? ok(script) : fail(faults);
}

function readStart(fields: FieldReader): number {
  const text = fields.text('at', { charactersMax: NAME_CHARACTERS_MAX }) ?? DEFAULT_START;
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms) || ms < 0) {
    fields.fault(['at'], `is no time: "${text}"`, `write one such as ${DEFAULT_START}`);
    return 0;
  }
  return ms;
}

function readChannel(fields: FieldReader): Script['channel'] {
  const plain = { name: null, eventFormat: 'parley', unknownAttribute: null } as const;
  const given = fields.value('channel');
  if (given === undefined) return plain;
  if (typeof given === 'string') return { ...plain, name: given };
  const channel = fields.below(['channel'], given);
  const read = {
    name: channel.text('name', { charactersMax: NAME_CHARACTERS_MAX }) ?? null,
    eventFormat: plain.eventFormat,
    unknownAttribute: channel.choice('unknown_attribute', ['record', 'reject']) ?? null,
  };
  channel.reportUnknownKeys();
  return read;
}

function readContact(fields: FieldReader): Script['contact'] {
  const contact = fields.mapping('contact') ?? fields.below(['contact'], {});
  const rules = { charactersMax: limits.nameCharactersMax };
  const customAttributes = readValues(contact, 'attributes');
  const read = {
    role: contact.choice('type', ['user', 'lead']) ?? 'user',
    externalId: contact.text('external_id', { charactersMax: limits.idCharactersMax }) ?? 'user_1',
    name: contact.text('name', rules) ?? null,
    email: contact.text('email', { charactersMax: limits.emailCharactersMax }) ?? null,
    phone: contact.text('phone', rules) ?? null,
    customAttributes,
  };
  contact.reportUnknownKeys();
  return read;
}

/** Reads names with plain values. */
function readValues(fields: FieldReader, key: string): { readonly [name: string]: Json } {
  const values = fields.mapping(key);
  const entries = values?.entries(limits.customAttributesMax) ?? [];
  for (const [name, value] of entries) {
    if (typeof value !== 'object' || value === null) continue;
    values?.fault([name], 'must be a single value', 'write a text, a number, true or false');
  }
  return Object.fromEntries(entries as readonly (readonly [string, Json])[]);
}

/** Reads an attribute, as in `data_attributes` of parley.yaml. */
function readAttribute(fields: FieldReader): DataAttribute {
  const rules = { charactersMax: limits.idCharactersMax };
  const attribute: DataAttribute = {
    model: fields.choice('model', ['contact', 'conversation']) ?? 'conversation',
    name: fields.text('name', { ...rules, isRequired: true }) ?? '',
    dataType: fields.choice('type', dataTypes) ?? 'string',
    options:
      fields.texts('options', limits.attributeValueCharactersMax, { countMax: OPTIONS_MAX }) ?? [],
    label: fields.text('label', rules) ?? null,
  };
  fields.text('description', { charactersMax: PATH_CHARACTERS_MAX });
  if ((attribute.dataType === 'options') !== attribute.options.length > 0) {
    const remedy = 'write `type: options` with `options: [...]`, or neither';
    fields.fault(['options'], 'and `type` do not go together', remedy);
  }
  fields.reportUnknownKeys();
  return attribute;
}

function readSteps(fields: FieldReader): Script['steps'] {
  const list = fields.list('steps', { countMin: 1, countMax: STEPS_MAX, isRequired: true }) ?? [];
  const steps = list.flatMap((source, index) => {
    const step = readScriptStep(fields, source, index);
    return step === null ? [] : [step];
  });
  const begins = new Set(['start', 'say', 'give']);
  const first = steps.find((step) => step.do !== 'expect');
  if (first !== undefined && !begins.has(first.do)) {
    const remedy = 'begin with `- start`, or with what the contact says';
    fields.fault(['steps', first.index], 'happens before there is a conversation', remedy);
  }
  return steps;
}
