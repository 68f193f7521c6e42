// The closed list of signals that can change a conversation. transition.ts applies them.

import type { ChannelEvent } from '../../contract/channel-events.ts';
import type { Attachment } from '../model/file.ts';
import type { Json } from '../model/model.ts';
import type { TagChange } from '../model/tag-ids.ts';

export type Signal =
  | {
      readonly kind: 'channel_event';
      readonly event: ChannelEvent;
      /** The files of its `attachmentUrls`, with ids that only this try of the event has. */
      readonly attachments?: readonly Attachment[] | undefined;
    }
  | BeginSignal
  | ConversationSignal;

/** A contact or a teammate begins a conversation over the REST API. */
export type BeginSignal = {
  readonly kind: 'begin';
  /** The id by which the app will know the conversation. */
  readonly externalId: string;
  readonly contactId: string;
  readonly otherContactIds: readonly string[];
  /** The teammate who writes; null: the contact does. */
  readonly adminId: number | null;
  readonly title: string | null;
  readonly body: string;
  readonly writtenAt?: number | undefined;
  readonly attachments?: readonly Attachment[];
};

/** A signal that names its conversation by Parley's own id. */
export type ConversationSignal =
  | {
      readonly kind: 'teammate';
      readonly conversationId: number;
      readonly adminId: number;
      readonly action: TeammateAction;
      /** The number of parts that the submitter found; with another one the action is rejected. */
      readonly ifPartCount?: number;
    }
  /** A contact's message that arrives through the REST API instead of an event of the app. */
  | {
      readonly kind: 'contact_reply';
      readonly conversationId: number;
      readonly contactId: string;
      readonly said: ContactWords;
      /** Time of writing, if earlier than now. */
      readonly writtenAt?: number | undefined;
      readonly attachments?: readonly Attachment[];
    }
  /** What is left out stays. An attribute is cleared by null or an empty text. */
  | {
      readonly kind: 'update';
      readonly conversationId: number;
      readonly isRead?: boolean | undefined;
      readonly title?: string | null | undefined;
      readonly attributes: { readonly [name: string]: Json };
    }
  /** A contact joins or leaves. The submitter has checked that the one who joins exists. */
  | {
      readonly kind: 'participants';
      readonly conversationId: number;
      readonly adminId: number;
      readonly change: 'attach' | 'detach';
      readonly contactId: string;
    }
  /** A part loses its text. The submitter has checked that it is there, and knows whether it is a note. */
  | {
      readonly kind: 'redact';
      readonly isNote: boolean;
      readonly conversationId: number;
      readonly adminId: number;
      readonly partId: number;
      readonly position: number;
    }
  /** The conversation is deleted, with all that was said in it. */
  | { readonly kind: 'delete'; readonly conversationId: number; readonly adminId: number }
  /** The conversation's wakeAt is due. */
  | { readonly kind: 'timer'; readonly conversationId: number }
  /** Corrects times that were set by a wrong clock, unless they have changed since. */
  | {
      readonly kind: 'clock_corrected';
      readonly conversationId: number;
      /** The wait that began at this time of the wrong clock. */
      readonly wait: { readonly sinceMs: number; readonly byMs: number } | null;
      /** The snooze that ends at this time of the wrong clock. */
      readonly snooze: { readonly untilMs: number; readonly byMs: number } | null;
    }
  /** A lead in the conversation was merged into a user, who takes its place. */
  | {
      readonly kind: 'contact_merged';
      readonly conversationId: number;
      readonly from: { readonly id: string; readonly externalId: string | null };
      readonly intoId: string;
      /** True for one conversation of each channel, whose events announce the change of the contact. */
      readonly isFirstOfChannel: boolean;
    }
  /** The teammate who has the conversation is away, and gives it back. */
  | { readonly kind: 'give_back'; readonly conversationId: number; readonly adminId: number }
  /** A contact in the conversation was blocked or deleted. */
  | {
      readonly kind: 'contact_gone';
      readonly conversationId: number;
      readonly adminId: number;
      readonly contactId: string;
      /** Replaces the app's id of the conversation if a deleted contact was the last; null: it was only blocked. */
      readonly newExternalId: string | null;
    }
  | {
      readonly kind: 'job_finished';
      readonly conversationId: number;
      readonly jobId: number;
      readonly outcome: JobOutcome;
    }
  /** An operator moves the waiting run to another version of its workflow. */
  | {
      readonly kind: 'move_run';
      readonly conversationId: number;
      readonly workflowId: number;
      readonly version: number;
    };

/** A message, or the choice of an offered button. */
export type ContactWords = { readonly body: string } | { readonly optionId: string };

export type TeammateAction =
  | {
      readonly do: 'comment' | 'note';
      readonly body: string;
      /** Time of writing, if earlier than now. */
      readonly writtenAt?: number | undefined;
      readonly attachments?: readonly Attachment[];
    }
  | {
      readonly do: 'quick_reply';
      readonly body: string | null;
      readonly options: readonly { readonly id: string; readonly text: string }[];
      readonly writtenAt?: number | undefined;
      readonly attachments?: readonly Attachment[];
    }
  | { readonly do: 'close'; readonly body: string | null }
  | { readonly do: 'snooze'; readonly untilMs: number }
  | { readonly do: 'open' }
  /** Ends the run that waits, and assigns the conversation to the teammate. */
  | { readonly do: 'take_over' }
  | { readonly do: 'prioritize'; readonly isPriority: boolean }
  /** Adds and removes tags. The submitter has checked that they exist. */
  | { readonly do: 'tag'; readonly tags: TagChange }
  | {
      readonly do: 'assign';
      readonly to: { readonly type: 'admin' | 'team'; readonly id: number } | null;
      readonly body: string | null;
    };

/** The result of a webhook call. */
export type JobOutcome =
  | {
      readonly ok: true;
      readonly status: number;
      /** The JSON of the response; null if there is none. */
      readonly answer: Json;
      /** The reason why the response has no usable JSON; completes a sentence. */
      readonly unusable?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** A slow step that runs outside the transition: the engine stores it, jobs/ runs it. */
export type Job = {
  readonly id: number;
  readonly conversationId: number;
  readonly channelId: number;
  readonly kind: 'call_webhook';
  readonly content: WebhookCall;
  readonly createdAt: number;
};

export type WebhookCall = {
  /** The address, with `${secret:name}` for a secret in its query. */
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  /** The body, byte for byte; null: none. */
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly retryDelaysMs: readonly number[];
  /** The time for all attempts together, from createdAt; undefined: the attempts alone limit it. */
  readonly withinMs?: number;
  /** Headers with `${secret:name}` for a secret; they contain no value of a contact. */
  readonly secretHeaders?: { readonly [name: string]: string };
  /** The secrets that url and secretHeaders name. */
  readonly secretNames?: readonly string[];
};
