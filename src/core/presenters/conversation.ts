// A conversation as the wire shows it (contract D.2, rows 48, 49 and 51).

import { assertNever } from '../../base/result.ts';
import type { WorkspaceSetup } from '../conversation/transition-context.ts';
import type { Author, Contact, Conversation, StoredPart, Tag } from '../model/model.ts';
import { presentAttachment } from './attachment.ts';
import { seconds, secondsOrNull } from './seconds.ts';
import { presentStatistics } from './statistics.ts';
import { presentAppliedTag, type TagApplication } from './tag.ts';
import { asParagraphs } from './text.ts';

export type ConversationView = {
  readonly conversation: Conversation;
  /** All members, and authors who are no longer members, by the id that the conversation uses for them. */
  readonly contacts: ReadonlyMap<string, Contact>;
  /** The newest ones, oldest first. */
  readonly parts: readonly StoredPart[];
  /** The message that it began with; null: it began without one, or its text is not at hand. */
  readonly firstPart: StoredPart | null;
  /** Whether texts are shown as typed instead of as HTML. */
  readonly isPlainText: boolean;
  /** The teammates and teams whose names are shown for ids. */
  readonly setup: Pick<WorkspaceSetup, 'admins' | 'teams'>;
  readonly tags: readonly Tag[];
  /** Time and author of each tag's adding, by tag id. */
  readonly tagApplications: ReadonlyMap<number, TagApplication>;
};

/** The parts of a conversation that a list shows. */
export type ConversationItemView = Omit<ConversationView, 'parts'> & {
  /** The ids of the teammates who spoke. */
  readonly speakerIds: readonly string[];
};

/** A conversation with its parts. */
export function presentConversation(view: ConversationView): object {
  const { conversation, parts } = view;
  const speakerIds = parts.flatMap(({ author }) => (author.type === 'admin' ? [author.id] : []));
  return {
    ...presentConversationItem({ ...view, speakerIds }),
    conversation_parts: {
      type: 'conversation_part.list',
      conversation_parts: parts.map((part) => presentPart(part, view)),
      total_count: conversation.partCount,
    },
  };
}

/** A conversation as lists and searches show it, without its parts. */
export function presentConversationItem(view: ConversationItemView): object {
  const { conversation, contacts } = view;
  const members = membersOf(conversation, contacts);
  return {
    type: 'conversation',
    id: String(conversation.id),
    title: conversation.title,
    created_at: seconds(conversation.createdAt),
    updated_at: seconds(conversation.updatedAt),
    waiting_since: secondsOrNull(conversation.waitingSince),
    snoozed_until: secondsOrNull(conversation.snoozedUntil),
    open: conversation.state !== 'closed',
    state: conversation.state,
    read: conversation.isRead,
    priority: conversation.isPriority ? 'priority' : 'not_priority',
    admin_assignee_id: conversation.adminAssigneeId,
    team_assignee_id: conversation.teamAssigneeId,
    company_id: null,
    tags: { type: 'tag.list', tags: presentTags(view) },
    conversation_rating: null,
    source: presentSource(view),
    contacts: {
      type: 'contact.list',
      contacts: members.map(({ id, externalId }) => ({
        type: 'contact',
        id,
        external_id: externalId,
      })),
    },
    teammates: presentTeammates(view),
    custom_attributes: conversation.customAttributes,
    first_contact_reply: presentFirstReply(conversation),
    sla_applied: null,
    statistics: presentStatistics(conversation),
    linked_objects: { type: 'list', total_count: 0, has_more: false, data: [] },
    ai_agent_participated: false,
    ai_agent: null,
    topics: {},
    ticket: null,
    external_references: [{ type: 'api_conversation', id: conversation.externalId }],
    channel: { initial: 'custom_channel', current: 'custom_channel' },
  };
}

/** Presents how the conversation began. A message that it began with is a part, too (contract row 48). */
function presentSource(view: ConversationItemView): object {
  const { conversation, firstPart, isPlainText } = view;
  const { id, contactId, source } = conversation;
  const author: Author =
    source?.adminId === undefined
      ? { type: 'user', id: source?.contactId ?? contactId }
      : { type: 'admin', id: String(source.adminId) };
  return {
    type: 'conversation',
    id: String(id),
    delivered_as: deliveredAs(conversation),
    subject: source?.subject ?? '',
    body: (firstPart === null ? null : presentBody(firstPart, isPlainText)) ?? '',
    author: presentAuthor(author, view),
    attachments: (firstPart?.attachments ?? []).map(presentAttachment),
    url: null,
    redacted: firstPart?.isRedacted ?? false,
  };
}

export const deliveredAs = ({ source }: Conversation): string =>
  source?.adminId === undefined ? 'customer_initiated' : 'admin_initiated';

const presentFirstReply = ({ firstContactReplyAt }: Conversation) =>
  firstContactReplyAt === null
    ? null
    : { created_at: seconds(firstContactReplyAt), type: 'conversation', url: null };

/** Lists the contacts who take part, the first one first; merged ones count once. */
function membersOf(
  { contactId, otherContactIds }: Conversation,
  contacts: ReadonlyMap<string, Contact>,
): Contact[] {
  const members = new Map<string, Contact>();
  for (const known of [contactId, ...otherContactIds]) {
    const contact = contacts.get(known);
    if (contact !== undefined) members.set(contact.id, contact);
  }
  return [...members.values()];
}

const presentTags = ({ tags, tagApplications }: ConversationItemView): object[] =>
  tags.map((tag) => presentAppliedTag(tag, tagApplications.get(tag.id)));

/** Presents the teammates who replied or are assigned, under both keys that the public sources use. */
function presentTeammates({ conversation, speakerIds }: ConversationItemView): object {
  const ids = new Set(speakerIds);
  const { adminAssigneeId } = conversation;
  if (adminAssigneeId !== null) ids.add(String(adminAssigneeId));
  const list = [...ids].map((id) => ({ type: 'admin', id }));
  return { type: 'admin.list', admins: list, teammates: list };
}

function presentPart(part: StoredPart, view: ConversationView): object {
  const { assignedTo } = part;
  return {
    type: 'conversation_part',
    id: String(part.id),
    part_type: part.partType,
    body: presentBody(part, view.isPlainText),
    created_at: seconds(part.createdAt),
    updated_at: seconds(part.createdAt),
    notified_at: seconds(part.createdAt),
    assigned_to: assignedTo === null ? null : { type: assignedTo.type, id: String(assignedTo.id) },
    author: presentAuthor(part.author, view),
    attachments: (part.attachments ?? []).map(presentAttachment),
    external_id: part.externalId,
    redacted: part.isRedacted,
    email_message_metadata: null,
    metadata: part.metadata ?? {},
    state: part.state,
    tags: [],
    event_details: part.eventDetails,
    app_package_code: null,
  };
}

function presentBody({ body, isRedacted }: StoredPart, isPlainText: boolean): string | null {
  if (body === null || isRedacted) return null;
  return isPlainText ? body : asParagraphs(body);
}

function presentAuthor(
  author: Author,
  { contacts, setup }: Pick<ConversationView, 'contacts' | 'setup'>,
): object {
  const rest = { from_ai_agent: false, is_ai_answer: false };
  switch (author.type) {
    case 'bot':
      return { ...author, name: 'Parley', email: 'bot@parley.invalid', ...rest };
    case 'admin': {
      const admin = setup.admins.get(Number(author.id));
      return { ...author, name: admin?.name ?? null, email: admin?.email ?? null, ...rest };
    }
    case 'team': {
      const team = setup.teams.get(Number(author.id));
      return { ...author, name: team?.name ?? null, email: null, ...rest };
    }
    case 'user':
    case 'lead': {
      const contact = contacts.get(author.id);
      return {
        type: contact?.role ?? author.type,
        id: contact?.id ?? author.id,
        name: contact?.name ?? null,
        email: contact?.email ?? null,
        ...rest,
      };
    }
    default:
      return assertNever(author);
  }
}
