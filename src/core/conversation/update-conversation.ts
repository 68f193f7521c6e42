// Changes of a conversation in which no person speaks: its title, its attributes, whether it is read, its contacts, the
// text of a part that is removed, and the end of it all. No workflow ends by them, except by a deletion.

import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { fitAttributeValue } from '../model/attribute-value.ts';
import type { AuditAction } from '../model/audit.ts';
import type { Contact, Json } from '../model/model.ts';
import { endRun } from '../workflow/run/interpret.ts';
import { addAudit, addPart, type Change, changeConversation } from './change.ts';
import { excessOf, writeCustom } from './collect-attribute.ts';
import { bot } from './effects.ts';
import { leave, membersOf, readJoining, withMembers } from './members.ts';
import { notify, notifyDeleted } from './notification.ts';
import { emit } from './outbound-event.ts';
import type { ConversationSignal } from './signal.ts';
import type { TransitionContext } from './transition-context.ts';

type SignalOf<Kind extends ConversationSignal['kind']> = Extract<
  ConversationSignal,
  { readonly kind: Kind }
>;

/** Applies an update; what has its value already stays as it is. */
export function updateConversation(
  before: Change,
  { isRead, title, attributes }: SignalOf<'update'>,
  context: TransitionContext,
): Result<Change, ContractError> {
  let change = before;
  if (title !== undefined && title !== before.conversation.title) {
    change = changeConversation(change, context, { title });
  }
  for (const [name, value] of Object.entries(attributes)) {
    const written = writeValue(change, name, value, context);
    if (written === null) {
      return fail(apiError('attributeValueInvalid', `custom_attributes.${name}`));
    }
    change = written;
  }
  const excess = excessOf(before, change);
  if (excess === 'full') return fail(apiError('attributesFull', 'custom_attributes'));
  if (excess === 'too_large') return fail(apiError('attributesTooLarge', 'custom_attributes'));
  if (isRead === undefined || isRead === before.conversation.isRead) return ok(change);
  const marked = changeConversation(change, context, { isRead });
  return ok(isRead ? notify(marked, context, 'conversation.read', null) : marked);
}

/** Writes an attribute and adds its part; null if the value does not fit. */
function writeValue(
  change: Change,
  name: string,
  value: Json,
  context: TransitionContext,
): Change | null {
  const definition = context.setup.dataAttributes.find(
    (one) => one.model === 'conversation' && one.name === name,
  );
  const isCleared = value === null || value === '';
  const fitting = definition === undefined ? value : fitAttributeValue(value, definition);
  const kept = isCleared ? '' : fitting;
  if (kept === undefined) return null;
  const { customAttributes } = change.conversation;
  const known = Object.hasOwn(customAttributes, name) ? customAttributes[name] : '';
  if (known === kept) return change;
  return addPart(writeCustom(change, 'conversation', name, kept, context), context, {
    partType: 'conversation_attribute_updated_by_admin',
    body: null,
    author: bot,
    eventDetails: { attribute: { name }, value: { name: String(kept) } },
  });
}

/** Lets a contact join or leave; the last one cannot leave. */
export function changeParticipants(
  before: Change,
  { adminId, change, contactId }: SignalOf<'participants'>,
  joining: readonly (Contact | null)[],
  context: TransitionContext,
): Result<Change, ContractError> {
  if (!context.setup.admins.has(adminId)) return fail(apiError('adminNotFound', 'admin_id'));
  const members = membersOf(before.conversation);
  if (change === 'attach') {
    const read = readJoining(joining, 'customer');
    if (!read.ok) return read;
    const { id } = read.value[0]!;
    if (members.includes(id)) return ok(before);
    if (members.length >= limits.conversationContactsMax) return fail(apiError('tooManyContacts'));
    const joined = withMembers(before, [...members, id], context);
    const audited = audit(joined, 'conversation.contact_attached', adminId, id);
    return ok(notify(audited, context, 'conversation.contact.attached', null));
  }
  if (!members.includes(contactId)) return fail(apiError('contactNotFound', 'contact_id'));
  if (members.length === 1) return fail(apiError('lastContact', 'contact_id'));
  const left = leave(before, contactId, context);
  const audited = audit(left, 'conversation.contact_detached', adminId, contactId);
  return ok(notify(audited, context, 'conversation.contact.detached', null));
}

/** Removes the text of a part, and tells the app to remove the message that it made of it. A note it never saw. */
export function redactPart(
  before: Change,
  { adminId, partId, position, isNote }: SignalOf<'redact'>,
  context: TransitionContext,
): Change {
  const redacted: Change = {
    ...changeConversation(before, context, {}),
    redactedParts: [...before.redactedParts, { id: partId, position }],
  };
  const audited = audit(redacted, 'conversation.part_redacted', adminId, String(partId));
  const event = { event_name: 'message_redacted', message: { id: String(partId) } } as const;
  const emitted = isNote ? audited : emit(audited, context, event);
  return notify(emitted, context, 'conversation_part.redacted', null);
}

/** Deletes the conversation with its job, and tells the app. No workflow starts: there is nothing to write to. */
export function deleteConversation(
  before: Change,
  { adminId }: SignalOf<'delete'>,
  context: TransitionContext,
): Change {
  const waiting = before.conversation.run?.waiting;
  const jobIds = waiting?.for === 'webhook' ? [waiting.jobId] : [];
  const ended = endRun(before, context, 'closed');
  const deleted: Change = {
    ...changeConversation(ended, context, { state: 'closed', snoozedUntil: null }),
    finishedJobIds: [...ended.finishedJobIds, ...jobIds],
    isDeleted: true,
  };
  const audited = audit(deleted, 'conversation.deleted', adminId, null);
  const emitted = emit(audited, context, { event_name: 'conversation_deleted' });
  return notifyDeleted(emitted, context);
}

const audit = (
  change: Change,
  action: AuditAction,
  adminId: number,
  relatedId: string | null,
): Change =>
  addAudit(change, [
    {
      action,
      actor: { type: 'admin', id: String(adminId) },
      object: { type: 'conversation', id: String(change.conversation.id) },
      relatedId,
    },
  ]);
