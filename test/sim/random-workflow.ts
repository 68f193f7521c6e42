// Random workflows and actions, reproducible from a seed. The workflows are valid: these tests are about what is stored
// and delivered, not about odd definitions.

import type { JobOutcome, TeammateAction } from '../../src/core/conversation/signal.ts';
import type { Json, Part } from '../../src/core/model/model.ts';
import type { Condition } from '../../src/core/search/condition.ts';
import {
  type Step,
  type TriggerKind,
  triggerKinds,
  type WorkflowDefinition,
} from '../../src/core/workflow/definition.ts';
import type { WorkflowRun } from '../../src/core/workflow/run/run.ts';
import { optionsOf } from '../../src/simulation/simulation.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

/** The names that the workflows of a workspace may use. */
export type Known = {
  readonly adminId: number;
  readonly teamId: number;
  readonly tagIds: readonly number[];
  readonly workflowIds: readonly number[];
  readonly attributes: readonly string[];
};

const texts = [
  'Hi {{ contact.name | default: "there" }}!',
  'You said {{ message.body }}.',
  'It is {{ attributes.order_number }}',
  'Plain words with “quotes” & <signs> 😀',
  '{{ quick_reply.text | upcase }} {{ attribute.value }}',
];

/** Makes a workflow of up to eight steps; only waiting steps may lead back, so that every loop waits. */
export function randomWorkflow(
  random: SeededRandom,
  known: Known,
  name: string,
): WorkflowDefinition {
  const count = random.between(1, 8);
  const ids = Array.from({ length: count }, (_, index) => `step_${index}`);
  const steps = ids.map((id, index) => randomStep(random, known, { id, ids, index }));
  const on: TriggerKind = random.chance(0.5) ? 'new_conversation' : random.pick(triggerKinds);
  const when = random.chance(0.2) ? randomCondition(random) : null;
  return { name, trigger: { on, channelIds: null }, when, steps };
}

type Place = { readonly id: string; readonly ids: readonly string[]; readonly index: number };

function randomCondition(random: SeededRandom): Condition {
  const field = random.pick(['contact.role', 'message.body', 'attributes.order_number']);
  const operator = random.pick(['=', '!=', '^', '~'] as const);
  const value = random.pick<Json>(['user', 'E', 'EU-1', null, 'a']);
  const filter = { field, operator, value: operator === '=' || operator === '!=' ? value : 'E' };
  return random.chance(0.3) ? { operator: 'OR', value: [filter, filter] } : filter;
}

function randomStep(random: SeededRandom, known: Known, { id, ids, index }: Place): Step {
  const onwards = (): string | null =>
    random.chance(0.15) ? null : (ids[random.between(index + 1, ids.length)] ?? null);
  const anywhere = (): string | null => (random.chance(0.2) ? random.pick(ids) : onwards());
  const seconds = () => random.pick([1, 2, 60, 3600]) * 1000;
  const timeout = () => (random.chance(0.5) ? { afterMs: seconds(), next: anywhere() } : null);
  const attribute = random.pick(known.attributes);
  const body = random.pick(texts);
  const makers: readonly (() => Step)[] = [
    () => ({ id, do: 'send_message', body, next: onwards() }),
    () => ({ id, do: 'send_message', body, next: onwards() }),
    () => {
      const options = ['one', 'two', 'three']
        .slice(0, random.between(1, 3))
        .map((option) => ({ id: option, text: `Button ${option}`, next: anywhere() }));
      const open: Step = { id, do: 'ask_quick_reply', body, options, timeout: timeout() };
      return random.chance(0.5) ? { ...open, otherwise: anywhere() } : open;
    },
    () => ({
      id,
      do: 'collect_attribute',
      attribute,
      prompt: body,
      pattern: random.chance(0.5) ? '^[A-Z0-9-]{2,9}$' : null,
      invalid: random.chance(0.5) ? 'Not so.' : null,
      attempts: random.between(1, 3),
      failed: onwards(),
      timeout: timeout(),
      next: anywhere(),
    }),
    () => {
      const cases = [{ when: randomCondition(random), next: onwards() }];
      return { id, do: 'branch', cases, otherwise: onwards() };
    },
    () => ({ id, do: 'wait', forMs: seconds(), next: anywhere() }),
    () => ({ id, do: 'wait_for_message', timeout: timeout(), next: anywhere() }),
    () => {
      const model = random.pick(['contact', 'conversation'] as const);
      return { id, do: 'set_attribute', model, attribute: 'note', value: body, next: onwards() };
    },
    () => {
      const add = [random.pick(known.tagIds)];
      return { id, do: 'tag', add, remove: [random.pick(known.tagIds)], next: onwards() };
    },
    () => ({ id, do: 'note', body, next: onwards() }),
    () => {
      const to = random.pick([
        null,
        { type: 'team' as const, id: known.teamId },
        { type: 'admin' as const, id: known.adminId },
      ]);
      const note = random.chance(0.5) ? body : null;
      return { id, do: 'assign', to, note, body: note === null ? body : null, next: onwards() };
    },
    () => ({ id, do: 'close', body: random.chance(0.5) ? body : null }),
    () => ({ id, do: 'snooze', forMs: seconds(), next: onwards() }),
    () => ({
      id,
      do: 'call_webhook',
      url: 'https://orders.example/lookup',
      method: 'POST',
      headers: {},
      body: { number: '{{ attributes.order_number }}' },
      timeoutMs: 1000,
      retryDelaysMs: [],
      save: [{ attribute: 'status', pointer: '/status' }],
      failed: onwards(),
      next: anywhere(),
    }),
    () => ({ id, do: 'run_workflow', workflowId: random.pick(known.workflowIds) }),
  ];
  return random.pick(makers)();
}

/** The next action of a person, or the passing of time. */
export type Action =
  | { readonly do: 'message'; readonly body: string }
  | { readonly do: 'click'; readonly optionId: string }
  | { readonly do: 'give'; readonly attribute: string; readonly value: string }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'answer'; readonly outcome: JobOutcome }
  | { readonly do: 'teammate'; readonly action: TeammateAction };

/** Picks an action that mostly fits the state of the conversation. */
export function randomAction(
  random: SeededRandom,
  known: Known,
  at: { readonly run: WorkflowRun | null; readonly parts: readonly Part[]; readonly nowMs: number },
): Action {
  const waiting = at.run?.waiting ?? null;
  if (waiting?.for === 'webhook' && random.chance(0.7)) return randomAnswer(random);
  if (waiting?.for === 'attribute' && random.chance(0.5)) {
    return { do: 'give', attribute: waiting.attribute, value: randomValue(random) };
  }
  const prompts = at.parts.map(optionsOf).filter((options) => options.length > 0);
  const isNewest = random.chance(0.8);
  const options = prompts.at(isNewest ? -1 : 0);
  if (options !== undefined && random.chance(waiting?.for === 'quick_reply' ? 0.6 : 0.1)) {
    return { do: 'click', optionId: random.pick(options).id };
  }
  if (random.chance(0.35)) {
    const untilMs = waiting?.untilMs ?? null;
    const left = untilMs === null ? 0 : Math.max(0, untilMs - at.nowMs);
    return { do: 'pass', ms: random.chance(0.6) ? left + 1 : random.between(1, 5000) };
  }
  if (random.chance(0.15))
    return { do: 'teammate', action: randomTeammateAction(random, known, at.nowMs) };
  if (random.chance(0.15)) {
    return { do: 'give', attribute: random.pick(known.attributes), value: randomValue(random) };
  }
  return { do: 'message', body: random.pick(['Hello', 'EU-1', 'e', 'A longer sentence, 42.']) };
}

const randomValue = (random: SeededRandom): string =>
  random.pick(['EU-1234', 'US-1', 'no such number', 'x']);

function randomAnswer(random: SeededRandom): Action {
  if (random.chance(0.4)) return { do: 'answer', outcome: { ok: false, reason: 'timeout' } };
  const answer = random.pick<Json>([{ status: 'sent' }, { status: 3 }, null, ['x']]);
  return { do: 'answer', outcome: { ok: true, status: 200, answer } };
}

function randomTeammateAction(
  random: SeededRandom,
  { adminId, teamId }: Known,
  nowMs: number,
): TeammateAction {
  return random.pick<TeammateAction>([
    { do: 'comment', body: 'A person here.' },
    { do: 'note', body: 'Only for us.' },
    { do: 'quick_reply', body: 'Which?', options: [{ id: 'own_1', text: 'This' }] },
    { do: 'close', body: null },
    { do: 'close', body: 'Bye.' },
    { do: 'snooze', untilMs: nowMs + 60_000 },
    { do: 'open' },
    { do: 'assign', to: { type: 'team', id: teamId }, body: null },
    { do: 'assign', to: { type: 'admin', id: adminId }, body: 'Yours.' },
    { do: 'assign', to: null, body: null },
  ]);
}
