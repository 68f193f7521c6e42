// Completes webhook steps once all steps of a workflow are read: which saved values other steps need, and which call's
// response provides the buttons of a question.

import type { Path } from '../../../base/text-files/field-reader.ts';
import type { Step } from '../definition.ts';
import type { Finding } from './reading-context.ts';
import { mayRead, stepsFrom } from './step-reach.ts';

type CallStep = Extract<Step, { readonly do: 'call_webhook' }>;
type AskStep = Extract<Step, { readonly do: 'ask_quick_reply' }>;

/** The most questions with buttons from a response: each stores a list in the conversation's row. */
const LIST_QUESTIONS_MAX = 5;

/** A step with its position in the file. */
export type StepPosition = {
  readonly path: Path;
  readonly has: (key: string) => boolean;
};

export type SettledSteps = {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
};

/** Completes the steps. @param positionOf finds a step in the file. */
export function settleWebhooks(
  steps: readonly Step[],
  positionOf: (id: string) => StepPosition,
): SettledSteps {
  const findings: Finding[] = [];
  const isListed = (step: Step) => step.do === 'ask_quick_reply' && step.from !== undefined;
  for (const { id } of steps.filter(isListed).slice(LIST_QUESTIONS_MAX)) {
    const reason = `is one question too many whose buttons come from a list`;
    const remedy = `ask at most ${LIST_QUESTIONS_MAX} of them in a workflow`;
    findings.push({ step: id, path: [...positionOf(id).path, 'options_from'], reason, remedy });
  }
  const settled = steps.map((step): Step => {
    if (step.do === 'call_webhook') {
      return settleSaved(step, steps, positionOf(step.id), (one) => findings.push(one));
    }
    if (step.do === 'ask_quick_reply' && step.from !== undefined) {
      return settleSource(step, steps, positionOf(step.id), (one) => findings.push(one));
    }
    return step;
  });
  return { steps: settled, findings };
}

/** Marks the values that a later step may read as required, unless the file says otherwise. */
function settleSaved(
  step: CallStep,
  steps: readonly Step[],
  place: StepPosition,
  report: (finding: Finding) => void,
): CallStep {
  if (step.save.length === 0) return step;
  const later = stepsFrom(step.next, steps);
  const save = step.save.map(({ attribute, pointer, required }) => {
    const isNeeded = required ?? later.some((one) => mayRead(one, attribute));
    return { attribute, pointer, ...(isNeeded ? { required: true } : {}) };
  });
  const needed = save.find(({ required }) => required === true);
  if (needed !== undefined && !place.has('failed')) {
    report({
      step: step.id,
      path: place.path,
      reason: `has no \`failed\`: without "${needed.attribute}", the run goes on as if it were there`,
      remedy: 'add `failed:` with a step that does without it, or `required: false` to the value',
      isWarning: true,
    });
  }
  return { ...step, save };
}

/** Finds the call whose response a question needs: the one it names, else the only one that leads to it. */
function settleSource(
  step: AskStep,
  steps: readonly Step[],
  place: StepPosition,
  report: (finding: Finding) => void,
): AskStep {
  const from = step.from!;
  const calls = steps.filter(
    (one) =>
      one.do === 'call_webhook' && stepsFrom(one.next, steps).some(({ id }) => id === step.id),
  );
  const names = calls.map(({ id }) => id);
  if (from.call !== '' && names.includes(from.call)) return step;
  const [only] = names;
  if (from.call === '' && only !== undefined && names.length === 1) {
    return { ...step, from: { ...from, call: only } };
  }
  const path = [...place.path, 'options_from'];
  report({ step: step.id, ...sourceFault(from.call, names, path) });
  return step;
}

/** Explains why the call of a question is unclear. @param names the calls that lead to the question. */
function sourceFault(call: string, names: readonly string[], path: Path): Omit<Finding, 'step'> {
  if (call !== '') {
    return {
      path: [...path, 'call'],
      reason: `names "${call}", which is no call_webhook that leads here`,
      remedy: names.length === 0 ? 'put one before it' : `there is: ${names.join(', ')}`,
    };
  }
  if (names.length === 0) {
    return { path, reason: 'has no call_webhook before it', remedy: 'put one before it' };
  }
  return {
    path,
    reason: `can come from several calls: ${names.join(', ')}`,
    remedy: 'name one: `options_from: { call: …, list: … }`',
  };
}
