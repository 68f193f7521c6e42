// A workflow run: the state of a conversation in a workflow. A conversation has one run at a time and keeps the last.

export type WorkflowRun = {
  /** The number of the signal that started it. */
  readonly id: number;
  readonly workflowId: number;
  readonly version: number;
  /** The workflow's name when the run began, for display. */
  readonly name: string;
  /** The step it waits at, or the last one it did. */
  readonly stepId: string;
  /** Steps done so far; limits.runStepsMax ends the run. */
  readonly stepCount: number;
  readonly startedAt: number;
  readonly status: 'waiting' | 'ended';
  readonly waiting: Waiting | null;
  readonly endedAt: number | null;
  readonly endReason: EndReason | null;
  /** The buttons of questions that take them from a list, by the ids of their steps. */
  readonly lists?: { readonly [stepId: string]: readonly ListedOption[] };
  /** Messages that this run and earlier ones sent since a person last acted; undefined: none. */
  readonly said?: MessageCount;
};

/** A count of messages: since `sinceMs` (`lately`), and in total (`inAll`). */
export type MessageCount = {
  readonly sinceMs: number;
  readonly lately: number;
  readonly inAll: number;
};

/** An entry of a list, as a button. */
export type ListedOption = { readonly id: string; readonly text: string };

/**
 *   completed     it reached its end
 *   closed        the conversation was closed
 *   taken_over    a teammate replied
 *   contact_gone  the contact was blocked or deleted, and others go on with the conversation
 *   handed_on     a step ran another workflow
 *   step_limit    it exceeded the steps of a run or a signal
 *   message_limit it would have exceeded the messages of workflows
 *   broken        its version lacks the step, or the workflow no longer exists
 */
export type EndReason =
  | 'completed'
  | 'closed'
  | 'taken_over'
  | 'contact_gone'
  | 'handed_on'
  | 'step_limit'
  | 'message_limit'
  | 'broken';

/** The wait of a run. `untilMs`: the time at which it ends by itself; null: never. */
export type Waiting = { readonly sinceMs: number; readonly untilMs: number | null } & (
  | {
      readonly for: 'quick_reply';
      readonly promptPosition: number;
      /** The buttons as offered, unless the step itself defines them. */
      readonly offered?: readonly ListedOption[];
    }
  | { readonly for: 'attribute'; readonly attribute: string; readonly attempt: number }
  | { readonly for: 'message' }
  | { readonly for: 'time' }
  | { readonly for: 'webhook'; readonly jobId: number }
);

/** One line of the trace: what a step did, and why. */
export type TraceEntry = {
  readonly runId: number;
  readonly workflow: string;
  readonly version: number;
  /** Null: the entry concerns the whole run. */
  readonly step: string | null;
  /** The kind of step, or `run`. */
  readonly do: string;
  /** A sentence for people. */
  readonly what: string;
};
