// How a run that waits at a step resumes: what each kind of waiting step must define.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { StepKind, StepOf, TimeLimit } from '../definition.ts';
import type { RunInput } from './input.ts';
import { type InputOutcome, type StepContext, timeAfter } from './progress.ts';
import type { Waiting } from './run.ts';

export type WaitingFor<For extends Waiting['for']> = Extract<Waiting, { readonly for: For }>;

/** The kinds of waiting steps, and what each waits for. */
export type PendingKinds = {
  readonly ask_quick_reply: 'quick_reply';
  readonly collect_attribute: 'attribute';
  readonly wait: 'time';
  readonly wait_until: 'time';
  readonly wait_for_message: 'message';
  readonly call_webhook: 'webhook';
};

/** How a run that waits at a step of one kind resumes. */
export type PendingKind<Kind extends keyof PendingKinds & StepKind> = Resumption<
  StepOf<Kind>,
  WaitingFor<PendingKinds[Kind]>
>;

export type Resumption<OneStep, OneWaiting extends Waiting> = {
  readonly waitsFor: OneWaiting['for'];
  /** Whether a step, perhaps of another version, is the one at which the run waits; undefined: always. */
  readonly isFor?: (step: OneStep, waiting: OneWaiting) => boolean;
  /** Returns when a wait that began at `sinceMs` ends by itself; null: never. */
  readonly untilMs: (step: OneStep, sinceMs: number, context: TransitionContext) => number | null;
  /** Handles any input but time. */
  readonly take: (
    change: Change,
    step: OneStep,
    waiting: OneWaiting,
    input: RunInput,
    stepContext: StepContext,
  ) => InputOutcome;
  /** Continues when the time is up; null: this version of the step has no time limit. */
  readonly expire: (
    change: Change,
    step: OneStep,
    waiting: OneWaiting,
    stepContext: StepContext,
  ) => InputOutcome | null;
};

type Limited = { readonly timeout: TimeLimit | null };

/** Returns when the `timeout` of a step is up. */
export const limitEnd = ({ timeout }: Limited, sinceMs: number): number | null =>
  timeout === null ? null : timeAfter(sinceMs, timeout.afterMs);

/** Continues where the `timeout` of a step leads. */
export const expireAtLimit = (change: Change, { timeout }: Limited): InputOutcome | null =>
  timeout === null ? null : { change, what: 'Nothing came in time.', does: 'go', to: timeout.next };
