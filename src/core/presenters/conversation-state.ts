// The workflow state of a conversation as the wire shows it: what its run waits for, which teammate holds it, and when
// its timer fires.

import type { WorkspaceSetup } from '../conversation/transition-context.ts';
import type { Conversation } from '../model/model.ts';
import type { Waiting, WorkflowRun } from '../workflow/run/run.ts';
import { seconds, secondsOrNull } from './seconds.ts';

export type StateView = {
  readonly conversation: Conversation;
  /** The buttons that the run waits for. */
  readonly options: readonly { readonly text: string; readonly uuid: string }[];
  readonly setup: Pick<WorkspaceSetup, 'admins'>;
  /** Time of the next attempt of a failed webhook call; null: none is scheduled. */
  readonly nextTryAt: number | null;
};

export function presentState(view: StateView): object {
  const { conversation } = view;
  const { run } = conversation;
  return {
    type: 'conversation_state',
    conversation_id: String(conversation.id),
    external_conversation_id: conversation.externalId,
    state: stateOf(conversation),
    waiting: run?.waiting ? presentWaiting(run.waiting, view) : null,
    workflow: run === null ? null : presentRun(run),
    held_by: presentHolder(view),
    next_timer: presentTimer(conversation, view.nextTryAt),
  };
}

/** Returns the state: a run that calls a webhook is running, any other waits; without a run, idle or closed. */
function stateOf({ run, state }: Conversation): string {
  if (run?.waiting) return run.waiting.for === 'webhook' ? 'running' : 'waiting';
  return state === 'closed' ? 'closed' : 'idle';
}

function presentWaiting(waiting: Waiting, { options }: StateView): object {
  const times = { since: seconds(waiting.sinceMs), until: secondsOrNull(waiting.untilMs) };
  switch (waiting.for) {
    case 'quick_reply':
      return {
        for: waiting.for,
        ...times,
        options: options.map(({ text, uuid }) => ({ id: uuid, text })),
      };
    case 'attribute':
      return {
        for: waiting.for,
        ...times,
        attribute: waiting.attribute,
        attempt: waiting.attempt,
      };
    default:
      return { for: waiting.for, ...times };
  }
}

const presentRun = (run: WorkflowRun): object => ({
  id: String(run.workflowId),
  run_id: String(run.id),
  name: run.name,
  version: run.version,
  step: run.stepId === '' ? null : run.stepId,
  started_at: seconds(run.startedAt),
  steps_done: run.stepCount,
  ended_at: secondsOrNull(run.endedAt),
  end_reason: run.endReason,
});

function presentHolder({ conversation, setup }: StateView): object {
  const { heldByAdminId, run } = conversation;
  if (heldByAdminId !== null) {
    const name = setup.admins.get(heldByAdminId)?.name ?? null;
    return { type: 'admin', id: String(heldByAdminId), name };
  }
  return run?.waiting
    ? { type: 'workflow', id: String(run.workflowId), name: run.name }
    : { type: 'nobody', id: null, name: null };
}

/** Presents the earlier of a call's next attempt and the conversation's own timer. */
function presentTimer({ wakeAt, run }: Conversation, nextTryAt: number | null): object | null {
  if (nextTryAt !== null && (wakeAt === null || nextTryAt < wakeAt)) {
    return { at: seconds(nextTryAt), for: 'webhook' };
  }
  if (wakeAt === null) return null;
  return { at: seconds(wakeAt), for: run?.waiting?.untilMs === wakeAt ? 'workflow' : 'snooze' };
}
