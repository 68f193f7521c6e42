// The observed effects of a signal: messages, buttons, questions, and changes of the conversation, with the texts that
// a transcript and a replay show.

import type { Outcome } from '../core/conversation/transition.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { Author, Conversation, Json, Part } from '../core/model/model.ts';
import type { TraceEntry } from '../core/workflow/run/run.ts';
import { optionsOf } from './simulation.ts';

/** One observed effect, in order. */
export type ObservedEffect =
  /** A message; `buttons` is empty unless it offers any. */
  | {
      readonly kind: 'message';
      readonly by: Author;
      readonly text: string | null;
      readonly buttons: readonly string[];
    }
  | { readonly kind: 'asked'; readonly attribute: string }
  | { readonly kind: 'note'; readonly by: Author; readonly text: string }
  | {
      readonly kind: 'called';
      readonly method: string;
      readonly url: string;
      readonly body: string | null;
    }
  | { readonly kind: 'assigned'; readonly to: string | null }
  | { readonly kind: 'state'; readonly state: Conversation['state'] }
  | { readonly kind: 'attribute'; readonly name: string; readonly value: Json };

/** Lists the effects of a signal in order, without the messages of the contact. */
export function observedEffectsOf(
  outcome: Outcome,
  setup: WorkspaceSetup,
): readonly ObservedEffect[] {
  const inParts = outcome.parts.flatMap((part) => observedEffectsOfPart(part, setup));
  const asked = outcome.requestedAttributes.map(
    (attribute): ObservedEffect => ({ kind: 'asked', attribute }),
  );
  const called = outcome.jobs.map(
    ({ content: { method, url, body } }): ObservedEffect => ({ kind: 'called', method, url, body }),
  );
  return [...inParts, ...asked, ...called];
}

function observedEffectsOfPart(part: Part, setup: WorkspaceSetup): readonly ObservedEffect[] {
  const { author: by, body, partType } = part;
  const isContact = by.type === 'user' || by.type === 'lead';
  const message: readonly ObservedEffect[] =
    body === null || isContact ? [] : [{ kind: 'message', by, text: body, buttons: [] }];
  switch (partType) {
    case 'comment':
      return message;
    case 'quick_reply': {
      const buttons = optionsOf(part).map(({ text }) => text);
      return [{ kind: 'message', by, text: body, buttons }];
    }
    case 'note':
      return [{ kind: 'note', by, text: body ?? '' }];
    case 'close':
    case 'open':
    case 'snoozed':
    case 'timer_unsnooze':
      return [...message, { kind: 'state', state: part.state }];
    case 'assignment':
    case 'away_mode_assignment':
      return [...message, { kind: 'assigned', to: assigneeName(part.assignedTo, setup) }];
    case 'assign_and_reopen': {
      const to = assigneeName(part.assignedTo, setup);
      return [...message, { kind: 'state', state: part.state }, { kind: 'assigned', to }];
    }
    case 'conversation_attribute_updated_by_admin':
    case 'conversation_attribute_updated_by_workflow': {
      const details = part.eventDetails as {
        readonly attribute: { readonly name: string };
        readonly value: { readonly name: string };
      } | null;
      if (details === null) return [];
      return [{ kind: 'attribute', name: details.attribute.name, value: details.value.name }];
    }
  }
}

/** Returns the name of a team or admin; null if unassigned. */
export function assigneeName(to: Part['assignedTo'], setup: WorkspaceSetup): string | null {
  if (to === null) return null;
  const people = to.type === 'admin' ? setup.admins : setup.teams;
  return people.get(to.id)?.name ?? `${to.type} ${to.id}`;
}

/** Returns the name of a part's author. */
export function authorName({ type, id }: Author, setup: WorkspaceSetup): string {
  if (type === 'bot') return 'Parley';
  if (type === 'admin') return setup.admins.get(Number(id))?.name ?? `admin ${id}`;
  if (type === 'team') return setup.teams.get(Number(id))?.name ?? `team ${id}`;
  return 'the contact';
}

/** Shows an effect in one line. */
export function showObservedEffect(effect: ObservedEffect): string {
  switch (effect.kind) {
    case 'message': {
      const buttons = effect.buttons.map((text) => `[${text}]`);
      return [...(effect.text === null ? [] : [effect.text]), ...buttons].join('  ');
    }
    case 'asked':
      return `asks for ${effect.attribute}`;
    case 'note':
      return `note: ${effect.text}`;
    case 'called':
      return `calls ${effect.method} ${effect.url}`;
    case 'assigned':
      return `assigned to ${effect.to ?? 'nobody'}`;
    case 'state':
      return `the conversation is ${effect.state}`;
    case 'attribute':
      return `${effect.name} is ${JSON.stringify(effect.value)}`;
  }
}

/** Shows an entry of the trace in one line. */
export const showTrace = ({ workflow, version, step, do: kind, what }: TraceEntry): string =>
  `${workflow} v${version} ${step === null ? 'run' : `${step} (${kind})`}: ${what}`;

/** Describes what a conversation waits for. */
export function showWaiting({ run }: Conversation, nowMs: number): string {
  if (run === null) return 'no workflow ran';
  if (run.waiting === null) return `${run.name} ended: ${run.endReason}`;
  const { waiting } = run;
  const until =
    waiting.untilMs === null ? '' : `, ${showSpan(Math.max(0, waiting.untilMs - nowMs))} at most`;
  return `${run.name} waits at ${run.stepId} for ${waitedFor[waiting.for]}${until}`;
}

const waitedFor = {
  quick_reply: 'a choice',
  attribute: 'an answer',
  message: 'a message',
  time: 'time to pass',
  webhook: 'a call to end',
} as const;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** Shows a time span in its two largest units: `1h 30m`. */
export function showSpan(ms: number): string {
  const shown: string[] = [];
  let rest = ms;
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0 && shown.length < 2) shown.push(`${count}${name}`);
    rest -= count * size;
  }
  return shown.join(' ') || '0s';
}
