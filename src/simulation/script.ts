// A script: the contact, the actions of the contact and of teammates, waits and expectations. script-reader.ts reads it
// from a file, run-script.ts runs it.

import type { JobOutcome } from '../core/conversation/signal.ts';
import type { EventFormat } from '../core/conversation/transition-context.ts';
import type { ContactRole, ConversationState, DataAttribute, Json } from '../core/model/model.ts';
import type { Waiting } from '../core/workflow/run/run.ts';

export type Script = {
  /** A description, for people. */
  readonly about: string | null;
  /** Further workflow files, relative to the script. */
  readonly workflows: readonly string[];
  readonly startsAtMs: number;
  readonly channel: {
    /** The channel; null: the first that a workflow names. */
    readonly name: string | null;
    readonly eventFormat: EventFormat;
    /** The handling of unknown attributes; null: the workspace's. */
    readonly unknownAttribute: 'record' | 'reject' | null;
  };
  readonly contact: {
    readonly role: ContactRole;
    readonly externalId: string;
    readonly name: string | null;
    readonly email: string | null;
    readonly phone: string | null;
    readonly customAttributes: { readonly [name: string]: Json };
  };
  readonly dataAttributes: readonly DataAttribute[];
  /** Whether every message must be expected wherever one is. */
  readonly isStrict: boolean;
  readonly steps: readonly ScriptStep[];
};

export type ScriptStep = {
  /** The position in the file. */
  readonly index: number;
} & (
  | { readonly do: 'start' }
  | { readonly do: 'say'; readonly text: string }
  /** Names the button by its text or id; `prompt` counts from 1, null: the newest. */
  | { readonly do: 'click'; readonly button: string; readonly prompt: number | null }
  | { readonly do: 'give'; readonly attribute: string; readonly value: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'webhook'; readonly outcome: JobOutcome }
  /** The name of an admin; null: any. */
  | { readonly do: 'teammate'; readonly name: string | null; readonly action: ScriptAction }
  | { readonly do: 'expect'; readonly expected: Expectation }
);

export type ScriptAction =
  | { readonly do: 'says' | 'notes'; readonly text: string }
  | { readonly do: 'closes'; readonly text: string | null }
  | { readonly do: 'opens' }
  | { readonly do: 'snoozes'; readonly ms: number }
  | { readonly do: 'assigns'; readonly to: ScriptAssignee | null }
  | { readonly do: 'offers'; readonly buttons: readonly string[]; readonly text: string | null };

export type ScriptAssignee = { readonly type: 'admin' | 'team'; readonly name: string };

/** The expected values. An undefined field is not checked. */
export type Expectation = {
  /** Expectations of the next message. */
  readonly message?: string;
  readonly matches?: string;
  readonly buttons?: readonly string[];
  /** An expectation of the next question for an attribute. */
  readonly asksFor?: string;
  readonly isNothing?: true;
  /** Expectations of the current conversation. */
  readonly state?: ConversationState;
  /** The name of a team or admin; null: unassigned. */
  readonly assignedTo?: string | null;
  /** The values of attributes; null: no value. */
  readonly attributes?: { readonly [name: string]: Json };
  /** The complete list of tags. */
  readonly tags?: readonly string[];
  readonly note?: string;
  readonly waitsFor?: Waiting['for'] | 'nothing';
  readonly calls?: string;
  readonly workflow?: string;
};
