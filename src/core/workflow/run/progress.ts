// The types and helpers that steps and the interpreter share: the outcome of a step, the trace of a run, and the texts
// of a step.

import { shorten } from '../../../base/characters.ts';
import { addTrace, type Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Target } from '../definition.ts';
import { renderTemplate } from '../template/template.ts';
import type { TimeForm } from '../template/time-value.ts';
import { type TemplateValues, templateValues } from '../template/values.ts';
import { type ContactInput, factsOf } from './facts.ts';
import type { RunInput } from './input.ts';
import type { Waiting, WorkflowRun } from './run.ts';

/** The context in which a step runs. */
export type StepContext = {
  readonly context: TransitionContext;
  readonly contactInput: ContactInput;
  readonly run: WorkflowRun;
};

/** The outcome of a step: the conversation afterwards, a sentence for the trace, and how the run goes on. */
export type StepOutcome = { readonly change: Change; readonly what: string } & (
  | {
      readonly does: 'go';
      readonly to: Target;
      /** The new lists that the run keeps for its questions; undefined: unchanged. */
      readonly lists?: WorkflowRun['lists'];
      /** The button that the contact's text means, for the steps that follow. */
      readonly chosen?: { readonly id: string; readonly text: string };
    }
  | { readonly does: 'wait'; readonly waiting: Waiting }
  /** The conversation was closed, and the run with it. */
  | { readonly does: 'close' }
  | { readonly does: 'run'; readonly workflowId: number }
);

/** The outcome of an input to a waiting run; `ignored`: the run does not wait for it. */
export type InputOutcome =
  | (StepOutcome & { readonly does: 'go' | 'wait' })
  | { readonly change: Change; readonly what: string; readonly does: 'ignored' };

/** Continues with the next step. */
export const goOn = (
  change: Change,
  step: { readonly next: Target },
  what: string,
): StepOutcome => ({ change, what, does: 'go', to: step.next });

/** Leaves the run where it waits; the trace says why. */
export const ignored = (change: Change, input: RunInput): InputOutcome => ({
  change,
  what: whyIgnored(input),
  does: 'ignored',
});

function whyIgnored(input: RunInput): string {
  switch (input.kind) {
    case 'created':
    case 'closed':
      return `Ignored: it does not wait for a conversation to be ${input.kind}.`;
    case 'message':
      return 'Ignored a message: the run does not wait for one.';
    case 'option_chosen':
      return `Ignored: ${quote(input.text)} is not a button of the present question.`;
    case 'attribute':
      return `Ignored: it does not wait for ${quote(input.id)}.`;
    case 'time':
      return 'Ignored: its time has not come.';
    case 'job':
      return 'Ignored a late response of a call: the run does not wait for that call.';
  }
}

/** The latest time that a Date can represent. */
const TIME_MAX_MS = 8.64e15;

/** Adds a duration to a time, up to the latest time of a Date. */
export const timeAfter = (sinceMs: number, durationMs: number): number =>
  Math.min(sinceMs + durationMs, TIME_MAX_MS);

/** Adds a line about a step, or about the run as a whole. */
export const traceRun = (
  change: Change,
  run: WorkflowRun,
  step: { readonly id: string; readonly do: string } | null,
  what: string,
): Change =>
  addTrace(change, {
    runId: run.id,
    workflow: run.name,
    version: run.version,
    step: step?.id ?? null,
    do: step?.do ?? 'run',
    what,
  });

/** The most characters of all texts of one step together. */
const STEP_CHARACTERS_MAX = 1_000_000;

/** Renders the texts of one step and collects their errors. */
export class StepTexts {
  readonly #change: Change;
  readonly #stepContext: StepContext;
  readonly #form: TimeForm;
  #values: TemplateValues | null = null;
  readonly #faults: string[] = [];
  #charactersLeft = STEP_CHARACTERS_MAX;

  /** @param form how times are written out. */
  constructor(change: Change, stepContext: StepContext, form: TimeForm = 'for_people') {
    this.#change = change;
    this.#stepContext = stepContext;
    this.#form = form;
  }

  /** Renders a template and trims it: a block of YAML ends with an unintended line break. */
  render(template: string): string {
    if (this.isSpent()) return '';
    const { text, fault } = renderTemplate(template, () => this.#valuesOnce());
    this.#charactersLeft -= text.length;
    if (fault !== null) this.#faults.push(fault);
    return text.trim();
  }

  /** Creates the values at first use: most texts need none. */
  #valuesOnce(): TemplateValues {
    const { context, contactInput } = this.#stepContext;
    this.#values ??= templateValues(
      factsOf(this.#change, context, contactInput),
      context.setup.dataAttributes,
      this.#form,
    );
    return this.#values;
  }

  /** Whether a text had an error, so that it is not what its author meant. */
  hasFailed(): boolean {
    return this.#faults.length > 0 || this.isSpent();
  }

  /** Whether the texts together were too long; further ones are empty. */
  isSpent(): boolean {
    return this.#charactersLeft < 0;
  }

  /** Appends the errors to the sentence of a step. */
  explain(what: string): string {
    return this.#faults.length === 0 ? what : `${what} Template: ${this.#faults.join('; ')}.`;
  }
}

const QUOTE_CHARACTERS_MAX = 80;

/** Quotes a text in a sentence of the trace, shortened. */
export const quote = (text: string): string => `“${shorten(text, QUOTE_CHARACTERS_MAX)}”`;

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Writes a duration as workflow files do: `90s`, `24h`. */
export function describeDuration(ms: number): string {
  const unit = units.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
