// The draft of a transition: the current state, with the parts, events and jobs that the signal has created so far.
// Adds parts and maintains the counts; does not know where a signal came from.

import type { AuditEntry } from '../model/audit.ts';
import type { Attachment } from '../model/file.ts';
import type {
  Assignee,
  Author,
  Contact,
  Conversation,
  Json,
  Part,
  PartType,
} from '../model/model.ts';
import type { TraceEntry } from '../workflow/run/run.ts';
import { effectId } from './ids.ts';
import type { Job } from './signal.ts';
import type { TransitionContext } from './transition-context.ts';

/** An event of the conversation's log, with the text that every transport sends. */
export type LogEntry = {
  readonly conversationId: number;
  readonly sequence: number;
  readonly name: string;
  /** JSON text. */
  readonly body: string;
  readonly createdAt: number;
};

/** An ephemeral event: sent once and not stored. */
export type EphemeralEntry = {
  readonly conversationId: number;
  readonly name: 'typing_started' | 'typing_stopped';
  readonly body: string;
};

export type Change = {
  readonly contact: Contact;
  readonly conversation: Conversation;
  readonly parts: readonly Part[];
  readonly events: readonly LogEntry[];
  readonly ephemeral: readonly EphemeralEntry[];
  readonly jobs: readonly Job[];
  readonly finishedJobIds: readonly number[];
  /** Options with ids that a caller chose. The ids of a workflow's options name their part, so these are not stored. */
  readonly offeredOptions: readonly { readonly optionId: string; readonly text: string }[];
  readonly requestedAttributes: readonly string[];
  /** The parts that lose their text. */
  readonly redactedParts: readonly Pick<Part, 'id' | 'position'>[];
  readonly isDeleted: boolean;
  readonly trace: readonly TraceEntry[];
  /** Entries for the audit log. */
  readonly audit: readonly AuditEntry[];
};

export const beginChange = (contact: Contact, conversation: Conversation): Change => ({
  contact,
  conversation,
  parts: [],
  events: [],
  ephemeral: [],
  jobs: [],
  finishedJobIds: [],
  offeredOptions: [],
  requestedAttributes: [],
  redactedParts: [],
  isDeleted: false,
  trace: [],
  audit: [],
});

/** Effects 0 and 1 of a signal are its contact and its conversation; parts and jobs come after. */
const FIRST_FREE_EFFECT = 2;

/** Returns the id of the next part or job of a change. */
export const nextId = ({ parts, jobs }: Change, { signalNumber }: TransitionContext): number =>
  effectId(signalNumber, FIRST_FREE_EFFECT + parts.length + jobs.length);

export type NewPart = {
  readonly partType: PartType;
  readonly body: string | null;
  readonly author: Author;
  readonly externalId?: string | null;
  readonly metadata?: Part['metadata'];
  readonly eventDetails?: { readonly [key: string]: Json };
  readonly assignedTo?: Assignee | null;
  readonly attachments?: readonly Attachment[] | undefined;
  /** Time of the part; absent or later than the signal: the time of the signal. */
  readonly createdAt?: number | undefined;
};

/** Appends a part with the next position, an id from the signal, and the current state of the conversation. */
export function addPart(change: Change, context: TransitionContext, part: NewPart): Change {
  const { conversation } = change;
  const position = conversation.partCount + 1;
  const added: Part = {
    id: nextId(change, context),
    conversationId: conversation.id,
    position,
    partType: part.partType,
    body: part.body,
    author: part.author,
    externalId: part.externalId ?? null,
    metadata: part.metadata ?? null,
    eventDetails: part.eventDetails ?? null,
    assignedTo: part.assignedTo ?? null,
    state: conversation.state,
    createdAt: Math.min(part.createdAt ?? context.nowMs, context.nowMs),
    ...attached(part.attachments),
  };
  return {
    ...change,
    conversation: { ...conversation, partCount: position, updatedAt: context.nowMs },
    parts: [...change.parts, added],
  };
}

/** Returns the field of attachments; none for none. */
export const attached = (
  attachments: readonly Attachment[] | undefined,
): { readonly attachments?: readonly Attachment[] } =>
  attachments === undefined || attachments.length === 0 ? noAttachments : { attachments };

const noAttachments = {};

/** Changes the conversation and its update time. */
export const changeConversation = (
  change: Change,
  { nowMs }: TransitionContext,
  fields: Partial<Conversation>,
): Change => ({
  ...change,
  conversation: { ...change.conversation, ...fields, updatedAt: nowMs },
});

/** Adds lines to the trace. */
export const addTrace = (change: Change, ...entries: readonly TraceEntry[]): Change => ({
  ...change,
  trace: [...change.trace, ...entries],
});

/** Adds entries to the audit log. */
export const addAudit = (change: Change, entries: readonly AuditEntry[]): Change =>
  entries.length === 0 ? change : { ...change, audit: [...change.audit, ...entries] };
