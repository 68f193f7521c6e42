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
  /** Finds any version, including one that is no longer current; undefined if there is none. */
  readonly definitionOf: (workflowId: number, version: number) => WorkflowDefinition | undefined;
};

export type TransitionContext = {
  readonly channel: Channel;
  readonly eventFormat: EventFormat;
  readonly setup: WorkspaceSetup;
  /** The unique number of the signal, from which all of its ids are derived. */
  readonly signalNumber: number;
  readonly nowMs: number;
};
