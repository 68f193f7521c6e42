// Runs workflows: starts the one that a signal triggers, or resumes the run that waits for it, then runs steps until
// the run waits or ends. Pure and total: it never throws, and the work of one signal is bounded.

import { limits } from '../../../base/limits.ts';
import { type Change, changeConversation } from '../../conversation/change.ts';
import { showTyping } from '../../conversation/outbound-event.ts';
import { eventSequenceMax } from '../../conversation/outbound-event-id.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Step, Target, WorkflowDefinition, WorkflowVersion } from '../definition.ts';
import { runStep } from '../step-kinds.ts';
import type { ContactInput } from './facts.ts';
import { contactInputOf, type RunInput } from './input.ts';
import { matchAnswer, type PendingStep, resolvePending, waitsUntil } from './match-answer.ts';
import { countAfter, countBefore, isFlood, withCount } from './message-limit.ts';
import { type InputOutcome, quote, traceRun } from './progress.ts';
import type { EndReason, ListedOption, MessageCount, Waiting, WorkflowRun } from './run.ts';
import { findTriggered } from './triggers.ts';

export type { RunInput } from './input.ts';

const RUN_STEPS_MAX = 1_000;
const SIGNAL_STEPS_MAX = 100;
/** A signal has ids for 254 parts and jobs; an input or a step creates three at most. */
const SIGNAL_EFFECTS_MAX = 250;
/** An upper bound of the events that one step adds to the log. */
const STEP_EVENTS_MAX = 16;

/** Runs the workflows of a conversation on the input of a signal. */
export function advanceWorkflows(
  change: Change,
  input: RunInput,
  context: TransitionContext,
): Change {
  const { run, heldByAdminId } = change.conversation;
  if (run === null || run.status === 'ended') {
    return startTriggered(change, input, context, new Set());
  }
  if (input.kind === 'closed') {
    const ended = endRun(change, context, 'closed');
    return startTriggered(ended, input, context, new Set([run.workflowId]));
  }
  return heldByAdminId === null
    ? resume(change, run, input, context)
    : endRun(change, context, 'taken_over');
}

/** A run in progress, with the steps of its version. */
type Active = { readonly run: WorkflowRun; readonly steps: readonly Step[] };

function startTriggered(
  change: Change,
  input: RunInput,
  context: TransitionContext,
  except: ReadonlySet<number>,
): Change {
  const triggered = findTriggered(change, input, context, except);
  if (triggered === null) return change;
  const { active, to, started } = begin(change, triggered.workflow, triggered.on, context);
  const signalInput = {
    contactInput: contactInputOf(input),
    messages: countBefore(change, active.run, input, context),
  };
  return proceed(started, active, to, signalInput, context);
}

/** Starts a new run at its first step. */
function begin(
  change: Change,
  { workflowId, version, definition }: WorkflowVersion,
  startedBy: string,
  { signalNumber, nowMs }: TransitionContext,
): { readonly active: Active; readonly to: Target; readonly started: Change } {
  const to = definition.steps[0]?.id ?? null;
  const run: WorkflowRun = {
    id: signalNumber,
    workflowId,
    version,
    name: definition.name,
    stepId: to ?? '',
    stepCount: 0,
    startedAt: nowMs,
    status: 'waiting',
    waiting: null,
    endedAt: null,
    endReason: null,
  };
  const started = traceRun(change, run, null, `Started by ${startedBy}.`);
  return { active: { run, steps: definition.steps }, to, started };
}

/** Resumes the run that waits, if it waits for this signal. An ignored signal starts no other run. */
function resume(
  change: Change,
  run: WorkflowRun,
  input: RunInput,
  context: TransitionContext,
): Change {
  const definition = context.setup.definitionOf(run.workflowId, run.version);
  const pending = definition === undefined ? null : findPending(run, definition);
  if (definition === undefined || pending === null) return finish(change, context, run, 'broken');
  if (!hasRoom(change)) return finish(change, context, run, 'step_limit');

  const contactInput = contactInputOf(input);
  const before = countBefore(change, run, input, context);
  const outcome: InputOutcome = matchAnswer(change, pending, input, { context, contactInput, run });
  const traced = traceRun(outcome.change, run, pending.step, outcome.what);
  switch (outcome.does) {
    case 'ignored':
      return traced;
    case 'wait':
      return keepWaiting(
        traced,
        context,
        withCount(run, countAfter(before, traced)),
        outcome.waiting,
      );
    case 'go': {
      const goesOn = keepLists({ ...run, waiting: null }, outcome);
      const active = { run: goesOn, steps: definition.steps };
      const meant =
        outcome.chosen === undefined ? contactInput : { ...contactInput, option: outcome.chosen };
      return proceed(
        traced,
        active,
        outcome.to,
        { contactInput: meant, messages: before },
        context,
      );
    }
  }
}

const keepLists = (
  run: WorkflowRun,
  { lists }: { readonly lists?: WorkflowRun['lists'] | undefined },
): WorkflowRun => (lists === undefined ? run : { ...run, lists });

function findPending(run: WorkflowRun, definition: WorkflowDefinition): PendingStep | null {
  const step = definition.steps.find(({ id }) => id === run.stepId);
  return step === undefined || run.waiting === null ? null : resolvePending(step, run.waiting);
}

/** The contact's input in this signal, and the messages that workflows sent before it. */
type SignalInput = { readonly contactInput: ContactInput; readonly messages: MessageCount };

/** Runs step after step. Terminates, because the steps of a signal are limited. */
function proceed(
  start: Change,
  first: Active,
  firstTarget: Target,
  { contactInput, messages }: SignalInput,
  context: TransitionContext,
): Change {
  let change = start;
  let active = first;
  let to = firstTarget;
  const alreadyRun = new Set([first.run.workflowId]);

  for (let stepsLeft = SIGNAL_STEPS_MAX; to !== null; stepsLeft -= 1) {
    const target: string = to;
    const step = active.steps.find(({ id }) => id === target);
    if (step === undefined) return finish(change, context, active.run, 'broken');
    const isSpent = stepsLeft === 0 || active.run.stepCount >= RUN_STEPS_MAX || !hasRoom(change);
    if (isSpent) return finish(change, context, active.run, 'step_limit');

    const run = { ...active.run, stepId: step.id, stepCount: active.run.stepCount + 1 };
    const wasClosed = change.conversation.state === 'closed';
    const outcome = runStep(change, step, { context, contactInput, run });
    const countNow = countAfter(messages, outcome.change);
    if (isFlood(countNow)) return finish(change, context, run, 'message_limit');
    change = traceRun(outcome.change, run, step, outcome.what);
    active = { ...active, run };

    if (outcome.does === 'go') {
      active = { ...active, run: keepLists(run, outcome) };
      to = outcome.to;
      continue;
    }
    if (outcome.does === 'wait') {
      return keepWaiting(change, context, withCount(run, countNow), outcome.waiting);
    }

    const successor =
      outcome.does === 'run'
        ? findCurrent(outcome.workflowId, run, context)
        : findFollower(change, wasClosed, alreadyRun, context);
    const handover = successor === null ? 'broken' : 'handed_on';
    change = finish(change, context, run, outcome.does === 'close' ? 'closed' : handover);
    if (successor === null) return change;
    alreadyRun.add(successor.workflow.workflowId);
    const next = begin(change, successor.workflow, successor.startedBy, context);
    ({ active, to, started: change } = next);
  }
  return finish(change, context, active.run, 'completed');
}

type Successor = { readonly workflow: WorkflowVersion; readonly startedBy: string };

function findCurrent(
  workflowId: number,
  from: WorkflowRun,
  { setup }: TransitionContext,
): Successor | null {
  const workflow = setup.workflows.find((one) => one.workflowId === workflowId);
  return workflow === undefined
    ? null
    : { workflow, startedBy: `the workflow ${quote(from.name)}` };
}

/** Finds the workflow that starts because this one closed the conversation. */
function findFollower(
  change: Change,
  wasClosed: boolean,
  alreadyRun: ReadonlySet<number>,
  context: TransitionContext,
): Successor | null {
  if (wasClosed) return null;
  const triggered = findTriggered(change, { kind: 'closed' }, context, alreadyRun);
  return triggered === null ? null : { workflow: triggered.workflow, startedBy: triggered.on };
}

/** Whether enough ids are left for all that one more step can create. */
function hasRoom({ parts, jobs, conversation }: Change): boolean {
  return (
    parts.length + jobs.length <= SIGNAL_EFFECTS_MAX &&
    conversation.eventCount + STEP_EVENTS_MAX <= eventSequenceMax
  );
}

const keepWaiting = (
  change: Change,
  context: TransitionContext,
  run: WorkflowRun,
  waiting: Waiting,
): Change => changeConversation(change, context, { run: { ...run, status: 'waiting', waiting } });

const endings: { readonly [Reason in EndReason]: string } = {
  completed: 'Completed.',
  closed: 'Ended: the conversation was closed.',
  taken_over: 'Ended: a teammate took over the conversation.',
  contact_gone: 'Ended: the contact was blocked or deleted.',
  handed_on: 'Ended: another workflow takes over.',
  step_limit: `Ended: more than ${SIGNAL_STEPS_MAX} steps in a row, or ${RUN_STEPS_MAX} in a run.`,
  message_limit:
    `Ended: it would have sent more than ${limits.runMessagesMax} messages at once ` +
    `(or ${limits.runMessagesUnansweredMax} without a reply).`,
  broken: 'Ended: the next step or workflow does not exist.',
};

function finish(
  change: Change,
  context: TransitionContext,
  run: WorkflowRun,
  reason: EndReason,
): Change {
  const ended: WorkflowRun = {
    ...run,
    status: 'ended',
    waiting: null,
    endedAt: context.nowMs,
    endReason: reason,
  };
  const traced = traceRun(change, run, null, endings[reason]);
  return changeConversation(traced, context, { run: ended });
}

/** Ends the run that waits, if there is one. */
export function endRun(change: Change, context: TransitionContext, reason: EndReason): Change {
  const { run } = change.conversation;
  if (run === null || run.status === 'ended') return change;
  if (run.waiting?.for !== 'webhook') return finish(change, context, run, reason);
  // The app shows that the bot is working while a call is in flight. A call that has not started is cancelled.
  const { jobId } = run.waiting;
  const silent = showTyping(change, context, null);
  const freed = { ...silent, finishedJobIds: [...silent.finishedJobIds, jobId] };
  return finish(freed, context, run, reason);
}

/** Whether a run can move to another version: the step it waits at must exist there, with the same kind. */
export const mayMove = (run: WorkflowRun, definition: WorkflowDefinition): boolean =>
  run.status === 'waiting' && findPending(run, definition) !== null;

/** Whether every offered button leads somewhere in the other version too. */
export function hasItsButtons(
  here: WorkflowDefinition,
  there: WorkflowDefinition,
  stepId: string,
): boolean {
  const optionsOf = ({ steps }: WorkflowDefinition): readonly string[] => {
    const step = steps.find(({ id }) => id === stepId);
    return step?.do === 'ask_quick_reply' ? step.options.map(({ id }) => id) : [];
  };
  if (isListed(here, stepId) !== isListed(there, stepId)) return false;
  const known = optionsOf(there);
  return optionsOf(here).every((id) => known.includes(id));
}

/** Whether the buttons of a step come from a list. */
const isListed = ({ steps }: WorkflowDefinition, stepId: string): boolean =>
  steps.some((step) => step.id === stepId && step.do === 'ask_quick_reply' && !!step.from);

/** Keeps the buttons that the contact sees, from the version that offered them. */
function offeredHere(
  here: WorkflowDefinition | undefined,
  { waiting, stepId }: WorkflowRun,
): { readonly offered?: readonly ListedOption[] } {
  const step = here?.steps.find(({ id }) => id === stepId);
  if (waiting?.for !== 'quick_reply' || step?.do !== 'ask_quick_reply' || step.from) return {};
  const shown = step.options.map(({ id, text }) => ({ id, text }));
  return { offered: waiting.offered ?? shown };
}

/** Moves the waiting run to another version of its workflow, time limit included; null if it cannot. */
export function moveRun(
  change: Change,
  context: TransitionContext,
  definition: WorkflowDefinition,
  version: number,
): Change | null {
  const { run } = change.conversation;
  const pending = run?.status === 'waiting' ? findPending(run, definition) : null;
  if (run === null || run.waiting === null || pending === null) return null;
  if (run.version === version) return change;
  const here = context.setup.definitionOf(run.workflowId, run.version);
  if (here !== undefined && !hasItsButtons(here, definition, run.stepId)) return null;
  const untilMs = waitsUntil(pending, run.waiting.sinceMs, context);
  const waiting = { ...run.waiting, ...offeredHere(here, run), untilMs };
  const moved = traceRun(change, run, pending.step, `Moved to version ${version}.`);
  return keepWaiting(moved, context, { ...run, version, name: definition.name }, waiting);
}
