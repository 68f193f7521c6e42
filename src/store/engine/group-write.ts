// The rows that a group of signals writes: the input of the writing statement. Types only.

import type { Outcome } from '../../core/conversation/transition.ts';
import type { AuditEntry, AuditOrigin } from '../../core/model/audit.ts';
import type { EffectKey } from '../../core/model/effect-key.ts';
import type { Contact, Conversation } from '../../core/model/model.ts';
import type { StoredEffect } from './load.ts';

export type EventRow = {
  readonly workspaceId: number;
  readonly eventId: string;
  /** The hash in hex. */
  readonly contentHash: string;
  readonly conversationId: number;
  readonly contactId: string;
  readonly signalNumber: number;
  readonly receivedAt: number;
};

/** A row that replaces the version that was read; version 0 means a new row. */
export type Write<Row> = Row & {
  readonly workspaceId: number;
  readonly readVersion: number;
  /** Whether the custom attributes are unchanged, so that they need not be written. */
  readonly hasSameAttributes: boolean;
  readonly signalNumber: number;
};

/** A contact to write. */
export type ContactWrite = Write<Contact> & {
  /** The fields that only the REST API changes, with the profile and the external id; null if it did not. */
  readonly rewrite: Rewrite | null;
};

export type Rewrite = {
  /** The user that the contact was merged into. */
  readonly mergedInto: string | null;
  readonly deletedAt: number | null;
};

/** An e-mail that a user gets: replaces the signal number that was read; 0 means a new row. */
export type EmailGuard = {
  readonly workspaceId: number;
  /** The hash in hex. */
  readonly hash: string;
  readonly readNumber: number;
  readonly signalNumber: number;
};

/** A contact for whom a conversation opens: it must still be neither blocked, merged nor deleted. */
export type PresentContact = { readonly workspaceId: number; readonly id: string };

/** A conversation to write, or to delete. */
export type ConversationWrite = Write<Conversation> & {
  readonly channelId: number;
  /** Whether the statistics are unchanged, as they are by what a contact writes. */
  readonly hasSameStatistics: boolean;
  readonly isDeleted: boolean;
  /** Whether the app's id of it is replaced. */
  readonly isRenamed: boolean;
};

export type GroupWrite = {
  readonly events: readonly EventRow[];
  readonly contacts: readonly ContactWrite[];
  /** Contacts that stay as they are; those that are written have their version checked. */
  readonly presentContacts: readonly PresentContact[];
  readonly emailGuards: readonly EmailGuard[];
  readonly conversations: readonly ConversationWrite[];
  readonly audit: readonly AuditRow[];
  readonly effects: readonly EffectRow[];
  /** What the feed of the web app tells; none for workspaces that do not use it. */
  readonly inboxChanges: readonly InboxChange[];
  /** The results of the accepted signals, in order: parts, events and jobs come from them. */
  readonly outcomes: readonly SignalOutcome[];
};

/** The conversations of a workspace that a group changed. */
export type InboxChange = {
  readonly workspaceId: number;
  readonly conversationIds: readonly number[];
  readonly versions: readonly number[];
  readonly kinds: readonly number[];
};

export type AuditRow = AuditEntry & {
  readonly workspaceId: number;
  readonly at: number;
  readonly origin: AuditOrigin | undefined;
};

/** The result of a signal of a request with an idempotency key. */
export type EffectRow = EffectKey & StoredEffect & { readonly workspaceId: number };

/** The result of an accepted signal, with its workspace and channel. */
export type SignalOutcome = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly signalNumber: number;
  readonly receivedAt: number;
  readonly outcome: Outcome;
};
