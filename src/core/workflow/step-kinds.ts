// Every kind of step: how it is read from a file, what it does, and how a run that waits at it resumes. A kind that
// lacks a piece does not compile.

import type { Change } from '../conversation/change.ts';
import type { Step, StepKind, StepOf, StepWord } from './definition.ts';
import type { ReadingContext } from './parse/reading-context.ts';
import { readAskQuickReply } from './parse/steps/ask-quick-reply.ts';
import { readAssign } from './parse/steps/assign.ts';
import { readBranch } from './parse/steps/branch.ts';
import { readCallWebhook } from './parse/steps/call-webhook.ts';
import { readClose } from './parse/steps/close.ts';
import { readCollectAttribute } from './parse/steps/collect-attribute.ts';
import { readNote } from './parse/steps/note.ts';
import { readRunWorkflow } from './parse/steps/run-workflow.ts';
import { readSendMessage } from './parse/steps/send-message.ts';
import { readSetAttribute } from './parse/steps/set-attribute.ts';
import { readSnooze } from './parse/steps/snooze.ts';
import { readTag } from './parse/steps/tag.ts';
import { readWait } from './parse/steps/wait.ts';
import type { PendingKind, PendingKinds, Resumption } from './run/pending.ts';
import type { StepContext, StepOutcome } from './run/progress.ts';
import type { Waiting } from './run/run.ts';
import { pendingAskQuickReply, runAskQuickReply } from './steps/ask-quick-reply.ts';
import { runAssign } from './steps/assign.ts';
import { runBranch } from './steps/branch.ts';
import { pendingCallWebhook, runCallWebhook } from './steps/call-webhook.ts';
import { runClose } from './steps/close.ts';
import { pendingCollectAttribute, runCollectAttribute } from './steps/collect-attribute.ts';
import { runNote } from './steps/note.ts';
import { runRunWorkflow } from './steps/run-workflow.ts';
import { runSendMessage } from './steps/send-message.ts';
import { runSetAttribute } from './steps/set-attribute.ts';
import { runSnooze } from './steps/snooze.ts';
import { runTag } from './steps/tag.ts';
import { pendingWait, runWait } from './steps/wait.ts';
import { pendingWaitForMessage, runWaitForMessage } from './steps/wait-for-message.ts';
import { pendingWaitUntil, runWaitUntil } from './steps/wait-until.ts';

type StepKindEntry<Kind extends StepKind> = {
  /** Reads the step from a file; null: files write it as a form of another kind. */
  readonly read: Kind extends StepWord ? (context: ReadingContext) => Step : null;
  /** Runs the step once; returns where the run goes or what it waits for. */
  readonly run: (change: Change, step: StepOf<Kind>, stepContext: StepContext) => StepOutcome;
  /** How a run that waits here resumes; null: it never waits. */
  readonly pending: Kind extends keyof PendingKinds ? PendingKind<Kind> : null;
  /**
   * Whether a run stops here until the contact acts or time passes, so that a loop of steps may lead through it. A
   * webhook's response does not count: it comes at once, and a loop of calls would send messages as fast as the other
   * system responds.
   */
  readonly waits: boolean;
};

/** The kinds, in the order in which messages list them. */
export const stepKinds: { readonly [Kind in StepKind]: StepKindEntry<Kind> } = {
  send_message: { read: readSendMessage, run: runSendMessage, pending: null, waits: false },
  ask_quick_reply: {
    read: readAskQuickReply,
    run: runAskQuickReply,
    pending: pendingAskQuickReply,
    waits: true,
  },
  collect_attribute: {
    read: readCollectAttribute,
    run: runCollectAttribute,
    pending: pendingCollectAttribute,
    waits: true,
  },
  branch: { read: readBranch, run: runBranch, pending: null, waits: false },
  wait: { read: readWait, run: runWait, pending: pendingWait, waits: true },
  wait_until: { read: null, run: runWaitUntil, pending: pendingWaitUntil, waits: true },
  wait_for_message: {
    read: null,
    run: runWaitForMessage,
    pending: pendingWaitForMessage,
    waits: true,
  },
  set_attribute: { read: readSetAttribute, run: runSetAttribute, pending: null, waits: false },
  tag: { read: readTag, run: runTag, pending: null, waits: false },
  note: { read: readNote, run: runNote, pending: null, waits: false },
  assign: { read: readAssign, run: runAssign, pending: null, waits: false },
  close: { read: readClose, run: runClose, pending: null, waits: false },
  snooze: { read: readSnooze, run: runSnooze, pending: null, waits: false },
  call_webhook: {
    read: readCallWebhook,
    run: runCallWebhook,
    pending: pendingCallWebhook,
    waits: false,
  },
  run_workflow: { read: readRunWorkflow, run: runRunWorkflow, pending: null, waits: false },
};

/** The words for kinds of steps in files. */
export const stepWords: readonly StepWord[] = (Object.keys(stepKinds) as StepKind[]).filter(
  (kind): kind is StepWord => stepKinds[kind].read !== null,
);

/** The kinds at which a run stops until the contact acts or time passes. */
export const waitingWords: readonly StepWord[] = stepWords.filter((word) => stepKinds[word].waits);

/** Runs a step. */
export const runStep = <Kind extends StepKind>(
  change: Change,
  step: StepOf<Kind> & { readonly do: Kind },
  stepContext: StepContext,
): StepOutcome => stepKinds[step.do].run(change, step, stepContext);

/** Returns how a run that waits at a step resumes; null: no run waits at it. Pass it this same step. */
export const resumptionOf = (step: Step): Resumption<Step, Waiting> | null =>
  stepKinds[step.do].pending as Resumption<Step, Waiting> | null;
