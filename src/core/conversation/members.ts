// The contacts who take part in a conversation: who they are, who may join, and what becomes of the conversation when
// one of them is merged, blocked or deleted (contract D.1).

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Contact, Conversation } from '../model/model.ts';
import { endRun } from '../workflow/run/interpret.ts';
import { type Change, changeConversation } from './change.ts';
import { close } from './effects.ts';
import { notify, notifyMerged } from './notification.ts';
import { emit } from './outbound-event.ts';
import type { ConversationSignal } from './signal.ts';
import type { TransitionContext } from './transition-context.ts';

/** Whether a contact takes part. */
export const isMember = (conversation: Conversation, contactId: string): boolean =>
  conversation.contactId === contactId || conversation.otherContactIds.includes(contactId);

/** Lists the contacts who take part, the one who began first; merged ones count once. */
export const membersOf = ({ contactId, otherContactIds }: Conversation): readonly string[] => [
  ...new Set([contactId, ...otherContactIds]),
];

/** Replaces the members, of whom there is at least one. */
export const withMembers = (
  change: Change,
  members: readonly string[],
  context: TransitionContext,
): Change => {
  const [contactId, ...otherContactIds] = new Set(members);
  return changeConversation(change, context, { contactId: contactId!, otherContactIds });
};

/** Lets a contact leave, of whom others remain. Who began the conversation is still the author of its source. */
export function leave(change: Change, contactId: string, context: TransitionContext): Change {
  const { conversation } = change;
  const left = withMembers(
    change,
    membersOf(conversation).filter((id) => id !== contactId),
    context,
  );
  const { source } = conversation;
  const isKnown = source?.adminId !== undefined || source?.contactId !== undefined;
  if (isKnown || conversation.contactId !== contactId) return left;
  return changeConversation(left, context, { source: { ...source, contactId } });
}

/** Returns the contacts, if each exists and may join. @param field of the request that names them. */
export function readJoining(
  joining: readonly (Contact | null)[],
  field: string,
): Result<readonly Contact[], ContractError> {
  const found = joining.filter((one) => one !== null);
  if (found.length < joining.length) return fail(apiError('contactNotFound', field));
  const isBlocked = found.some(({ blockedAt }) => blockedAt !== null);
  return isBlocked ? fail(apiError('contactBlocked', field)) : ok(found);
}

type SignalOf<Kind extends ConversationSignal['kind']> = Extract<
  ConversationSignal,
  { readonly kind: Kind }
>;

/** Replaces a merged lead with its user, who is the contact of the change. */
export function takeOverContact(
  before: Change,
  { from, isFirstOfChannel }: SignalOf<'contact_merged'>,
  context: TransitionContext,
): Change {
  const { id } = before.contact;
  const members = membersOf(before.conversation).map((one) => (one === from.id ? id : one));
  const emitted = emit(withMembers(before, members, context), context, {
    event_name: 'contact_merged',
    merged_from: { id: from.id, external_id: from.externalId },
  });
  return isFirstOfChannel ? notifyMerged(emitted, context, from.id) : emitted;
}

/**
 * Ends the part of a contact in the conversation. A deleted contact leaves it to the others; without others who may
 * write it is closed, and no workflow starts, because there is no contact to write to. The app's id of it is free then.
 * @param presentIds of a conversation with several contacts: the ones that are neither blocked nor deleted.
 */
export function endContact(
  before: Change,
  { adminId, contactId, newExternalId }: SignalOf<'contact_gone'>,
  presentIds: readonly string[],
  context: TransitionContext,
): Change {
  const hasBegunIt = before.conversation.contactId === contactId;
  const others = membersOf(before.conversation).filter((id) => id !== contactId);
  const left =
    newExternalId !== null && others.length > 0 ? leave(before, contactId, context) : before;
  if (presentIds.some((id) => id !== contactId)) {
    const ended = hasBegunIt ? endRun(left, context, 'contact_gone') : left;
    return left === before ? ended : notify(ended, context, 'conversation.contact.detached', null);
  }
  const ended = endRun(left, context, 'closed');
  const admin = context.setup.admins.get(adminId) ?? null;
  const closed =
    before.conversation.state === 'closed' ? ended : close(ended, context, admin, null);
  return newExternalId === null
    ? closed
    : changeConversation(closed, context, { externalId: newExternalId });
}
