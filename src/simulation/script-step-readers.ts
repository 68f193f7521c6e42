// Reads the steps of a script: actions of the contact and of teammates, waits and expectations.

import { limits } from '../base/limits.ts';
import { describeValue, type FieldReader } from '../base/text-files/field-reader.ts';
import { suggestName } from '../base/text-files/suggest.ts';
import type { JobOutcome } from '../core/conversation/signal.ts';
import type { Json } from '../core/model/model.ts';
import { readResponseJson } from '../core/workflow/steps/response-json.ts';
import { readExpectation } from './expectation-reader.ts';
import type { ScriptAction, ScriptAssignee, ScriptStep } from './script.ts';

const WAIT_MIN_MS = 1_000;
const WAIT_MAX_MS = 400 * 86_400_000;
const PROMPTS_MAX = 1_000;
const BUTTONS_MAX = 50;
const NAME_CHARACTERS_MAX = 100;

const body = { charactersMax: limits.bodyCharactersMax, isRequired: true };
const name = { charactersMax: NAME_CHARACTERS_MAX, isRequired: true };

type Reader = (steps: FieldReader, fields: FieldReader, index: number) => ScriptStep | null;

const readers: { readonly [Kind in ScriptStep['do']]: Reader } = {
  start: (_steps, _fields, index) => ({ index, do: 'start' }),
  say: (_steps, fields, index) => ({ index, do: 'say', text: fields.text('say', body) ?? '' }),
  click: readClick,
  give: readGive,
  wait: (_steps, fields, index) => {
    const ms = fields.duration('wait', WAIT_MIN_MS, WAIT_MAX_MS, true) ?? 0;
    return { index, do: 'wait', ms };
  },
  webhook: (_steps, fields, index) => ({ index, do: 'webhook', outcome: readOutcome(fields) }),
  teammate: readTeammate,
  expect: (_steps, fields, index) => {
    const expected = fields.mapping('expect', true);
    return expected === undefined
      ? null
      : { index, do: 'expect', expected: readExpectation(expected) };
  },
};

const words = Object.keys(readers) as ScriptStep['do'][];

/** Reads one step; null if it is invalid. */
export function readScriptStep(
  script: FieldReader,
  source: unknown,
  index: number,
): ScriptStep | null {
  if (source === 'start') return { index, do: 'start' };
  const at = ['steps', index];
  if (typeof source !== 'object' || source === null || Array.isArray(source)) {
    const remedy = suggestName(typeof source === 'string' ? source : '', words);
    script.fault(at, `is no step: ${describeValue(source)}`, remedy);
    return null;
  }
  const fields = script.below(at, source);
  const keys = Object.keys(source);
  const [word, second] = words.filter((one) => keys.includes(one));
  if (word === undefined) {
    script.fault(at, 'is no step that is known', suggestName(keys[0] ?? '', words));
    return null;
  }
  if (second !== undefined) {
    script.fault(at, `is both \`${word}\` and \`${second}\``, 'make two steps of it');
    return null;
  }
  const step = readers[word](script, fields, index);
  fields.value(word);
  fields.reportUnknownKeys();
  return step;
}

function readClick(_steps: FieldReader, fields: FieldReader, index: number): ScriptStep {
  const given = fields.value('click');
  if (typeof given !== 'object' || given === null) {
    return { index, do: 'click', button: fields.text('click', name) ?? '', prompt: null };
  }
  const click = fields.below(['click'], given);
  const button = click.text('text', name) ?? '';
  const prompt = click.wholeNumber('prompt', 1, PROMPTS_MAX) ?? null;
  click.reportUnknownKeys();
  return { index, do: 'click', button, prompt };
}

function readGive(_steps: FieldReader, fields: FieldReader, index: number): ScriptStep | null {
  const given = fields.mapping('give', true);
  const entries = given?.entries(limits.customAttributesMax) ?? [];
  const [first] = entries;
  if (given === undefined || first === undefined || entries.length > 1) {
    given?.fault([], 'must name one attribute', 'write `give: { order_number: EU-1234 }`');
    return null;
  }
  const [attribute, value] = first;
  if (typeof value === 'object' && value !== null) {
    given.fault([attribute], 'must be a single value', 'write a text, a number, true or false');
  }
  return { index, do: 'give', attribute, value: value === null ? '' : String(value) };
}

function readOutcome(fields: FieldReader): JobOutcome {
  const given = fields.value('webhook');
  if (given === 'fails') return { ok: false, reason: 'it failed' };
  const response = fields.mapping('webhook', true);
  if (response === undefined) return { ok: false, reason: '' };
  const reason = response.text('fails', { charactersMax: limits.nameCharactersMax });
  const status = response.wholeNumber('status', 100, 599);
  const json = response.value('body') as Json | undefined;
  const text = response.has('text') ? String(response.value('text') ?? '') : undefined;
  response.reportUnknownKeys();
  if (text !== undefined && json !== undefined) {
    response.fault(['text'], 'does not go with `body`', 'keep one of the two');
  }
  if (reason !== undefined) {
    if (status === undefined && json === undefined && text === undefined)
      return { ok: false, reason };
    response.fault([], 'has a response and `fails`', 'keep one of the two');
  }
  const isTaken = status === undefined || (status >= 200 && status < 300);
  return isTaken
    ? {
        ok: true,
        status: status ?? 200,
        ...(text === undefined ? { answer: json ?? null } : readResponseJson(text)),
      }
    : { ok: false, reason: `its response had status ${status}` };
}

const actions = ['says', 'notes', 'closes', 'opens', 'snoozes', 'assigns', 'offers'] as const;

function readTeammate(_steps: FieldReader, fields: FieldReader, index: number): ScriptStep | null {
  const given = fields.value('teammate');
  const source = given === 'closes' || given === 'opens' ? { [given]: true } : given;
  const teammate = fields.below(['teammate'], source ?? null);
  const who = teammate.text('name', { charactersMax: NAME_CHARACTERS_MAX }) ?? null;
  const done = actions.filter((one) => teammate.has(one));
  const isOffer = done.length === 2 && done.includes('says') && done.includes('offers');
  const action = done.length === 1 || isOffer ? readAction(teammate, done.at(-1)!) : null;
  if (action === null) {
    const remedy = `write one of: ${actions.join(', ')}`;
    teammate.fault([], done.length === 0 ? 'does nothing' : `does ${done.join(' and ')}`, remedy);
    return null;
  }
  teammate.reportUnknownKeys();
  return { index, do: 'teammate', name: who, action };
}

function readAction(fields: FieldReader, word: (typeof actions)[number]): ScriptAction {
  switch (word) {
    case 'says':
    case 'notes':
      return { do: word, text: fields.text(word, body) ?? '' };
    case 'closes': {
      const isPlain = fields.value('closes') === true;
      return { do: 'closes', text: isPlain ? null : (fields.text('closes', body) ?? null) };
    }
    case 'opens':
      if (fields.flag('opens') === false) fields.fault(['opens'], 'cannot be false', 'remove it');
      return { do: 'opens' };
    case 'snoozes':
      return { do: 'snoozes', ms: fields.duration('snoozes', WAIT_MIN_MS, WAIT_MAX_MS) ?? 0 };
    case 'assigns':
      return { do: 'assigns', to: readAssignee(fields) };
    case 'offers': {
      const countRules = { countMin: 1, countMax: BUTTONS_MAX, isRequired: true };
      const buttons = fields.texts('offers', NAME_CHARACTERS_MAX, countRules) ?? [];
      const text = fields.text('says', { charactersMax: limits.bodyCharactersMax }) ?? null;
      return { do: 'offers', buttons, text };
    }
  }
}

function readAssignee(fields: FieldReader): ScriptAssignee | null {
  if (fields.value('assigns') === 'nobody') return null;
  const to = fields.mapping('assigns', true);
  if (to === undefined) return null;
  const team = to.text('team', { charactersMax: NAME_CHARACTERS_MAX });
  const admin = to.text('admin', { charactersMax: NAME_CHARACTERS_MAX });
  to.reportUnknownKeys();
  if ((team === undefined) === (admin === undefined)) {
    to.fault([], 'must name a team or an admin', 'write `assigns: { team: Support }` or `nobody`');
  }
  return team === undefined ? { type: 'admin', name: admin ?? '' } : { type: 'team', name: team };
}
