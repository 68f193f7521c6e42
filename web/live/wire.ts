// What the server sends to the app, as types. Ids are texts, times milliseconds since 1970, words plain text.

export type Session = {
  readonly me: {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly role: string;
  };
  readonly workspace: { readonly id: string; readonly name: string };
};

export type State = 'open' | 'closed' | 'snoozed';

export type ViewCount = { readonly id: string; readonly count: number | null };

export type Teammate = { readonly id: string; readonly name: string };

/** What the shell needs, in one answer. */
export type Views = {
  readonly views: readonly ViewCount[];
  readonly people: readonly Teammate[];
  readonly teams: readonly Teammate[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
};

export type Author = {
  readonly type: 'user' | 'lead' | 'admin' | 'team' | 'bot';
  readonly id: string;
  readonly name: string | null;
};

export type Holder = {
  readonly kind: 'none' | 'teammate' | 'workflow';
  readonly admin_id?: string;
  readonly workflow_name?: string;
  readonly version?: number;
  readonly step_id?: string;
  readonly waits_for?: 'quick_reply' | 'attribute' | 'reply' | 'time' | 'webhook';
  readonly since?: number;
  readonly until?: number | null;
};

export type Person = {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly role: string;
};

/** A conversation as a list shows it. */
export type Row = {
  readonly id: string;
  readonly version: number;
  readonly state: State;
  /** Null while the data of a deleted contact are being removed. */
  readonly contact: Person | null;
  readonly channel_id: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly waiting_since: number | null;
  readonly snoozed_until: number | null;
  readonly admin_assignee_id: string | null;
  readonly team_assignee_id: string | null;
  readonly is_priority: boolean;
  readonly is_unread: boolean;
  readonly tags: readonly { readonly id: string; readonly name: string }[];
  readonly last_position: number;
  readonly preview: {
    readonly text: string;
    readonly author: Author;
    readonly kind: string;
    readonly at: number;
  } | null;
  readonly holder: Holder;
};

export type RowPage = { readonly conversations: readonly Row[]; readonly next: string | null };

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

export type Details = Omit<Row, 'contact'> & {
  readonly external_id: string;
  readonly title: string | null;
  readonly custom_attributes: { readonly [name: string]: Json };
  readonly contact:
    | (Person & {
        readonly external_id: string | null;
        readonly phone: string | null;
        readonly custom_attributes: { readonly [name: string]: Json };
        readonly created_at: number;
        readonly is_blocked: boolean;
      })
    | null;
  readonly other_conversations: readonly {
    readonly id: string;
    readonly state: State;
    readonly updated_at: number;
    readonly preview: string | null;
  }[];
};

export type Part = {
  readonly id: string;
  readonly position: number;
  readonly kind: string;
  readonly body: string | null;
  readonly author: Author;
  readonly at: number;
  readonly is_redacted: boolean;
  readonly assigned_to: {
    readonly type: 'admin' | 'team';
    readonly id: string;
    readonly name: string | null;
  } | null;
  readonly details: { readonly [key: string]: Json } | null;
  readonly options: readonly {
    readonly id: string;
    readonly text: string;
    readonly is_chosen: boolean;
  }[];
  readonly is_stale: boolean;
  readonly attachments: readonly Attachment[];
};

export type Attachment = {
  readonly name: string;
  readonly url: string;
  readonly content_type: string | null;
  readonly filesize: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

export type PartPage = { readonly parts: readonly Part[]; readonly has_more: boolean };

export type DeliveryState = 'queued' | 'delivered' | 'retrying' | 'dead' | 'unseen' | 'disabled';

export type Delivery = {
  /** Null: it tells of something else than a part. */
  readonly part_id: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly ahead: number;
  readonly next_at: number | null;
  readonly latency_ms: number | null;
  readonly status: number | null;
  /** What the last attempt says. */
  readonly answer: string | null;
  readonly history: readonly {
    readonly number: number;
    readonly at: number;
    readonly status: number | null;
    readonly latency_ms: number;
    readonly outcome: string;
    readonly detail: string;
  }[];
};

export type MessageKind = 'reply' | 'note';

export type Action =
  | { readonly kind: 'assign'; readonly admin_id?: string | null; readonly team_id?: string | null }
  | { readonly kind: 'close' | 'open' | 'take_over' }
  | { readonly kind: 'snooze'; readonly until: number };
