// A workflow as it runs: checked, every name resolved, every successor said. read-definition.ts makes it out of a file;
// nothing here decides anything. Stored as JSON in workflow_versions, so every field of an old version stays readable.

import type { Json } from '../model.ts';

/** Where a run goes next: the id of a step, or null: the run ends. */
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
    /** Null: every channel of the workspace. */
    readonly channelIds: readonly number[] | null;
  };
  readonly when: Condition | null;
  /** The first is where a run begins. */
  readonly steps: readonly Step[];
};

/** The search grammar of the contract, section C. */
export type Condition = Filter | Group;

export type Operator = '=' | '!=' | 'IN' | 'NIN' | '<' | '>' | '~' | '!~' | '^' | '$';

export const operators: readonly Operator[] = [
  '=',
  '!=',
  'IN',
  'NIN',
  '<',
  '>',
  '~',
  '!~',
  '^',
  '$',
];

export type Filter = {
  readonly field: string;
  readonly operator: Operator;
  readonly value: Json;
};

export type Group = { readonly operator: 'AND' | 'OR'; readonly value: readonly Condition[] };

export type TimeLimit = { readonly afterMs: number; readonly next: Target };

type Named = { readonly id: string };

/** `body`, `text` and the like are templates (template.ts). */
export type Step = Named &
  (
    | { readonly do: 'send_message'; readonly body: string; readonly next: Target }
    | {
        readonly do: 'ask_quick_reply';
        readonly body: string;
        readonly options: readonly QuickReplyOption[];
        /** Where a typed message leads; undefined: the question stays open. */
        readonly otherwise?: Target;
        readonly timeout: TimeLimit | null;
      }
    | {
        readonly do: 'collect_attribute';
        readonly attribute: string;
        readonly prompt: string;
        /** RE2 syntax, matched in linear time. */
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
    /** For a while. */
    | { readonly do: 'wait'; readonly forMs: number; readonly next: Target }
    /** For the contact's next message. */
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
        readonly url: string;
        readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
        /** Names to templates. */
        readonly headers: { readonly [name: string]: string };
        /** JSON whose texts are templates; null: no body. */
        readonly body: Json;
        readonly timeoutMs: number;
        /** Waits between attempts; as many retries as there are entries. */
        readonly retryDelaysMs: readonly number[];
        /** From the JSON answer into attributes of the conversation. */
        readonly save: readonly { readonly attribute: string; readonly pointer: string }[];
        readonly failed: Target;
        readonly next: Target;
      }
    | { readonly do: 'run_workflow'; readonly workflowId: number }
  );

export type StepKind = Step['do'];

export type QuickReplyOption = {
  readonly id: string;
  readonly text: string;
  readonly next: Target;
};

/** A version of a workflow, as a run refers to it. */
export type WorkflowVersion = {
  readonly workflowId: number;
  readonly version: number;
  readonly definition: WorkflowDefinition;
};
