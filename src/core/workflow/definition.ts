// The definition of a workflow: checked, with all names and targets resolved. parse/definition-reader.ts reads it from
// a file. Stored as JSON in workflow_versions, so every field of an old version stays readable.

import type { Json } from '../model/model.ts';
import type { Condition } from '../search/condition.ts';

/** The next step of a run, by its id; null: the run ends. */
export type Target = string | null;

export type TriggerKind =
  | 'new_conversation'
  | 'new_message'
  | 'quick_reply_selected'
  | 'attribute_collected'
  | 'conversation_closed';

export const triggerKinds: readonly TriggerKind[] = [
  'new_conversation',
  'new_message',
  'quick_reply_selected',
  'attribute_collected',
  'conversation_closed',
];

export type WorkflowDefinition = {
  readonly name: string;
  readonly trigger: {
    readonly on: TriggerKind;
    /** The channels; null: all of the workspace. */
    readonly channelIds: readonly number[] | null;
  };
  readonly when: Condition | null;
  /** The steps; a run begins at the first. */
  readonly steps: readonly Step[];
};

export type TimeLimit = { readonly afterMs: number; readonly next: Target };

type Named = { readonly id: string };

/** A step of a workflow. `body`, `text` and the like are templates (template.ts). */
export type Step = Named &
  (
    | { readonly do: 'send_message'; readonly body: string; readonly next: Target }
    | {
        readonly do: 'ask_quick_reply';
        readonly body: string;
        /** The buttons; empty if they come from a list. */
        readonly options: readonly QuickReplyOption[];
        readonly from?: OptionsSource;
        /** The target after a typed message; undefined: the question stays open. */
        readonly otherwise?: Target;
        /** Whether typing the text of a button chooses it; undefined: yes. */
        readonly acceptsTyped?: false;
        readonly timeout: TimeLimit | null;
      }
    | {
        readonly do: 'collect_attribute';
        readonly attribute: string;
        readonly prompt: string;
        /** The pattern in RE2 syntax, matched in linear time. */
        readonly pattern: string | null;
        readonly invalid: string | null;
        readonly attempts: number;
        readonly failed: Target;
        readonly timeout: TimeLimit | null;
        readonly next: Target;
      }
    | {
        readonly do: 'branch';
        readonly cases: readonly { readonly when: Condition; readonly next: Target }[];
        readonly otherwise: Target;
      }
    /** Waits for a duration. */
    | { readonly do: 'wait'; readonly forMs: number; readonly next: Target }
    /** Waits until a time of day. */
    | {
        readonly do: 'wait_until';
        readonly minuteOfDay: number;
        /** The days; 0 is Sunday. */
        readonly weekdays: readonly number[];
        /** An IANA name; null: the zone of the channel. */
        readonly zone: string | null;
        readonly next: Target;
      }
    /** Waits for the contact's next message. */
    | {
        readonly do: 'wait_for_message';
        readonly timeout: TimeLimit | null;
        readonly next: Target;
      }
    | {
        readonly do: 'set_attribute';
        readonly model: 'contact' | 'conversation';
        readonly attribute: string;
        /** A template; an empty result clears the attribute. */
        readonly value: string;
        readonly next: Target;
      }
    | {
        readonly do: 'tag';
        readonly add: readonly number[];
        readonly remove: readonly number[];
        readonly next: Target;
      }
    | { readonly do: 'note'; readonly body: string; readonly next: Target }
    | {
        readonly do: 'assign';
        readonly to: { readonly type: 'admin' | 'team'; readonly id: number } | null;
        readonly note: string | null;
        readonly body: string | null;
        readonly next: Target;
      }
    | { readonly do: 'close'; readonly body: string | null }
    | { readonly do: 'snooze'; readonly forMs: number; readonly next: Target }
    | {
        readonly do: 'call_webhook';
        /** The address: a template after the host, with percent-encoded values; may name secrets in its query. */
        readonly url: string;
        readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
        /** The headers: values are templates, or texts that name secrets. */
        readonly headers: { readonly [name: string]: string };
        /** The body: JSON whose texts are templates; null: none. */
        readonly body: Json;
        readonly timeoutMs: number;
        /** The waits before retries; each entry is one retry. */
        readonly retryDelaysMs: readonly number[];
        /** The time for all attempts together, from when the run reaches the step; null or undefined: no limit. */
        readonly withinMs?: number | null;
        /** The values of the JSON response that become attributes of the conversation. */
        readonly save: readonly SavedValue[];
        readonly failed: Target;
        readonly next: Target;
      }
    | { readonly do: 'run_workflow'; readonly workflowId: number }
  );

export type StepKind = Step['do'];

type StepsByKind = { readonly [Kind in StepKind]: Extract<Step, { readonly do: Kind }> };

/** A step of one kind. */
export type StepOf<Kind extends StepKind> = StepsByKind[Kind];

/** The words for kinds of steps in files: `wait` covers all three waits. */
export type StepWord = Exclude<StepKind, 'wait_for_message' | 'wait_until'>;

export type SavedValue = {
  readonly attribute: string;
  /** A JSON pointer (RFC 6901). */
  readonly pointer: string;
  /** Whether a response without it is a failure; if not, the attribute is cleared. */
  readonly required?: boolean;
};

/** The place of the buttons in the response of a webhook. */
export type OptionsSource = {
  /** The step whose response has the list. */
  readonly call: string;
  /** Pointers to the list and, within an entry, to the id and the text of the button. */
  readonly list: string;
  readonly id: string;
  readonly text: string;
  /** The most entries; the others are left out. */
  readonly limit: number;
  /** The attribute that gets the id of the chosen entry; null: none. */
  readonly attribute: string | null;
  readonly next: Target;
  /** The target if no entry of the list makes a button. */
  readonly empty: Target;
};

export type QuickReplyOption = {
  readonly id: string;
  readonly text: string;
  readonly next: Target;
};

/** A version of a workflow. */
export type WorkflowVersion = {
  readonly workflowId: number;
  readonly version: number;
  readonly definition: WorkflowDefinition;
};
