// Reads what is said in steps and where it leads: messages, questions, branches, waits, and the hand-over to people.
// Answers a step in any case; whether it may be used, the faults that were reported say.

import { limits } from '../../../base/limits.ts';
import {
  DURATION_MAX_MS,
  DURATION_MIN_MS,
  describeValue,
  type FieldReader,
} from '../../../base/text-files/field-reader.ts';
import { suggestName } from '../../../base/text-files/suggest.ts';
import { OPTION_ID_CHARACTERS_MAX } from '../../conversation/option-id.ts';
import { readConditionOf } from '../../search/parse.ts';
import type { QuickReplyOption, Step, StepKind, Target, TimeLimit } from '../definition.ts';
import { attributeFor, constantFits, setAttributeFields } from './attribute-reader.ts';
import { readCallWebhook } from './call-webhook-reader.ts';
import { OPTIONS_MAX, readOptionsSource } from './listed-options-reader.ts';
import type { NamedKind, StepContext } from './reading-context.ts';
import { readPattern, readTemplate } from './text-reader.ts';
import { readWait } from './wait-reader.ts';

/** The kinds of steps as files call them. */
export type StepWord = Exclude<StepKind, 'wait_for_message' | 'wait_until'>;

const ATTEMPTS_MAX = 20;
const ATTEMPTS = 3;
const CASES_MAX = 50;
const TAGS_MAX = 20;

const body = { charactersMax: limits.bodyCharactersMax };

/** How each kind of step is read. */
export const stepReaders: Readonly<Record<StepWord, (context: StepContext) => Step>> = {
  send_message: (context) => ({
    id: context.id,
    do: 'send_message',
    body: readTemplate(context, context.fields, 'body', { ...body, isRequired: true }) ?? '',
    next: nextOf(context),
  }),
  ask_quick_reply: readQuestion,
  collect_attribute: readCollect,
  branch: readBranch,
  wait: (context) => {
    const next = nextOf(context);
    return readWait(context, next, readTimeout(context, next));
  },
  set_attribute: readSetAttribute,
  tag: readTag,
  note: (context) => ({
    id: context.id,
    do: 'note',
    body: readTemplate(context, context.fields, 'body', { ...body, isRequired: true }) ?? '',
    next: nextOf(context),
  }),
  assign: readAssign,
  close: (context) => {
    refuseNext(context, 'closing ends the run');
    return {
      id: context.id,
      do: 'close',
      body: readTemplate(context, context.fields, 'body', body) ?? null,
    };
  },
  snooze: (context) => ({
    id: context.id,
    do: 'snooze',
    forMs: context.fields.duration('for', DURATION_MIN_MS, DURATION_MAX_MS, true) ?? 0,
    next: nextOf(context),
  }),
  call_webhook: (context) => readCallWebhook(context, nextOf(context)),
  run_workflow: (context) => {
    refuseNext(context, 'the other workflow goes on instead');
    const name = context.fields.text('workflow', {
      charactersMax: limits.nameCharactersMax,
      isRequired: true,
    });
    const workflowId = name === undefined ? 0 : resolve(context, 'workflow', name, ['workflow']);
    return { id: context.id, do: 'run_workflow', workflowId };
  },
};

/**
 * The kinds whose run stops until the contact acts or time passes. The answer of another system is no such thing: it
 * comes at once, and a circle of calls talks as fast as the other system answers.
 */
export const waitingWords: ReadonlySet<string> = new Set<StepWord>([
  'ask_quick_reply',
  'collect_attribute',
  'wait',
]);

const nextOf = ({ target, fields, following }: StepContext): Target =>
  target(fields, 'next', following);

function refuseNext({ fields }: StepContext, reason: string): void {
  if (fields.has('next')) {
    fields.fault(['next'], `leads nowhere: ${reason}`, 'remove it');
  }
}

function readQuestion(context: StepContext): Step {
  const { id, fields } = context;
  const next = nextOf(context);
  const otherwise = fields.has('otherwise')
    ? { otherwise: context.target(fields, 'otherwise', next) }
    : {};
  return {
    id,
    do: 'ask_quick_reply',
    body: readTemplate(context, fields, 'body', { ...body, isRequired: true }) ?? '',
    ...(fields.has('options_from')
      ? { options: [], from: readOptionsSource(context, next) }
      : { options: readOptions(context, next) }),
    ...otherwise,
    ...(fields.flag('accept_typed') === false ? { acceptsTyped: false } : {}),
    timeout: readTimeout(context, next),
  };
}

function readOptions(context: StepContext, next: Target): QuickReplyOption[] {
  const { fields } = context;
  const countRules = { countMin: 1, countMax: OPTIONS_MAX, isRequired: true };
  const list = fields.list('options', countRules) ?? [];
  const seen = new Set<string>();
  return list.map((source, index) => {
    const option = fields.below(['options', index], source);
    const idRules = { charactersMax: OPTION_ID_CHARACTERS_MAX, isRequired: true };
    const id = option.text('id', idRules) ?? '';
    if (id !== '' && seen.has(id)) {
      option.fault(
        ['id'],
        `is "${id}" a second time`,
        'give every button of a question its own id',
      );
    }
    seen.add(id);
    const rules = { charactersMax: limits.nameCharactersMax, isRequired: true };
    const text = readTemplate(context, option, 'text', rules) ?? '';
    const target = context.target(option, 'next', next);
    option.refuseOtherKeys();
    return { id, text, next: target };
  });
}

function readTimeout(context: StepContext, next: Target): TimeLimit | null {
  const { fields } = context;
  const given = fields.value('timeout');
  if (typeof given === 'number' || typeof given === 'string') {
    const reason = `must say how long and where to go then, not ${describeValue(given)}`;
    fields.fault(['timeout'], reason, 'write { after: 5m, next: a_step }');
    return null;
  }
  const timeout = fields.mapping('timeout');
  if (timeout === undefined) return null;
  const afterMs = timeout.duration('after', DURATION_MIN_MS, DURATION_MAX_MS, true) ?? 0;
  const target = context.target(timeout, 'next', next);
  timeout.refuseOtherKeys();
  return { afterMs, next: target };
}

function readCollect(context: StepContext): Step {
  const { id, fields } = context;
  const next = nextOf(context);
  return {
    id,
    do: 'collect_attribute',
    attribute: attributeFor(context, fields, 'attribute', 'any') ?? '',
    prompt: readTemplate(context, fields, 'prompt', { ...body, isRequired: true }) ?? '',
    pattern: readPattern(fields, 'pattern') ?? null,
    invalid: readTemplate(context, fields, 'invalid', body) ?? null,
    attempts: fields.wholeNumber('attempts', 1, ATTEMPTS_MAX) ?? ATTEMPTS,
    failed: context.target(fields, 'failed', next),
    timeout: readTimeout(context, next),
    next,
  };
}

function readBranch(context: StepContext): Step {
  const { id, fields, following } = context;
  const list = fields.list('cases', { countMin: 1, countMax: CASES_MAX, isRequired: true }) ?? [];
  const cases = list.flatMap((source, index) => {
    const one = fields.below(['cases', index], source);
    const when = readConditionOf(one, 'when', context, true);
    const next = context.target(one, 'next', following);
    one.refuseOtherKeys();
    return when === null ? [] : [{ when, next }];
  });
  return { id, do: 'branch', cases, otherwise: context.target(fields, 'otherwise', following) };
}

function readSetAttribute(context: StepContext): Step {
  const { id, fields } = context;
  const { model, attribute, definition } = setAttributeFields(context);
  const plain = fields.value('value');
  const isPlain = typeof plain === 'number' || typeof plain === 'boolean';
  const isEmpty = plain === '';
  const rules = { charactersMax: limits.attributeValueCharactersMax, isRequired: true };
  const value = isPlain
    ? String(plain)
    : isEmpty
      ? ''
      : (readTemplate(context, fields, 'value', rules) ?? '');
  if (definition !== undefined) constantFits(fields, value, definition);
  return { id, do: 'set_attribute', model, attribute, value, next: nextOf(context) };
}

function readTag(context: StepContext): Step {
  const { id, fields } = context;
  const idsOf = (key: 'add' | 'remove'): number[] => {
    const given = fields.value(key);
    const isOne = typeof given === 'string';
    const names = isOne
      ? [fields.text(key, { charactersMax: limits.nameCharactersMax })]
      : fields.texts(key, limits.nameCharactersMax, { countMax: TAGS_MAX });
    return (names ?? []).flatMap((name, index) =>
      name === undefined ? [] : [resolve(context, 'tag', name, isOne ? [key] : [key, index])],
    );
  };
  const add = idsOf('add');
  const remove = idsOf('remove');
  if (!fields.has('add') && !fields.has('remove')) {
    fields.fault([], 'names no tag', 'write `add:` or `remove:` with the names of tags');
  }
  return { id, do: 'tag', add, remove, next: nextOf(context) };
}

function readAssign(context: StepContext): Step {
  const { id, fields } = context;
  const rules = { charactersMax: limits.nameCharactersMax };
  const team = fields.text('team', rules);
  const admin = fields.text('admin', rules);
  fields.choice('to', ['nobody']);
  const given = ['team', 'admin', 'to'].filter((key) => fields.has(key));
  if (given.length !== 1) {
    const reason = given.length === 0 ? 'names nobody' : `has ${given.join(' and ')}`;
    fields.fault(
      [],
      reason,
      'write one of `team: Support`, `admin: jane@acme.example`, `to: nobody`',
    );
  }
  const to =
    team !== undefined
      ? { type: 'team' as const, id: resolve(context, 'team', team, ['team']) }
      : admin !== undefined
        ? { type: 'admin' as const, id: resolve(context, 'admin', admin, ['admin']) }
        : null;
  return {
    id,
    do: 'assign',
    to,
    note: readTemplate(context, fields, 'note', body) ?? null,
    body: readTemplate(context, fields, 'body', body) ?? null,
    next: nextOf(context),
  };
}

/** The id of something that has to exist; 0 if it does not. */
function resolve(
  { fields, names }: StepContext,
  kind: Exclude<NamedKind, 'attribute' | 'secret'>,
  name: string,
  below: readonly (string | number)[],
): number {
  const id = resolveName(fields, names, kind, name, below);
  return id ?? 0;
}

/** Looks a name up, and reports one that does not exist. */
export function resolveName(
  fields: FieldReader,
  names: StepContext['names'],
  kind: Exclude<NamedKind, 'attribute' | 'secret'>,
  name: string,
  below: readonly (string | number)[],
): number | undefined {
  const id = names[kind](name);
  if (typeof id === 'number') return id;
  if (id === 'ambiguous') {
    fields.fault(below, `names "${name}", and several admins are called so`, 'write the e-mail');
  } else {
    const remedy = `${suggestName(name, names.namesOf(kind))} (or add it to parley.yaml)`;
    fields.fault(below, `names the ${kind} "${name}", which does not exist`, remedy);
  }
  return undefined;
}
