// Limits the messages of workflows: for one signal, within a minute, and in total while neither the contact nor a
// teammate replies. Counts only; the interpreter ends the run.

import { limits } from '../../../base/limits.ts';
import type { Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { RunInput } from './input.ts';
import type { MessageCount, WorkflowRun } from './run.ts';

/** The count of messages before this signal to which its own are added. */
export function countBefore(
  { conversation }: Change,
  { said }: WorkflowRun,
  { kind }: RunInput,
  { nowMs }: TransitionContext,
): MessageCount {
  const isOfPerson = kind !== 'time' && kind !== 'job';
  // A message that did not resume the run counts as a reply too.
  const isAnswered = said !== undefined && (conversation.lastContactReplyAt ?? 0) > said.sinceMs;
  if (said === undefined || isOfPerson || isAnswered)
    return { sinceMs: nowMs, lately: 0, inAll: 0 };
  const isLongAgo = nowMs - said.sinceMs >= limits.runMessagesWindowMs;
  return isLongAgo ? { ...said, sinceMs: nowMs, lately: 0 } : said;
}

/** Adds the messages that workflows have sent in this signal. */
export function countAfter({ sinceMs, lately, inAll }: MessageCount, change: Change): MessageCount {
  const count = messagesIn(change);
  return { sinceMs, lately: lately + count, inAll: inAll + count };
}

/** Whether the count exceeds a limit. */
export const isFlood = ({ lately, inAll }: MessageCount): boolean =>
  lately > limits.runMessagesMax || inAll > limits.runMessagesUnansweredMax;

/** Counts the messages of workflows to the contact; notes are for teammates. */
const messagesIn = ({ parts }: Change): number =>
  parts.filter(
    ({ author, partType, body }) =>
      author.type === 'bot' && partType !== 'note' && (partType === 'quick_reply' || body !== null),
  ).length;

/** Keeps the count with a run that waits; a run that sent nothing keeps none. */
export function withCount(run: WorkflowRun, said: MessageCount): WorkflowRun {
  const { said: _before, ...silent } = run;
  return said.inAll === 0 ? silent : { ...silent, said };
}
