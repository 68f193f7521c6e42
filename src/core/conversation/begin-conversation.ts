// Begins a conversation over the REST API: with a message of the contact, or of a teammate. The first message is a
// part, as in conversations of channels (contract row 48).

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Contact } from '../model/model.ts';
import { advanceWorkflows } from '../workflow/run/interpret.ts';
import { beginChange, type Change } from './change.ts';
import { addContactReply } from './contact-reply.ts';
import { sendMessage } from './effects.ts';
import { readJoining } from './members.ts';
import { notify } from './notification.ts';
import { createConversation } from './resolve-conversation.ts';
import type { BeginSignal } from './signal.ts';
import type { TransitionContext } from './transition-context.ts';

/** Applies the signal. A teammate who begins a conversation holds it; a contact who does starts workflows. */
export function beginConversation(
  contact: Contact,
  joining: readonly (Contact | null)[],
  signal: BeginSignal,
  context: TransitionContext,
): Result<Change, ContractError> {
  if (!context.channel.isEnabled) return fail(apiError('integrationNotFound'));
  const { externalId, title, body, adminId, attachments } = signal;
  if (contact.blockedAt !== null) {
    return fail(apiError('contactBlocked', adminId === null ? 'from.id' : 'to'));
  }
  const others = readJoining(joining, 'to');
  if (!others.ok) return others;
  const otherIds = new Set(others.value.map(({ id }) => id));
  otherIds.delete(contact.id);
  const writtenAt = Math.min(signal.writtenAt ?? context.nowMs, context.nowMs);
  const conversation = {
    ...createConversation(contact, externalId, context),
    createdAt: writtenAt,
    otherContactIds: [...otherIds],
    source: {
      ...(adminId === null ? {} : { adminId }),
      ...(title === null ? {} : { subject: title }),
      hasMessage: true,
    } as const,
    title,
  };
  if (adminId !== null) {
    const admin = context.setup.admins.get(adminId);
    if (admin === undefined) return fail(apiError('adminNotFound', 'from.id'));
    const held = beginChange(contact, { ...conversation, heldByAdminId: adminId });
    return ok(sendMessage(held, context, admin, body, { writtenAt, attachments }));
  }
  const begun = beginChange({ ...contact, archivedAt: null }, conversation);
  const announced = notify(begun, context, 'conversation.user.created', null);
  const said = { body, metadata: null, externalId: null, writtenAt, attachments };
  const received = addContactReply(announced, context, said);
  const started = advanceWorkflows(received, { kind: 'created' }, context);
  return ok(
    started.conversation.run === null
      ? advanceWorkflows(started, { kind: 'message', body }, context)
      : started,
  );
}
