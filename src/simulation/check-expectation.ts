// Compares the expectations of a script with the observed effects. Sent messages form a queue from which each
// expectation takes one; everything else is read from the current conversation.

import type { Json } from '../core/model/model.ts';
import { isFoundIn } from '../core/workflow/template/pattern.ts';
import { assigneeName, type ObservedEffect, showObservedEffect } from './observed-effects.ts';
import type { Expectation } from './script.ts';
import { contactOf, type Simulation } from './simulation.ts';

/** A message or a question. */
export type SentEffect = Extract<ObservedEffect, { readonly kind: 'message' | 'asked' }>;

/** The observed effects since the last action of the script. */
export type Pending = {
  /** The effects that no expectation has taken yet. */
  readonly sent: readonly SentEffect[];
  readonly notes: readonly string[];
  /** Whether there was any expectation. */
  readonly isExpected: boolean;
};

export type ExpectationFault = { readonly expected: string; readonly actual: string };

export type Checked = { readonly faults: readonly ExpectationFault[]; readonly pending: Pending };

/** Returns the unexpected messages; none if nothing at all was expected. */
export const leftovers = ({ sent, isExpected }: Pending): readonly SentEffect[] =>
  isExpected ? sent : [];

/**
 * Checks an expectation.
 * @param isStrict whether the next message must match; if not, others are skipped.
 */
export function checkExpectation(
  expected: Expectation,
  pending: Pending,
  simulation: Simulation,
  isStrict: boolean,
): Checked {
  const faults: ExpectationFault[] = [];
  let { sent } = pending;
  const take = (wanted: string, fits: (one: SentEffect) => boolean) => {
    const index = isStrict ? 0 : sent.findIndex(fits);
    const found = sent[index];
    // A mismatch is taken from the queue too, so that one wrong word does not fail everything after it.
    if (found !== undefined) sent = sent.slice(index + 1);
    if (found !== undefined && fits(found)) return;
    const next = found ?? (isStrict ? undefined : sent[0]);
    faults.push({ expected: wanted, actual: next ? showSent(next) : 'nothing more was sent' });
  };
  if (isAboutMessage(expected)) {
    take(describeMessage(expected), (one) => fitsMessage(expected, one));
  }
  const { asksFor } = expected;
  if (asksFor !== undefined) {
    take(`a question for ${asksFor}`, (one) => one.kind === 'asked' && one.attribute === asksFor);
  }
  if (expected.isNothing && sent.length > 0) {
    faults.push({ expected: 'nothing', actual: sent.map(showSent).join(', ') });
    sent = [];
  }
  faults.push(...checkState(expected, pending, simulation));
  return { faults, pending: { ...pending, sent } };
}

const isAboutMessage = ({ message, matches, buttons }: Expectation): boolean =>
  message !== undefined || matches !== undefined || buttons !== undefined;

function fitsMessage({ message, matches, buttons }: Expectation, one: SentEffect): boolean {
  if (one.kind !== 'message') return false;
  return (
    (message === undefined || one.text === message) &&
    (matches === undefined || isFoundIn(one.text ?? '', matches)) &&
    (buttons === undefined || isSame([...buttons], [...one.buttons]))
  );
}

function describeMessage({ message, matches, buttons }: Expectation): string {
  const words = [
    message === undefined ? '' : `the message "${message}"`,
    matches === undefined ? '' : `a message that matches "${matches}"`,
    buttons === undefined ? '' : `the buttons ${buttons.map((text) => `[${text}]`).join(' ')}`,
  ];
  return words.filter((word) => word !== '').join(' with ');
}

const showSent = (one: SentEffect): string =>
  one.kind === 'asked' ? showObservedEffect(one) : `"${showObservedEffect(one)}"`;

function checkState(
  expected: Expectation,
  { notes }: Pending,
  simulation: Simulation,
): readonly ExpectationFault[] {
  const faults: ExpectationFault[] = [];
  const compare = (what: string, wanted: Json, actual: Json) => {
    if (isSame(wanted, actual)) return;
    faults.push({ expected: `${what} ${show(wanted)}`, actual: show(actual) });
  };
  const { conversation, setup, jobs } = simulation;
  const run = conversation?.run ?? null;
  if (expected.state !== undefined) compare('state', expected.state, conversation?.state ?? null);
  if (expected.assignedTo !== undefined) checkAssignee(expected.assignedTo, simulation, faults);
  for (const [name, wanted] of Object.entries(expected.attributes ?? {})) {
    compare(`attribute ${name}`, wanted, attributeOf(simulation, name));
  }
  if (expected.tags !== undefined) {
    const tags = (conversation?.tagIds ?? []).map((id) => setup.tags.get(id)?.name ?? String(id));
    compare('tags', [...expected.tags].toSorted(), tags.toSorted());
  }
  if (expected.note !== undefined && !notes.includes(expected.note)) {
    faults.push({ expected: `the note ${show(expected.note)}`, actual: show([...notes]) });
  }
  if (expected.waitsFor !== undefined) {
    compare('waiting for', expected.waitsFor, run?.waiting?.for ?? 'nothing');
  }
  if (expected.calls !== undefined) {
    compare('a call of', expected.calls, jobs[0]?.content.url ?? null);
  }
  if (expected.workflow !== undefined) compare('workflow', expected.workflow, run?.name ?? null);
  return faults;
}

/** Checks the assignee: a match of the team or the admin is enough. */
function checkAssignee(
  wanted: string | null,
  simulation: Simulation,
  faults: ExpectationFault[],
): void {
  const { teamAssigneeId: team, adminAssigneeId: admin } = simulation.conversation ?? {};
  const found = [
    team ? assigneeName({ type: 'team', id: team }, simulation.setup) : null,
    admin ? assigneeName({ type: 'admin', id: admin }, simulation.setup) : null,
  ].filter((name) => name !== null);
  const isMet = wanted === null ? found.length === 0 : found.includes(wanted);
  if (isMet) return;
  const actual = found.join(' and ') || 'nobody';
  faults.push({ expected: `assigned to ${wanted ?? 'nobody'}`, actual });
}

/** Returns the value of an attribute, the conversation's before the contact's, or the contact's name, email or phone. */
function attributeOf(simulation: Simulation, name: string): Json {
  const contact = contactOf(simulation);
  const attributes = {
    name: contact?.name ?? null,
    email: contact?.email ?? null,
    phone: contact?.phone ?? null,
    ...contact?.customAttributes,
    ...simulation.conversation?.customAttributes,
  } as Readonly<Record<string, Json>>;
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null;
}

const isSame = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

function show(value: Json): string {
  if (value === null) return 'nothing';
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}
