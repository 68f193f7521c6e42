// A script: the contact, what the contact, teammates and time do, and what is expected to come back. script-reader.ts
// makes it out of a file, run-script.ts runs it.

import type { JobOutcome } from '../core/conversation/signal.ts';
import type { EventFormat } from '../core/conversation/transition-context.ts';
import type { ContactRole, ConversationState, DataAttribute, Json } from '../core/model/model.ts';
import type { Waiting } from '../core/workflow/run/run.ts';

export type Script = {
  /** What it shows, for people. */
  readonly about: string | null;
  /** Further workflow files, relative to the script. */
  readonly workflows: readonly string[];
  readonly startsAtMs: number;
  readonly channel: {
    /** Null: the first that a workflow names. */
    readonly name: string | null;
    readonly eventFormat: EventFormat;
    /** Null: as the workspace has it. */
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
  /** Whether every message must be expected, where anything is. */
  readonly isStrict: boolean;
  readonly steps: readonly ScriptStep[];
};

export type ScriptStep = {
  /** Its place in the file. */
  readonly index: number;
} & (
  | { readonly do: 'start' }
  | { readonly do: 'say'; readonly text: string }
  /** By the text of the button or its id; `prompt` counts from 1, null: the newest. */
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

/** What is wanted. A field that is undefined is not checked. */
export type Expectation = {
  /** Expectations of the next message. */
  readonly message?: string;
  readonly matches?: string;
  readonly buttons?: readonly string[];
  /** An expectation of the next question for an attribute. */
  readonly asksFor?: string;
  readonly isNothing?: true;
  /** Expectations of the conversation as it is now. */
  readonly state?: ConversationState;
  /** The name of a team or admin; null: nobody. */
  readonly assignedTo?: string | null;
  /** Null: it has no value. */
  readonly attributes?: { readonly [name: string]: Json };
  /** All of them. */
  readonly tags?: readonly string[];
  readonly note?: string;
  readonly waitsFor?: Waiting['for'] | 'nothing';
  readonly calls?: string;
  readonly workflow?: string;
};
