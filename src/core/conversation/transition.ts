// Applies one signal to the rows that it touches: first the signal itself, then the workflows that it triggers. Pure:
// the same snapshot, signal and context give the same outcome, and nothing outside is read or changed.

import type { Result } from '../../base/result.ts';
import { assertNever, fail, ok } from '../../base/result.ts';
import type { ChannelEvent } from '../../contract/channel-events.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { resolveContact } from '../contact/resolve-contact.ts';
import type { Attachment, StoredFile } from '../model/file.ts';
import type { Conversation, Json } from '../model/model.ts';
import { advanceWorkflows, type RunInput } from '../workflow/run/interpret.ts';
import { applyConversationSignal } from './apply-conversation-signal.ts';
import { beginConversation } from './begin-conversation.ts';
import { beginChange, type Change } from './change.ts';
import { collectAttribute } from './collect-attribute.ts';
import { addChoice, addContactReply } from './contact-reply.ts';
import { measure } from './measure.ts';
import { notify, notifyAboutContact } from './notification.ts';
import { resolveConversation } from './resolve-conversation.ts';
import type { JobOutcome, Signal, TeammateAction } from './signal.ts';
import type { Snapshot } from './snapshot.ts';
import type { TransitionContext } from './transition-context.ts';

/** The record of a signal: the trace, and what a replay needs. */
export type SignalRecord = {
  readonly ordinal: number;
  readonly kind: string;
  readonly content: { readonly [key: string]: Json };
};

/** The state afterwards. A contact or conversation that is still the same object did not change. */
export type Outcome = Change & { readonly record: SignalRecord | null };

/**
 * Applies a signal. A channel event is checked in the order of contract row 45: integration, contact, conversation,
 * then the option or attribute.
 */
export function transition(
  snapshot: Snapshot,
  signal: Signal,
  context: TransitionContext,
): Result<Outcome, ContractError> {
  if (signal.kind === 'channel_event') {
    const { event, attachments } = signal;
    return applyChannelEvent(snapshot, event, attachments, context);
  }
  const { contact, conversation } = snapshot;
  if (signal.kind === 'begin') {
    if (contact === null) return fail(apiError('contactNotFound', 'from.id'));
    if (conversation !== null) return fail(apiError('serviceUnavailable'));
    const begun = beginConversation(contact, snapshot.joining, signal, context);
    return begun.ok ? ok(conclude(null, begun.value, signal.kind, recordOf(signal))) : begun;
  }
  const isThere = conversation !== null && conversation.id === signal.conversationId;
  if (!isThere || contact === null) return fail(apiError('resourceNotFound'));
  const before = beginChange(contact, conversation);
  const after = applyConversationSignal(before, signal, snapshot, context);
  return after.ok ? ok(conclude(conversation, after.value, signal.kind, recordOf(signal))) : after;
}

function applyChannelEvent(
  snapshot: Snapshot,
  event: ChannelEvent,
  attachments: readonly Attachment[] | undefined,
  context: TransitionContext,
): Result<Outcome, ContractError> {
  if (!context.channel.isEnabled) return fail(apiError('integrationNotFound'));

  const contact = resolveContact(snapshot.contact, event, context);
  if (!contact.ok) return contact;

  const conversation = resolveConversation(snapshot.conversation, contact.value, event, context);
  if (!conversation.ok) return conversation;

  const started = notifyCreated(beginChange(contact.value, conversation.value), snapshot, context);
  const result = applyEvent(started, snapshot, { event, attachments }, context);
  if (!result.ok) return result;

  const isNew = snapshot.conversation === null;
  const { change, input } = result.value;
  const after = runWorkflows(change, isNew, input, context);
  const content = { ...contentOf(event), ...recordedFiles(attachments) };
  return ok(conclude(snapshot.conversation, after, event.kind, content));
}

/** Emits notifications about a new contact or conversation; only the webhook format has them. */
function notifyCreated(
  change: Change,
  { contact, conversation }: Snapshot,
  context: TransitionContext,
): Change {
  if (context.eventFormat !== 'intercom') return change;
  const { role, email } = change.contact;
  let notified = change;
  if (contact === null) notified = notifyAboutContact(notified, context, `contact.${role}.created`);
  else if (contact.role !== role)
    notified = notifyAboutContact(notified, context, 'contact.lead.signed_up');
  else if (contact.email !== email)
    notified = notifyAboutContact(notified, context, 'contact.email.updated');
  return conversation === null
    ? notify(notified, context, 'conversation.user.created', null)
    : notified;
}

type AppliedEvent = { readonly change: Change; readonly input: RunInput | null };

function applyEvent(
  before: Change,
  snapshot: Snapshot,
  { event, attachments }: Omit<Extract<Signal, { kind: 'channel_event' }>, 'kind'>,
  context: TransitionContext,
): Result<AppliedEvent, ContractError> {
  const externalId = event.eventId;
  switch (event.kind) {
    case 'new_conversation':
      return ok({ change: before, input: null });
    case 'new_message': {
      const change = addContactReply(before, context, {
        body: event.body,
        metadata: null,
        externalId,
        attachments,
      });
      return ok({ change, input: { kind: 'message', body: event.body } });
    }
    case 'quick_reply_selected': {
      const option = snapshot.offeredOption;
      if (option === null) return fail(apiError('optionNeverOffered', 'quick_reply_option_id'));
      const { optionId } = event;
      const change = addChoice(before, context, optionId, option, { externalId });
      return ok({ change, input: { kind: 'option_chosen', optionId, ...option } });
    }
    case 'attribute_collected': {
      const { attributeId: id, value } = event;
      const isRequested = snapshot.isAttributeRequested;
      const collected = { id, value, isRequested };
      const change = collectAttribute(before, collected, snapshot.dataAttributes, context);
      if (!change.ok) return change;
      return ok({ change: change.value, input: { kind: 'attribute', id, value } });
    }
    default:
      return assertNever(event);
  }
}

/**
 * Runs workflows, first for the creation of the conversation. If that starts one, the event that created the
 * conversation is not passed on: it cannot answer a question that was asked only now.
 */
function runWorkflows(
  change: Change,
  isNew: boolean,
  input: RunInput | null,
  context: TransitionContext,
): Change {
  const started = isNew ? advanceWorkflows(change, { kind: 'created' }, context) : change;
  const hasStarted = started.conversation.run !== null && isNew;
  return input === null || hasStarted ? started : advanceWorkflows(started, input, context);
}

/**
 * Sets the timer and the statistics, and records the signal unless a replay can read it from the conversation itself,
 * or there is no conversation any more.
 */
function conclude(
  before: Conversation | null,
  change: Change,
  kind: string,
  content: SignalRecord['content'],
): Outcome {
  const wakeAt = nextWake(change.conversation);
  const statistics = measure(before, change);
  const isSame =
    change.conversation.wakeAt === wakeAt && change.conversation.statistics === statistics;
  const timed = isSame
    ? change
    : { ...change, conversation: { ...change.conversation, wakeAt, statistics } };
  const isWorthKeeping =
    timed.trace.length > 0 ||
    timed.finishedJobIds.length > 0 ||
    (timed.conversation !== before && !isPlain(timed, kind));
  if (!isWorthKeeping || timed.isDeleted) return { ...timed, record: null };
  const ordinal = timed.conversation.signalCount + 1;
  const conversation = { ...timed.conversation, signalCount: ordinal };
  return { ...timed, conversation, record: { ordinal, kind, content } };
}

/** Whether no workflow acted, so that a replay can read the signal from the conversation and its parts. */
function isPlain({ conversation, events, parts }: Change, kind: string): boolean {
  if (kind !== 'new_conversation' && kind !== 'new_message') return false;
  const hasFiles = parts.some(({ attachments }) => attachments !== undefined);
  return conversation.run === null && events.length === 0 && !hasFiles;
}

function nextWake({ run, snoozedUntil }: Conversation): number | null {
  const times = [run?.waiting?.untilMs ?? null, snoozedUntil].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Returns the fields of an event that a replay needs besides the texts, which are in the parts. */
function contentOf(event: ChannelEvent): SignalRecord['content'] {
  switch (event.kind) {
    case 'new_conversation':
    case 'new_message':
      return {};
    case 'quick_reply_selected':
      return { option_id: event.optionId };
    case 'attribute_collected':
      return { id: event.attributeId, value: event.value };
  }
}

const ANSWER_CHARACTERS_MAX = 10_000;

/** Returns the response of a webhook for a replay; a large one is left out, and a replay reports that. */
function recordable(outcome: JobOutcome): SignalRecord['content'] {
  if (!outcome.ok) return outcome;
  const isSmall = JSON.stringify(outcome.answer).length <= ANSWER_CHARACTERS_MAX;
  return isSmall ? outcome : { ok: true, status: outcome.status, is_answer_left_out: true };
}

/** Returns the fields that a replay needs of any signal but a channel event. */
function recordOf(signal: Exclude<Signal, { kind: 'channel_event' }>): SignalRecord['content'] {
  switch (signal.kind) {
    case 'teammate':
      return {
        admin_id: signal.adminId,
        do: signal.action.do,
        ...actionDetails(signal.action),
      };
    case 'contact_reply':
      return {
        contact_id: signal.contactId,
        ...('optionId' in signal.said ? { option_id: signal.said.optionId } : {}),
        ...writtenAtOf(signal),
        ...recordedFiles(signal.attachments),
      };
    case 'begin': {
      const { contactId, otherContactIds, adminId, title } = signal;
      const who = { contact_id: contactId, other_contact_ids: otherContactIds, admin_id: adminId };
      return { ...who, title, ...writtenAtOf(signal), ...recordedFiles(signal.attachments) };
    }
    case 'update': {
      const { isRead, title, attributes } = signal;
      return {
        ...(isRead === undefined ? {} : { is_read: isRead }),
        ...(title === undefined ? {} : { title }),
        attributes,
      };
    }
    case 'participants':
      return { admin_id: signal.adminId, change: signal.change, contact_id: signal.contactId };
    case 'redact':
      return {
        ...{ admin_id: signal.adminId, part_id: signal.partId, position: signal.position },
        is_note: signal.isNote,
      };
    case 'delete':
    case 'timer':
      return {};
    case 'give_back':
      return { admin_id: signal.adminId };
    case 'clock_corrected':
      return { wait: signal.wait, snooze: signal.snooze };
    case 'contact_merged':
      return { from: signal.from, is_first_of_channel: signal.isFirstOfChannel };
    case 'contact_gone':
      return {
        admin_id: signal.adminId,
        contact_id: signal.contactId,
        is_deleted: signal.newExternalId !== null,
      };
    case 'job_finished':
      return { job_id: signal.jobId, ...recordable(signal.outcome) };
    case 'move_run':
      return { workflow_id: signal.workflowId, version: signal.version };
    default:
      return assertNever(signal);
  }
}

function actionDetails(action: TeammateAction): SignalRecord['content'] {
  switch (action.do) {
    case 'snooze':
      return { until_ms: action.untilMs };
    case 'tag':
      return { tags: action.tags };
    case 'prioritize':
      return { is_priority: action.isPriority };
    case 'comment':
    case 'note':
    case 'quick_reply':
      return { ...writtenAtOf(action), ...recordedFiles(action.attachments) };
    default:
      return {};
  }
}

/** Returns the files as a replay needs them: without the addresses that they come from. */
const recordedFiles = (
  attachments: readonly Attachment[] | undefined,
): { readonly attachments?: readonly StoredFile[] } =>
  attachments === undefined || attachments.length === 0
    ? {}
    : { attachments: attachments.map(({ toFetch: _, ...file }) => file) };

const writtenAtOf = ({ writtenAt }: { readonly writtenAt?: number | undefined }) =>
  writtenAt === undefined ? {} : { written_at_ms: writtenAt };
