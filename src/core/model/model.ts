// The domain model as types, without behaviour. Times are milliseconds since 1970; ids are as the wire shows them
// (contract row 51).

import type { WorkflowRun } from '../workflow/run/run.ts';
import type { Attachment } from './file.ts';
import type { Source } from './source.ts';
import type { Statistics } from './statistics.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** One app of a workspace, with its settings (contract rows 8, 9, 10, 26, 40). */
export type Channel = {
  readonly workspaceId: number;
  readonly id: number;
  readonly name: string;
  readonly isEnabled: boolean;
  readonly autoCreateConversation: boolean;
  readonly requireUserIdentity: boolean;
  readonly unknownAttribute: 'record' | 'reject';
  readonly strictVersion: boolean;
  /** Whether the app shows buttons; if not, they become numbered lines of the message and a typed number chooses. */
  readonly hasButtons: boolean;
  /** The zone of the times in texts, as an IANA name; null: UTC. */
  readonly timeZone: string | null;
  /** The origins of web pages that may read its events in a browser. */
  readonly allowedOrigins: readonly string[];
};

export type ContactRole = 'user' | 'lead';

/** Details that few contacts have, and that only the REST API sets. */
export type ContactProfile = {
  readonly avatarUrl?: string;
  /** The admin who looks after the contact. */
  readonly ownerId?: number;
  readonly lastSeenAt?: number;
  readonly languageOverride?: string;
  readonly isUnsubscribedFromEmails?: boolean;
  /** The types that it opted out of or in to. */
  readonly subscriptionTypeIds?: readonly number[];
};

export type Contact = {
  readonly id: string;
  readonly role: ContactRole;
  readonly externalId: string | null;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly profile: ContactProfile;
  readonly tagIds: readonly number[];
  readonly customAttributes: { readonly [name: string]: Json };
  readonly signedUpAt: number | null;
  readonly lastRepliedAt: number | null;
  readonly archivedAt: number | null;
  readonly blockedAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type ConversationState = 'open' | 'closed' | 'snoozed';

export type Conversation = {
  readonly id: number;
  readonly externalId: string;
  /** The contact it began with; after a merge, the remaining one. */
  readonly contactId: string;
  readonly otherContactIds: readonly string[];
  /** Null if an event of the app began it and its contact is still the first one. */
  readonly source: Source | null;
  readonly state: ConversationState;
  readonly isRead: boolean;
  readonly isPriority: boolean;
  readonly title: string | null;
  readonly adminAssigneeId: number | null;
  readonly teamAssigneeId: number | null;
  readonly customAttributes: { readonly [name: string]: Json };
  readonly waitingSince: number | null;
  readonly snoozedUntil: number | null;
  readonly firstContactReplyAt: number | null;
  readonly lastContactReplyAt: number | null;
  readonly countReopens: number;
  readonly statistics: Statistics;
  readonly partCount: number;
  readonly tagIds: readonly number[];
  /** The current workflow run, or the last one. */
  readonly run: WorkflowRun | null;
  /** The admin who took it over: no workflow runs in it until it is closed. */
  readonly heldByAdminId: number | null;
  /** Outbound events so far: the sequence of the last one. */
  readonly eventCount: number;
  /** Signals on record so far: the ordinal of the last one. */
  readonly signalCount: number;
  /** Time of its timer: the earlier of the run's time limit and the end of the snooze. */
  readonly wakeAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
};

export type PartType =
  | 'comment'
  | 'open'
  | 'note'
  | 'quick_reply'
  | 'close'
  | 'snoozed'
  | 'timer_unsnooze'
  | 'assignment'
  | 'assign_and_reopen'
  | 'away_mode_assignment'
  | 'conversation_attribute_updated_by_workflow'
  | 'conversation_attribute_updated_by_admin';

export type Author =
  | { readonly type: ContactRole; readonly id: string }
  | { readonly type: 'admin' | 'team'; readonly id: string }
  | { readonly type: 'bot'; readonly id: string };

export type Part = {
  readonly id: number;
  readonly conversationId: number;
  /** 1, 2, 3… within the conversation. */
  readonly position: number;
  readonly partType: PartType;
  /** The text as typed; core/presenters wraps it (contract row 30). */
  readonly body: string | null;
  readonly author: Author;
  /** The inbound event that created it, if it carries a contact's text (contract row 50). */
  readonly externalId: string | null;
  readonly metadata: { readonly [key: string]: Json } | null;
  readonly eventDetails: { readonly [key: string]: Json } | null;
  readonly state: ConversationState;
  /** The assignee of an assignment; null unassigns. */
  readonly assignedTo: Assignee | null;
  readonly createdAt: number;
  /** Its files; absent: none. */
  readonly attachments?: readonly Attachment[];
};

/** A part as read from the database, with what may have changed since it was written. */
export type StoredPart = Part & { readonly isRedacted: boolean };

export type Assignee = { readonly type: 'admin' | 'team'; readonly id: number };

export type DataType = 'string' | 'integer' | 'float' | 'boolean' | 'date' | 'datetime' | 'options';

export type DataAttribute = {
  readonly model: 'contact' | 'conversation';
  readonly name: string;
  readonly dataType: DataType;
  readonly options: readonly string[];
  readonly label?: string | null;
};

export type Workspace = { readonly id: number; readonly name: string; readonly createdAt: number };

export type Admin = {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly jobTitle: string | null;
  readonly awayModeEnabled: boolean;
  readonly awayModeReassign: boolean;
  readonly hasInboxSeat: boolean;
  readonly awayStatusReasonId: number | null;
};

export type Team = {
  readonly id: number;
  readonly name: string;
  readonly adminIds: readonly number[];
};

/** A teammate's note about a contact. */
export type Note = {
  readonly id: number;
  /** The contact; for a merged lead, its user. */
  readonly contactId: string;
  readonly adminId: number | null;
  /** The text as sanitised HTML. */
  readonly body: string;
  readonly createdAt: number;
};

export type Tag = { readonly id: number; readonly name: string };
