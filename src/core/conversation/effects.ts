// The actions of teammates and workflows on a conversation: each adds its part, its change of state and its events.
// Callers check whether the actor may act.

import type { AuditActor } from '../model/audit.ts';
import type { Attachment } from '../model/file.ts';
import type { Admin, Assignee, Author, Conversation, Json } from '../model/model.ts';
import { changeTagIds, type TagChange } from '../model/tag-ids.ts';
import { numberedLines } from '../workflow/run/typed-choice.ts';
import { addAudit, addPart, type Change, changeConversation } from './change.ts';
import { type ConversationTopic, notify } from './notification.ts';
import { emit, eventMessage, isoTime } from './outbound-event.ts';
import type { TransitionContext } from './transition-context.ts';

/** The teammate who acts; null: the bot. */
export type Actor = Admin | null;

/** The author of Parley's own actions. */
export const bot: Author = { type: 'bot', id: '0' };

const authorOfActor = (actor: Actor): Author =>
  actor === null ? bot : { type: 'admin', id: String(actor.id) };

/** What comes with a text: its time of writing, if earlier than now, and its files. */
type Enclosed = {
  readonly writtenAt?: number | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
};

/** Sends a message to the contact. */
export function sendMessage(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  body: string,
  { writtenAt: createdAt, attachments }: Enclosed = {},
): Change {
  const author = authorOfActor(actor);
  const part = { partType: 'comment', body, author, createdAt, attachments } as const;
  return emitMessage(addPart(change, context, part), context, actor);
}

/**
 * Offers buttons.
 * @param options with the ids that the app will send back.
 */
export function offerQuickReplies(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  body: string | null,
  options: readonly { readonly id: string; readonly text: string }[],
  { writtenAt: createdAt, attachments }: Enclosed = {},
): Change {
  const added = addPart(change, context, {
    createdAt,
    attachments,
    partType: 'quick_reply',
    body: context.channel.hasButtons ? body : withLines(body, options),
    author: authorOfActor(actor),
    metadata: { quick_reply_options: options.map(({ id, text }): Json => ({ text, uuid: id })) },
  });
  const emitted = emit(added, context, {
    event_name: 'quick_replies_presented',
    message: eventMessage(added.parts.at(-1)!, context),
    quick_reply_options: options.map(({ id, text }) => ({ id, uuid: id, text })),
  });
  return notify(emitted, context, repliedTopic(actor));
}

/** Writes the options as numbered lines, for an app that shows no buttons. */
function withLines(body: string | null, options: readonly { readonly text: string }[]): string {
  const lines = numberedLines(options.map(({ text }) => text));
  return body === null ? lines : `${body}\n${lines}`;
}

/** Asks for the value of an attribute. */
export function requestAttribute(change: Change, context: TransitionContext, name: string): Change {
  const definitions = context.setup.dataAttributes.filter((one) => one.name === name);
  const definition = definitions.find(({ model }) => model === 'conversation') ?? definitions[0];
  const requested: Change = {
    ...change,
    requestedAttributes: [...change.requestedAttributes, name],
  };
  const options = definition?.options ?? [];
  return emit(requested, context, {
    event_name: 'attribute_requested',
    attribute: {
      id: name,
      label: definition?.label ?? name,
      data_type: definition?.dataType ?? 'string',
      ...(options.length === 0 ? {} : { options: [...options] }),
      required: true,
    },
  });
}

/** Writes a note that only teammates see. */
export function writeNote(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  body: string,
  { writtenAt: createdAt, attachments }: Enclosed = {},
): Change {
  const author = authorOfActor(actor);
  const part = { partType: 'note', body, author, createdAt, attachments } as const;
  const added = addPart(change, context, part);
  return notify(added, context, 'conversation.admin.noted');
}

/** Assigns the conversation, and opens a closed one. Ignores a repeated request of a teammate. */
export function assign(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  to: Assignee | null,
  body: string | null,
): Change {
  const wasClosed = change.conversation.state === 'closed';
  if (!wasClosed && isAssigned(change, to) && isRepeated(actor, body)) return change;
  const assigned = changeConversation(change, context, {
    state: wasClosed ? 'open' : change.conversation.state,
    ...assigneesAfter(change.conversation, to),
  });
  const added = addPart(assigned, context, {
    partType: wasClosed ? 'assign_and_reopen' : 'assignment',
    body,
    author: authorOfActor(actor),
    assignedTo: to,
  });
  const withMessage = body === null ? added : emitMessage(added, context, actor);
  const reopened = wasClosed
    ? emit(withMessage, context, { event_name: 'status_updated', status: 'open' })
    : withMessage;
  const notified = notify(
    emitAssigned(reopened, context, to),
    context,
    'conversation.admin.assigned',
  );
  return wasClosed ? notified : notify(notified, context, 'conversation.admin.open.assigned');
}

/** Takes the conversation from a teammate who is away, if that one has it; a team keeps it. */
export function giveBack(change: Change, adminId: number, context: TransitionContext): Change {
  const { adminAssigneeId, teamAssigneeId } = change.conversation;
  if (adminAssigneeId !== adminId) return change;
  const to: Assignee | null = teamAssigneeId === null ? null : { type: 'team', id: teamAssigneeId };
  const left = changeConversation(change, context, { adminAssigneeId: null });
  const part = {
    partType: 'away_mode_assignment',
    body: null,
    author: bot,
    assignedTo: to,
  } as const;
  const emitted = emitAssigned(addPart(left, context, part), context, to);
  return notify(emitted, context, 'conversation.admin.assigned');
}

/** Takes the conversation from its teammate, if that one is away and gives conversations back. */
export function giveBackIfAway(change: Change, context: TransitionContext): Change {
  const { adminAssigneeId } = change.conversation;
  if (adminAssigneeId === null) return change;
  const admin = context.setup.admins.get(adminAssigneeId);
  const isAway = admin?.awayModeEnabled === true && admin.awayModeReassign;
  return isAway ? giveBack(change, adminAssigneeId, context) : change;
}

const emitAssigned = (change: Change, context: TransitionContext, to: Assignee | null): Change =>
  emit(change, context, {
    event_name: 'conversation_assigned',
    assignee: {
      type: to?.type ?? null,
      id: to === null ? null : String(to.id),
      name: nameOf(to, context),
    },
  });

/**
 * Whether an action that changes no state has no effect at all. Requests of teammates carry no id, so the same one may
 * arrive twice; a workflow runs each step once, so its message is always sent.
 */
const isRepeated = (actor: Actor, body: string | null): boolean => body === null || actor !== null;

/** Returns the assignees after an assignment: an admin does not replace a team, nor a team an admin. */
function assigneesAfter(
  { adminAssigneeId, teamAssigneeId }: Conversation,
  to: Assignee | null,
): Pick<Conversation, 'adminAssigneeId' | 'teamAssigneeId'> {
  if (to === null) return { adminAssigneeId: null, teamAssigneeId: null };
  return to.type === 'admin'
    ? { adminAssigneeId: to.id, teamAssigneeId }
    : { adminAssigneeId, teamAssigneeId: to.id };
}

/** Whether the conversation already has this assignee. */
function isAssigned({ conversation }: Change, to: Assignee | null): boolean {
  const { adminAssigneeId, teamAssigneeId } = conversation;
  if (to === null) return adminAssigneeId === null && teamAssigneeId === null;
  return to.id === (to.type === 'admin' ? adminAssigneeId : teamAssigneeId);
}

function nameOf(to: Assignee | null, { setup }: TransitionContext): string | null {
  if (to === null) return null;
  const people = to.type === 'admin' ? setup.admins : setup.teams;
  return people.get(to.id)?.name ?? null;
}

/** Closes the conversation and releases it. Ignores a repeated request of a teammate. */
export function close(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  body: string | null,
): Change {
  const isClosed = change.conversation.state === 'closed';
  if (isClosed && isRepeated(actor, body)) {
    const isHeld = change.conversation.heldByAdminId !== null;
    return isHeld ? changeConversation(change, context, { heldByAdminId: null }) : change;
  }
  const closed = changeConversation(change, context, {
    state: 'closed',
    snoozedUntil: null,
    waitingSince: null,
    heldByAdminId: null,
  });
  const author = authorOfActor(actor);
  const added = addPart(closed, context, { partType: 'close', body, author });
  const withMessage = body === null ? added : emitMessage(added, context, actor);
  if (isClosed) return withMessage;
  const emitted = emit(withMessage, context, { event_name: 'status_updated', status: 'closed' });
  return notify(emitted, context, 'conversation.admin.closed');
}

/** Snoozes the conversation until a time. */
export function snooze(
  change: Change,
  context: TransitionContext,
  actor: Actor,
  untilMs: number,
): Change {
  const { state, snoozedUntil } = change.conversation;
  if (state === 'snoozed' && snoozedUntil === untilMs) return change;
  const snoozed = changeConversation(change, context, { state: 'snoozed', snoozedUntil: untilMs });
  const added = addPart(snoozed, context, {
    partType: 'snoozed',
    body: null,
    author: authorOfActor(actor),
  });
  const emitted = emit(added, context, {
    event_name: 'status_updated',
    status: 'snoozed',
    snoozed_until: isoTime(untilMs),
  });
  return notify(emitted, context, 'conversation.admin.snoozed');
}

/** Opens the conversation. An open one stays as it is. */
export function open(change: Change, context: TransitionContext, actor: Actor): Change {
  if (change.conversation.state === 'open') return change;
  const reopened = changeConversation(change, context, {
    state: 'open',
    snoozedUntil: null,
    isRead: true,
  });
  const author = authorOfActor(actor);
  const added = addPart(reopened, context, { partType: 'open', body: null, author });
  const emitted = emit(added, context, { event_name: 'status_updated', status: 'open' });
  return notify(emitted, context, 'conversation.admin.opened');
}

/** Ends the snooze: opens the conversation. */
export function endSnooze(change: Change, context: TransitionContext): Change {
  const reopened = changeConversation(change, context, { state: 'open', snoozedUntil: null });
  const added = addPart(reopened, context, { partType: 'timer_unsnooze', body: null, author: bot });
  const emitted = emit(added, context, { event_name: 'status_updated', status: 'open' });
  return notify(emitted, context, 'conversation.admin.unsnoozed');
}

/** Adds and removes tags, with audit entries. Changes nothing if the tags are already as wanted. */
export function changeTags(
  change: Change,
  context: TransitionContext,
  tags: TagChange,
  actor: AuditActor,
): { readonly change: Change; readonly isTooMany: boolean } {
  const { id, tagIds: before } = change.conversation;
  const object = { type: 'conversation', id: String(id) } as const;
  const { tagIds, audit, isTooMany } = changeTagIds(object, before, tags, actor);
  if (tagIds === before) return { change, isTooMany };
  return { change: addAudit(changeConversation(change, context, { tagIds }), audit), isTooMany };
}

/** Notes that a teammate replied: the contact no longer waits. */
export const noteAdminReply = (change: Change, context: TransitionContext): Change =>
  changeConversation(change, context, { isRead: false, waitingSince: null });

/** Emits the newest part as a message. A teammate's, even one that closes or assigns, is a reply. */
function emitMessage(change: Change, context: TransitionContext, actor: Actor): Change {
  const message = eventMessage(change.parts.at(-1)!, context);
  const replied = actor === null ? change : noteAdminReply(change, context);
  const emitted = emit(replied, context, { event_name: 'new_message', message });
  return notify(emitted, context, repliedTopic(actor));
}

const repliedTopic = (actor: Actor): ConversationTopic =>
  actor === null ? 'conversation.operator.replied' : 'conversation.admin.replied';
