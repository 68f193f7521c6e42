// How a run that waits at a step goes on: what each kind of step that waits must say.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { StepKind, StepOf, TimeLimit } from '../definition.ts';
import type { RunInput } from './input.ts';
import { type InputOutcome, type StepContext, timeAfter } from './progress.ts';
import type { Waiting } from './run.ts';

export type WaitingFor<For extends Waiting['for']> = Extract<Waiting, { readonly for: For }>;

/** The kinds of steps that wait, and what each waits for. */
export type PendingKinds = {
  readonly ask_quick_reply: 'quick_reply';
  readonly collect_attribute: 'attribute';
  readonly wait: 'time';
  readonly wait_until: 'time';
  readonly wait_for_message: 'message';
  readonly call_webhook: 'webhook';
};

/** How a run that waits at a step of one kind goes on. */
export type PendingKind<Kind extends keyof PendingKinds & StepKind> = Resumption<
  StepOf<Kind>,
  WaitingFor<PendingKinds[Kind]>
>;

export type Resumption<OneStep, OneWaiting extends Waiting> = {
  readonly waitsFor: OneWaiting['for'];
  /** Whether a step, perhaps of another version, is the one that the run waits at; undefined: always. */
  readonly isFor?: (step: OneStep, waiting: OneWaiting) => boolean;
  /** When a wait that began at `sinceMs` ends by itself; null: never. */
  readonly untilMs: (step: OneStep, sinceMs: number, context: TransitionContext) => number | null;
  /** Takes any input but time. */
  readonly take: (
    change: Change,
    step: OneStep,
    waiting: OneWaiting,
    input: RunInput,
    stepContext: StepContext,
  ) => InputOutcome;
  /** Goes on because the time is up; null: this version of the step has no time limit. */
  readonly expire: (
    change: Change,
    step: OneStep,
    waiting: OneWaiting,
    stepContext: StepContext,
  ) => InputOutcome | null;
};

type Limited = { readonly timeout: TimeLimit | null };

/** When the `timeout` of a step is up. */
export const limitEnd = ({ timeout }: Limited, sinceMs: number): number | null =>
  timeout === null ? null : timeAfter(sinceMs, timeout.afterMs);

/** Goes where the `timeout` of a step leads. */
export const expireAtLimit = (change: Change, { timeout }: Limited): InputOutcome | null =>
  timeout === null ? null : { change, what: 'Nothing came in time.', does: 'go', to: timeout.next };
