// Everything that can change a conversation, as a closed list. transition.ts decides what each does.

import type { ChannelEvent } from '../../contract/channel-events.ts';
import type { Json } from '../model/model.ts';
import type { TagChange } from '../model/tag-ids.ts';

export type Signal =
  | { readonly kind: 'channel_event'; readonly event: ChannelEvent }
  | ConversationSignal;

/** A signal about a conversation that we know by our own id. */
export type ConversationSignal =
  | {
      readonly kind: 'teammate';
      readonly conversationId: number;
      readonly adminId: number;
      readonly action: TeammateAction;
    }
  /** A contact's words that arrive through the REST API, not through the app's own event. */
  | {
      readonly kind: 'contact_reply';
      readonly conversationId: number;
      readonly contactId: string;
      readonly body: string;
    }
  /** The conversation's wakeAt is due. */
  | { readonly kind: 'timer'; readonly conversationId: number }
  /** What was set by a wrong clock is moved to where it belongs, unless it has changed since. */
  | {
      readonly kind: 'clock_corrected';
      readonly conversationId: number;
      /** The wait that began then, by the wrong clock. */
      readonly wait: { readonly sinceMs: number; readonly byMs: number } | null;
      /** The snooze that ends then, by the wrong clock. */
      readonly snooze: { readonly untilMs: number; readonly byMs: number } | null;
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

export type TeammateAction =
  | { readonly do: 'comment'; readonly body: string }
  | { readonly do: 'note'; readonly body: string }
  | {
      readonly do: 'quick_reply';
      readonly body: string | null;
      readonly options: readonly { readonly id: string; readonly text: string }[];
    }
  | { readonly do: 'close'; readonly body: string | null }
  | { readonly do: 'snooze'; readonly untilMs: number }
  | { readonly do: 'open' }
  /** Adds and removes tags. The submitter has checked that they exist. */
  | { readonly do: 'tag'; readonly tags: TagChange }
  | {
      readonly do: 'assign';
      readonly to: { readonly type: 'admin' | 'team'; readonly id: number } | null;
      readonly body: string | null;
    };

/** How a webhook call ended. */
export type JobOutcome =
  | {
      readonly ok: true;
      readonly status: number;
      /** The JSON of the response; null if there is none. */
      readonly answer: Json;
      /** Why there is no JSON although there is a response, as the rest of a sentence about it. */
      readonly unusable?: string;
    }
  | { readonly ok: false; readonly reason: string };

/** A slow step that runs outside the transition: engine/ stores it, jobs/ runs it. */
export type Job = {
  readonly id: number;
  readonly conversationId: number;
  readonly channelId: number;
  readonly kind: 'call_webhook';
  readonly content: WebhookCall;
  readonly createdAt: number;
};

export type WebhookCall = {
  /** With `${secret:name}` in its query where a secret belongs. */
  readonly url: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  /** What is sent, byte for byte; null: no body. */
  readonly body: string | null;
  readonly timeoutMs: number;
  readonly retryDelaysMs: readonly number[];
  /** The time for all attempts together, from createdAt; undefined: the attempts alone limit it. */
  readonly withinMs?: number;
  /** Headers with `${secret:name}` where a secret belongs; no value of a contact gets into them. */
  readonly secretHeaders?: { readonly [name: string]: string };
  /** The secrets that url and secretHeaders name. */
  readonly secretNames?: readonly string[];
};
