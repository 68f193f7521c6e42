// Finds the workflow that a signal starts: the first in the workspace's order whose trigger, channels and condition
// match.

import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { TriggerKind, WorkflowVersion } from '../definition.ts';
import { factsOf, holdsFor } from './facts.ts';
import { contactInputOf, type RunInput } from './input.ts';

const triggerOf: { readonly [Kind in RunInput['kind']]: TriggerKind | null } = {
  created: 'new_conversation',
  message: 'new_message',
  option_chosen: 'quick_reply_selected',
  attribute: 'attribute_collected',
  closed: 'conversation_closed',
  time: null,
  job: null,
};

export type Triggered = { readonly workflow: WorkflowVersion; readonly on: TriggerKind };

/**
 * Finds the workflow to start. None while a teammate holds the conversation.
 * @param except workflows that have already run in this signal.
 */
export function findTriggered(
  change: Change,
  input: RunInput,
  context: TransitionContext,
  except: ReadonlySet<number>,
): Triggered | null {
  const on = triggerOf[input.kind];
  if (on === null || change.conversation.heldByAdminId !== null) return null;
  const candidates = context.setup.workflows.filter(
    ({ workflowId, definition: { trigger } }) =>
      trigger.on === on &&
      (trigger.channelIds === null || trigger.channelIds.includes(context.channel.id)) &&
      !except.has(workflowId),
  );
  if (candidates.length === 0) return null;
  const facts = factsOf(change, context, contactInputOf(input));
  const workflow = candidates.find(
    ({ definition: { when } }) => when === null || holdsFor(when, facts),
  );
  return workflow === undefined ? null : { workflow, on };
}
