// Runs a signal about a contact on the rows of its group: the contact itself, the user that it may be merged into, and
// the conversations that change with it.

import { newUniqueName } from '../base/random.ts';
import { fail, ok } from '../base/result.ts';
import { applyContactSignal, type ContactOutcome } from '../core/contact/apply-contact-signal.ts';
import { goneId } from '../core/conversation/made-up-id.ts';
import { isMember } from '../core/conversation/members.ts';
import type { ConversationSignal } from '../core/conversation/signal.ts';
import { transition } from '../core/conversation/transition.ts';
import type { Contact } from '../core/model/model.ts';
import {
  change,
  contextOf,
  type EmailEntry,
  type Entry,
  type GroupState,
  type GroupTools,
  openEntry,
  record,
} from './group-state.ts';
import type { ContactMember } from './plan.ts';
import { emailChanged, emailHash, type SignalResult } from './signal.ts';

/** Runs the signal. */
export function runContactMember(
  member: ContactMember,
  state: GroupState,
  tools: GroupTools,
): SignalResult {
  const { signal } = member;
  const { workspaceId, acceptedAt: nowMs } = signal;
  const entry = contactEntry(member, state);
  const into = member.into === null ? undefined : state.contactsById.get(member.into);
  const namesake = member.namesake === null ? undefined : state.contacts[member.namesake];
  const email = member.email === null ? undefined : state.emails.get(member.email);
  // The tags of a merged lead belong to its user; for everything else the lead does not exist.
  const isMerged = entry.row !== null && entry.row.id !== signal.contactId;
  const isGone = isMerged && signal.contactId !== null && signal.signal.kind !== 'contact_tags';
  const signalNumber = tools.takeNumber();
  const result = applyContactSignal(
    {
      contact: isGone ? null : entry.row,
      into: into?.row?.id === idOfInto(member) ? (into?.row ?? null) : null,
      namesake: namesake?.row ?? null,
      emailHolder: isNamed(email, emailOf(signal, entry.row)) ? email.holder : null,
    },
    signal.signal,
    { definitions: tools.setups.get(workspaceId)!.dataAttributes, signalNumber, nowMs },
  );
  if (!result.ok) return result;
  const outcome = result.value;
  if (outcome.emailTaker !== null) {
    const { id, archivedAt, email: taken } = outcome.emailTaker;
    if (!isNamed(email, taken)) return fail(emailChanged);
    email.holder = { id, isArchived: archivedAt !== null };
    email.signalNumber = signalNumber;
  }
  if (signal.contactId === null && outcome.contact.externalId === null) state.created.push(entry);
  writeContacts(outcome, entry, into, signalNumber, nowMs, member);
  record(state, signal, outcome.audit);
  changeConversations(member, outcome, entry.read, state, tools);
  const contactId = (outcome.into ?? outcome.contact).id;
  return ok({ conversationId: 0, contactId, isReplay: false });
}

/** The e-mail that the contact has after the signal, or the user that it is merged into may get. */
const emailOf = ({ signal }: ContactMember['signal'], contact: Contact | null): string | null =>
  'given' in signal && signal.given.email !== undefined
    ? signal.given.email
    : (contact?.email ?? null);

/** Whether this is the e-mail whose holder was loaded. */
const isNamed = (entry: EmailEntry | undefined, email: string | null): entry is EmailEntry =>
  entry !== undefined && email !== null && entry.hash === emailHash(email);

const idOfInto = ({ signal: { signal } }: ContactMember): string | null =>
  signal.kind === 'merge_contact' ? signal.intoId : null;

/** Finds the row of the contact, or opens one for a new contact, whose external id may have a row already. */
function contactEntry({ signal, contactById, namesake }: ContactMember, state: GroupState) {
  const known = contactById === null ? undefined : state.contactsById.get(contactById);
  if (known !== undefined) return known;
  const place = contactById === null && namesake !== null ? state.contacts[namesake] : undefined;
  return place?.row === null ? place : openEntry<Contact>(signal.workspaceId, 0);
}

/** The signals that may change the profile. */
const profileWriters: ReadonlySet<string> = new Set([
  'create_contact',
  'update_contact',
  'contact_subscription',
] satisfies ContactMember['signal']['signal']['kind'][]);

function writeContacts(
  outcome: ContactOutcome,
  entry: Entry<Contact>,
  into: Entry<Contact> | undefined,
  signalNumber: number,
  nowMs: number,
  { signal }: ContactMember,
): void {
  change(entry, outcome.contact, signalNumber);
  const { kind } = signal.signal;
  if (profileWriters.has(kind) || outcome.end !== null) {
    entry.rewrite = {
      mergedInto: outcome.end === 'merged' ? outcome.into!.id : null,
      deletedAt: outcome.end === 'deleted' ? nowMs : null,
    };
  }
  if (into === undefined || outcome.into === null) return;
  change(into, outcome.into, signalNumber);
  into.rewrite ??= { mergedInto: null, deletedAt: null };
}

/** Changes the conversations of a contact that is merged, blocked or deleted. */
function changeConversations(
  member: ContactMember,
  { contact, into, end }: ContactOutcome,
  before: Contact | null,
  state: GroupState,
  tools: GroupTools,
): void {
  const { signal } = member;
  const seenChannels = new Set<number>();
  for (const slot of member.conversations) {
    const entry = state.conversations[slot]!;
    const { row: conversation, workspaceId, channelId } = entry;
    if (conversation === null || !isMember(conversation, contact.id)) continue;
    const context = contextOf(signal, entry, tools);
    if (context === null) continue;
    const isFirstOfChannel = !seenChannels.has(channelId);
    seenChannels.add(channelId);
    const from = { id: contact.id, externalId: before?.externalId ?? null };
    const done: ConversationSignal =
      into === null
        ? {
            kind: 'contact_gone',
            conversationId: conversation.id,
            adminId: Number(signal.signal.actor.id),
            contactId: contact.id,
            newExternalId: end === 'deleted' ? goneId(newUniqueName()) : null,
          }
        : {
            kind: 'contact_merged',
            conversationId: conversation.id,
            from,
            intoId: into.id,
            isFirstOfChannel,
          };
    const known = {
      contact: into ?? state.owners.get(slot)?.row ?? contact,
      conversation,
      presentIds: state.loaded.owners.get(slot)?.presentIds ?? [],
    };
    const result = transition({ ...nothing, ...known }, done, context);
    if (!result.ok) continue;
    const outcome = result.value;
    const { signalNumber } = context;
    change(entry, outcome.conversation, signalNumber);
    const receivedAt = signal.acceptedAt;
    state.outcomes.push({ workspaceId, channelId, signalNumber, receivedAt, outcome });
    record(state, signal, outcome.audit);
  }
}

const nothing = {
  offeredOption: null,
  isAttributeRequested: false,
  dataAttributes: [],
  joining: [],
} as const;
