// Applies the signals that are not events of the app: actions of teammates, timers, results of jobs, moves of runs.

import { assertNever, fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Admin } from '../model/model.ts';
import { advanceWorkflows, endRun, moveRun } from '../workflow/run/interpret.ts';
import { traceRun } from '../workflow/run/progress.ts';
import type { WorkflowRun } from '../workflow/run/run.ts';
import { type Change, changeConversation } from './change.ts';
import { addChoice, addContactReply, type OfferedOption } from './contact-reply.ts';
import {
  assign,
  changeTags,
  close,
  endSnooze,
  giveBack,
  noteAdminReply,
  offerQuickReplies,
  open,
  sendMessage,
  snooze,
  writeNote,
} from './effects.ts';
import { endContact, isMember, takeOverContact } from './members.ts';
import type { ConversationSignal, TeammateAction } from './signal.ts';
import type { Snapshot } from './snapshot.ts';
import type { TransitionContext } from './transition-context.ts';
import {
  changeParticipants,
  deleteConversation,
  redactPart,
  updateConversation,
} from './update-conversation.ts';

/** Applies a signal about a known conversation. */
export function applyConversationSignal(
  before: Change,
  signal: ConversationSignal,
  { offeredOption, joining, presentIds }: Snapshot,
  context: TransitionContext,
): Result<Change, ContractError> {
  switch (signal.kind) {
    case 'teammate': {
      const admin = context.setup.admins.get(signal.adminId);
      if (admin === undefined) return fail(apiError('adminNotFound', 'admin_id'));
      const { ifPartCount = before.conversation.partCount } = signal;
      const hasMoved = ifPartCount !== before.conversation.partCount;
      if (hasMoved) return fail(apiError('conversationMoved', 'seen_position'));
      return applyAction(before, admin, signal.action, context);
    }
    case 'contact_reply':
      return applyContactReply(before, signal, offeredOption, context);
    case 'update':
      return updateConversation(before, signal, context);
    case 'participants':
      return changeParticipants(before, signal, joining, context);
    case 'redact':
      return ok(redactPart(before, signal, context));
    case 'delete':
      return ok(deleteConversation(before, signal, context));
    case 'timer':
      return ok(applyTimer(before, context));
    case 'clock_corrected':
      return ok(correctWait(correctSnooze(before, signal, context), signal, context));
    case 'contact_merged':
      return ok(takeOverContact(before, signal, context));
    case 'give_back':
      return ok(giveBack(before, signal.adminId, context));
    case 'contact_gone':
      return ok(endContact(before, signal, presentIds, context));
    case 'job_finished': {
      const { jobId, outcome } = signal;
      const finished = { ...before, finishedJobIds: [...before.finishedJobIds, jobId] };
      const { run } = before.conversation;
      if (run?.status !== 'waiting') return ok(traceLateResponse(finished, run));
      return ok(advanceWorkflows(finished, { kind: 'job', jobId, outcome }, context));
    }
    case 'move_run':
      return applyMove(before, signal, context);
    default:
      return assertNever(signal);
  }
}

/** Traces a webhook's response that came after the run ended. It has no other effect. */
const traceLateResponse = (change: Change, run: WorkflowRun | null): Change =>
  run === null
    ? change
    : traceRun(change, run, null, 'Ignored a late response of a webhook: the run has ended.');

function applyContactReply(
  before: Change,
  { said, writtenAt, attachments }: ConversationSignal & { readonly kind: 'contact_reply' },
  option: OfferedOption | null,
  context: TransitionContext,
): Result<Change, ContractError> {
  if (!isMember(before.conversation, before.contact.id))
    return fail(apiError('conversationOfAnotherContact'));
  if (before.contact.blockedAt !== null) return fail(apiError('contactBlocked'));
  const back = { ...before, contact: { ...before.contact, archivedAt: null } };
  if ('optionId' in said) {
    if (option === null) return fail(apiError('optionNeverOffered', 'reply_options.0.uuid'));
    const { optionId } = said;
    const chosen = addChoice(back, context, optionId, option, { externalId: null, writtenAt });
    return ok(advanceWorkflows(chosen, { kind: 'option_chosen', optionId, ...option }, context));
  }
  const { body } = said;
  const words = { body, metadata: null, externalId: null, writtenAt, attachments };
  const received = addContactReply(back, context, words);
  return ok(advanceWorkflows(received, { kind: 'message', body }, context));
}

function applyTimer(before: Change, context: TransitionContext): Change {
  const { snoozedUntil } = before.conversation;
  const isOver = snoozedUntil !== null && snoozedUntil <= context.nowMs;
  const awake = isOver ? endSnooze(before, context) : before;
  const until = awake.conversation.run?.waiting?.untilMs ?? null;
  if (until === null || until > context.nowMs) return awake;
  return advanceWorkflows(awake, { kind: 'time' }, context);
}

type Correction = Extract<ConversationSignal, { readonly kind: 'clock_corrected' }>;

function correctSnooze(
  before: Change,
  { snooze: wrong }: Correction,
  context: TransitionContext,
): Change {
  const { state, snoozedUntil } = before.conversation;
  const isIt = state === 'snoozed' && snoozedUntil === wrong?.untilMs;
  if (!isIt || wrong.byMs === 0) return before;
  return changeConversation(before, context, { snoozedUntil: snoozedUntil + wrong.byMs });
}

function correctWait(
  before: Change,
  { wait: wrong }: Correction,
  context: TransitionContext,
): Change {
  const { run } = before.conversation;
  const waiting = run?.waiting ?? null;
  const isIt = run !== null && waiting !== null && waiting.sinceMs === wrong?.sinceMs;
  if (!isIt || waiting.untilMs === null || wrong.byMs === 0) return before;
  const sinceMs = waiting.sinceMs + wrong.byMs;
  const untilMs = waiting.untilMs + wrong.byMs;
  const traced = traceRun(
    before,
    run,
    null,
    'The clock was wrong when this wait began: its end was moved.',
  );
  return changeConversation(traced, context, {
    run: { ...run, waiting: { ...waiting, sinceMs, untilMs } },
  });
}

function applyMove(
  before: Change,
  { workflowId, version }: ConversationSignal & { readonly kind: 'move_run' },
  context: TransitionContext,
): Result<Change, ContractError> {
  const { run } = before.conversation;
  const definition = context.setup.definitionOf(workflowId, version);
  const mayMove = run?.status === 'waiting' && run.workflowId === workflowId;
  const moved =
    mayMove && definition !== undefined ? moveRun(before, context, definition, version) : null;
  return moved === null ? fail(apiError('runNotMovable')) : ok(moved);
}

function applyAction(
  before: Change,
  admin: Admin,
  action: TeammateAction,
  context: TransitionContext,
): Result<Change, ContractError> {
  switch (action.do) {
    case 'comment':
      return ok(sendMessage(takeOver(before, admin, context), context, admin, action.body, action));
    case 'quick_reply': {
      const held = takeOver(before, admin, context);
      const { body, options } = action;
      const offered = offerQuickReplies(held, context, admin, body, options, action);
      const kept = options.map(({ id, text }) => ({ optionId: id, text }));
      const change = { ...offered, offeredOptions: [...offered.offeredOptions, ...kept] };
      return ok(body === null ? change : noteAdminReply(change, context));
    }
    case 'note':
      return ok(writeNote(before, context, admin, action.body, action));
    case 'close':
      return ok(closeBy(before, admin, action.body, context));
    case 'snooze':
      if (action.untilMs <= context.nowMs)
        return fail(apiError('snoozeInThePast', 'snoozed_until'));
      return ok(snooze(before, context, admin, action.untilMs));
    case 'open':
      return ok(open(before, context, admin));
    case 'take_over':
      return ok(takeOverAndAssign(before, admin, context));
    case 'prioritize': {
      const { isPriority } = action;
      const isSame = before.conversation.isPriority === isPriority;
      return ok(isSame ? before : changeConversation(before, context, { isPriority }));
    }
    case 'tag': {
      const actor = { type: 'admin', id: String(admin.id) } as const;
      const { change, isTooMany } = changeTags(before, context, action.tags, actor);
      return isTooMany ? fail(apiError('tooManyTags')) : ok(change);
    }
    case 'assign': {
      const { to, body } = action;
      const people = to?.type === 'team' ? context.setup.teams : context.setup.admins;
      if (to !== null && !people.has(to.id))
        return fail(apiError('assigneeNotFound', 'assignee_id'));
      return ok(assign(before, context, admin, to, body));
    }
    default:
      return assertNever(action);
  }
}

/** Lets a teammate take the conversation over: the waiting run ends. */
function takeOver(before: Change, admin: Admin, context: TransitionContext): Change {
  const stopped = endRun(before, context, 'taken_over');
  return changeConversation(stopped, context, { heldByAdminId: admin.id });
}

/** Takes the conversation over without a word. A repeat changes nothing. */
function takeOverAndAssign(before: Change, admin: Admin, context: TransitionContext): Change {
  const { heldByAdminId, run } = before.conversation;
  const isHeld = heldByAdminId === admin.id && run?.status !== 'waiting';
  const held = isHeld ? before : takeOver(before, admin, context);
  return assign(held, context, admin, { type: 'admin', id: admin.id }, null);
}

function closeBy(
  before: Change,
  admin: Admin,
  body: string | null,
  context: TransitionContext,
): Change {
  // A repeated close only releases the conversation: a run that the first close started goes on.
  if (before.conversation.state === 'closed') return close(before, context, admin, body);
  const closed = close(endRun(before, context, 'closed'), context, admin, body);
  return advanceWorkflows(closed, { kind: 'closed' }, context);
}
