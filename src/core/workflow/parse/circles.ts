// Finds workflows that start each other, or themselves, in a circle without ever waiting for the contact or a time:
// they would send messages without end. Looks at all current workflows together.

import type { Step, Target, WorkflowDefinition } from '../definition.ts';
import type { Finding } from './reading-context.ts';

/** A workflow that others may start. */
export type CurrentWorkflow = {
  readonly workflowId: number;
  readonly definition: WorkflowDefinition;
};

/** A step that starts a workflow: by running it, or by closing the conversation, which triggers it. */
type Start = {
  readonly from: CurrentWorkflow;
  readonly step: Step;
  readonly to: CurrentWorkflow;
};

/** Starts of workflows that lead back to the first one. */
export type Circle = readonly Start[];

/** Finds circles without a wait; a workflow is in one of them at most. */
export function circlesWithoutWait(workflows: readonly CurrentWorkflow[]): readonly Circle[] {
  const reported = new Set<number>();
  return findCircles(workflows).filter((circle) => {
    const ids = circle.map(({ from }) => from.workflowId);
    const isNew = !ids.some((id) => reported.has(id));
    for (const id of ids) reported.add(id);
    return isNew;
  });
}

/** Returns the circle that a workflow is in, beginning with it; undefined: none. */
export const circleThrough = (
  workflows: readonly CurrentWorkflow[],
  workflowId: number,
): Circle | undefined =>
  circlesWithoutWait(workflows)
    .map((circle) => {
      const start = circle.findIndex(({ from }) => from.workflowId === workflowId);
      return start === -1 ? undefined : [...circle.slice(start), ...circle.slice(0, start)];
    })
    .find((circle) => circle !== undefined);

/** Shows a circle as `LA -> LB -> LA`. */
export const showCircle = (circle: Circle): string =>
  [...circle, ...circle.slice(0, 1)].map(({ from }) => from.definition.name).join(' -> ');

/**
 * Finds the circles of all channels together. That is exact: a step that closes the conversations of one channel closes
 * those of any other too, so each workflow of a circle is also in a circle of its own channel.
 */
function findCircles(workflows: readonly CurrentWorkflow[]): readonly Circle[] {
  const byId = new Map(workflows.map((one) => [one.workflowId, one]));
  const onClose = workflows.filter(
    ({ definition: { trigger } }) => trigger.on === 'conversation_closed',
  );
  // One step per started workflow is enough.
  const startsOf = (from: CurrentWorkflow): Iterable<Start> => {
    const starts = new Map<CurrentWorkflow, Start>();
    const note = (step: Step, to: CurrentWorkflow | undefined) => {
      if (to !== undefined && !starts.has(to)) starts.set(to, { from, step, to });
    };
    const steps = stepsBeforeWaiting(from.definition);
    const closing = steps.find((step) => step.do === 'close');
    for (const step of steps) {
      if (step === closing) for (const to of onClose) note(step, to);
      else if (step.do === 'run_workflow') note(step, byId.get(step.workflowId));
    }
    return starts.values();
  };
  const circles: Circle[] = [];
  const done = new Set<number>();
  const visit = (workflow: CurrentWorkflow, trail: Circle): void => {
    const start = trail.findIndex(({ from }) => from.workflowId === workflow.workflowId);
    if (start !== -1) {
      circles.push(trail.slice(start));
      return;
    }
    if (done.has(workflow.workflowId)) return;
    for (const one of startsOf(workflow)) visit(one.to, [...trail, one]);
    done.add(workflow.workflowId);
  };
  for (const workflow of workflows) visit(workflow, []);
  return circles;
}

/** Lists the steps that a run reaches before it waits for the contact or a time. */
function stepsBeforeWaiting({ steps }: WorkflowDefinition): readonly Step[] {
  const stepOf = new Map(steps.map((step) => [step.id, step]));
  const reached = new Map<string, Step>();
  const next = steps.slice(0, 1);
  for (let step = next.pop(); step !== undefined; step = next.pop()) {
    if (reached.has(step.id)) continue;
    reached.set(step.id, step);
    for (const target of targetsAtOnce(step)) {
      const to = target === null ? undefined : stepOf.get(target);
      if (to !== undefined) next.push(to);
    }
  }
  return [...reached.values()];
}

/**
 * Lists the targets of a step that need neither the contact nor a time; a webhook's response counts as immediate.
 */
function targetsAtOnce(step: Step): readonly Target[] {
  switch (step.do) {
    case 'ask_quick_reply':
      // With an empty list nothing is asked.
      return step.from === undefined ? [] : [step.from.empty];
    case 'collect_attribute':
    case 'wait':
    case 'wait_until':
    case 'wait_for_message':
    case 'close':
    case 'run_workflow':
      return [];
    case 'branch':
      return [...step.cases.map(({ next }) => next), step.otherwise];
    case 'call_webhook':
      return [step.next, step.failed];
    default:
      return [step.next];
  }
}

/** Reports a circle as a finding about its first step. */
export function circleFinding(circle: Circle): Finding {
  const { from, step } = circle[0]!;
  const index = from.definition.steps.findIndex(({ id }) => id === step.id);
  const isClose = step.do === 'close';
  const starts = isClose ? 'closes the conversation, which starts' : 'starts';
  return {
    step: step.id,
    path: ['steps', index, ...(isClose ? [] : ['workflow'])],
    reason: `${starts} workflows in a circle without waiting for the contact: ${showCircle(circle)}`,
    remedy: `let one of them wait for the contact or a time: ask_quick_reply, collect_attribute, wait`,
  };
}
