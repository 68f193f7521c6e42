// The context of a transition besides the rows it touches: the workspace setup, the signal number and the time. The
// caller passes all of it in; a transition looks nothing up.

import type { Admin, Channel, DataAttribute, Tag, Team } from '../model/model.ts';
import type { WorkflowDefinition, WorkflowVersion } from '../workflow/definition.ts';

/** The format of outbound events. */
export type EventFormat = 'parley' | 'intercom';

export type WorkspaceSetup = {
  readonly workspaceId: number;
  readonly channels: ReadonlyMap<number, Channel & { readonly eventFormat: EventFormat }>;
  readonly admins: ReadonlyMap<number, Admin>;
  readonly teams: ReadonlyMap<number, Team>;
  readonly tags: ReadonlyMap<number, Tag>;
  readonly dataAttributes: readonly DataAttribute[];
  /** The current versions, in the order in which their triggers are tried. */
  readonly workflows: readonly WorkflowVersion[];
  /** Any version, also one that is not current any more; undefined when there is none. */
  readonly definitionOf: (workflowId: number, version: number) => WorkflowDefinition | undefined;
};

export type TransitionContext = {
  readonly channel: Channel;
  readonly eventFormat: EventFormat;
  readonly setup: WorkspaceSetup;
  /** Unique number of the signal: the source of every id it makes. */
  readonly signalNumber: number;
  readonly nowMs: number;
};
