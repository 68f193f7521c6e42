// What signals do that are not events of the app: a teammate acts, a timer fires, a job ends, an operator moves a run.

import { assertNever, fail, ok, type Result } from '../../base/result.ts';
import { type ContractError, refuse } from '../../contract/errors.ts';
import type { Admin } from '../model/model.ts';
import { advanceWorkflows, endRun, moveRun } from '../workflow/run/interpret.ts';
import { traceRun } from '../workflow/run/progress.ts';
import type { WorkflowRun } from '../workflow/run/run.ts';
import { type Change, changeConversation } from './change.ts';
import { receive } from './contact-reply.ts';
import {
  assign,
  close,
  endSnooze,
  noteAdminReply,
  offerQuickReplies,
  open,
  sendMessage,
  snooze,
  writeNote,
} from './effects.ts';
import { isMember } from './resolve-conversation.ts';
import type { ConversationSignal, TeammateAction } from './signal.ts';
import type { World } from './transition-context.ts';

/** Applies a signal about a known conversation. */
export function applyConversationSignal(
  before: Change,
  signal: ConversationSignal,
  world: World,
): Result<Change, ContractError> {
  switch (signal.kind) {
    case 'teammate': {
      const admin = world.setup.admins.get(signal.adminId);
      if (admin === undefined) return fail(refuse('adminNotFound', 'admin_id'));
      return applyAction(before, admin, signal.action, world);
    }
    case 'contact_reply':
      return applyContactReply(before, signal, world);
    case 'timer':
      return ok(applyTimer(before, world));
    case 'clock_corrected':
      return ok(correctWait(correctSnooze(before, signal, world), signal, world));
    case 'job_finished': {
      const { jobId, outcome } = signal;
      const finished = { ...before, finishedJobIds: [...before.finishedJobIds, jobId] };
      const { run } = before.conversation;
      if (run?.status !== 'waiting') return ok(refuseLate(finished, run));
      return ok(advanceWorkflows(finished, { kind: 'job', jobId, outcome }, world));
    }
    case 'move_run':
      return applyMove(before, signal, world);
    default:
      return assertNever(signal);
  }
}

/** The run has ended since: what the webhook says counts no more. */
const refuseLate = (change: Change, run: WorkflowRun | null): Change =>
  run === null
    ? change
    : traceRun(change, run, null, 'A late answer of a webhook was refused: the run has ended.');

function applyContactReply(
  before: Change,
  { contactId, body }: ConversationSignal & { readonly kind: 'contact_reply' },
  world: World,
): Result<Change, ContractError> {
  const isTheirs = isMember(before.conversation, contactId) && before.contact.id === contactId;
  if (!isTheirs) return fail(refuse('conversationOfAnotherContact'));
  if (before.contact.blockedAt !== null) return fail(refuse('contactBlocked'));
  const back = { ...before, contact: { ...before.contact, archivedAt: null } };
  const received = receive(back, world, { body, metadata: null, externalId: null });
  return ok(advanceWorkflows(received, { kind: 'message', body }, world));
}

function applyTimer(before: Change, world: World): Change {
  const { snoozedUntil } = before.conversation;
  const isOver = snoozedUntil !== null && snoozedUntil <= world.nowMs;
  const awake = isOver ? endSnooze(before, world) : before;
  const until = awake.conversation.run?.waiting?.untilMs ?? null;
  if (until === null || until > world.nowMs) return awake;
  return advanceWorkflows(awake, { kind: 'time' }, world);
}

type Correction = Extract<ConversationSignal, { readonly kind: 'clock_corrected' }>;

function correctSnooze(before: Change, { snooze: wrong }: Correction, world: World): Change {
  const { state, snoozedUntil } = before.conversation;
  const isIt = state === 'snoozed' && snoozedUntil === wrong?.untilMs;
  if (!isIt || wrong.byMs === 0) return before;
  return changeConversation(before, world, { snoozedUntil: snoozedUntil + wrong.byMs });
}

function correctWait(before: Change, { wait: wrong }: Correction, world: World): Change {
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
  return changeConversation(traced, world, {
    run: { ...run, waiting: { ...waiting, sinceMs, untilMs } },
  });
}

function applyMove(
  before: Change,
  { workflowId, version }: ConversationSignal & { readonly kind: 'move_run' },
  world: World,
): Result<Change, ContractError> {
  const { run } = before.conversation;
  const definition = world.setup.definitionOf(workflowId, version);
  const mayMove = run?.status === 'waiting' && run.workflowId === workflowId;
  const moved =
    mayMove && definition !== undefined ? moveRun(before, world, definition, version) : null;
  return moved === null ? fail(refuse('runNotMovable')) : ok(moved);
}

function applyAction(
  before: Change,
  admin: Admin,
  action: TeammateAction,
  world: World,
): Result<Change, ContractError> {
  switch (action.do) {
    case 'comment':
      return ok(sendMessage(takeOver(before, admin, world), world, admin, action.body));
    case 'quick_reply': {
      const held = takeOver(before, admin, world);
      const offered = offerQuickReplies(held, world, admin, action.body, action.options);
      const kept = action.options.map(({ id, text }) => ({ optionId: id, text }));
      const change = { ...offered, offeredOptions: [...offered.offeredOptions, ...kept] };
      return ok(action.body === null ? change : noteAdminReply(change, world));
    }
    case 'note':
      return ok(writeNote(before, world, admin, action.body));
    case 'close':
      return ok(closeBy(before, admin, action.body, world));
    case 'snooze':
      if (action.untilMs <= world.nowMs) return fail(refuse('snoozeInThePast', 'snoozed_until'));
      return ok(snooze(before, world, admin, action.untilMs));
    case 'open':
      return ok(open(before, world, admin));
    case 'assign': {
      const { to, body } = action;
      const people = to?.type === 'team' ? world.setup.teams : world.setup.admins;
      if (to !== null && !people.has(to.id)) return fail(refuse('assigneeNotFound', 'assignee_id'));
      return ok(assign(before, world, admin, to, body));
    }
    default:
      return assertNever(action);
  }
}

/** A teammate's reply takes the conversation over: what the workflow does comes too late from here on. */
function takeOver(before: Change, admin: Admin, world: World): Change {
  const stopped = endRun(before, world, 'taken_over');
  return changeConversation(stopped, world, { heldByAdminId: admin.id });
}

function closeBy(before: Change, admin: Admin, body: string | null, world: World): Change {
  // Said again, it only releases: what began when it was closed first goes on.
  if (before.conversation.state === 'closed') return close(before, world, admin, body);
  const closed = close(endRun(before, world, 'closed'), world, admin, body);
  return advanceWorkflows(closed, { kind: 'closed' }, world);
}
