// The workspace in which a talk takes place: made of the names that its workflows and its script mention, because there
// is no database to look them up in. Every team, admin and tag that is named exists; workflows only if they were given.

import type { Admin } from '../model.ts';
import type { WorkflowDefinition, WorkflowVersion } from '../workflow/definition.ts';
import type { NamedKind, NameResolver } from '../workflow/read-context.ts';
import type { WorkspaceSetup } from '../world.ts';
import type { Talk } from './talk.ts';

const DEFAULT_CHANNEL = 'default';
const WORKSPACE_ID = 1;
/** What an apply makes of a file the first time. */
const FIRST_VERSION = 1;

/** Gives ids to names as they come up. */
export class TalkNames {
  readonly #ids = {
    channel: new Map<string, number>(),
    team: new Map<string, number>(),
    admin: new Map<string, number>(),
    tag: new Map<string, number>(),
  };
  readonly #workflows: readonly string[];
  readonly #talk: Talk;
  readonly resolver: NameResolver;

  /** @param workflows the names of the workflows, in the order in which their triggers are tried. */
  constructor(talk: Talk, workflows: readonly string[]) {
    this.#talk = talk;
    this.#workflows = workflows;
    this.resolver = {
      channel: (name) => this.idOf('channel', name),
      team: (name) => this.idOf('team', name),
      admin: (name) => this.idOf('admin', name),
      tag: (name) => this.idOf('tag', name),
      workflow: (name) => (workflows.includes(name) ? workflows.indexOf(name) + 1 : undefined),
      attribute: (model, name) =>
        talk.dataAttributes.find((one) => one.model === model && one.name === name) ?? {
          dataType: 'string',
          options: [],
        },
      // A talk makes no call, so it needs no value of a secret.
      hasSecret: () => true,
      namesOf: (kind) => this.#namesOf(kind),
    };
    if (talk.channel.name !== null) this.idOf('channel', talk.channel.name);
    for (const step of talk.steps) {
      if (step.do !== 'teammate') continue;
      this.idOf('admin', step.name);
      const to = step.action.do === 'assigns' ? step.action.to : null;
      if (to !== null) this.idOf(to.type, to.name);
    }
  }

  idOf(kind: 'channel' | 'team' | 'admin' | 'tag', name: string): number {
    const ids = this.#ids[kind];
    const id = ids.get(name) ?? ids.size + 1;
    ids.set(name, id);
    return id;
  }

  #namesOf(kind: NamedKind): readonly string[] {
    if (kind === 'workflow') return this.#workflows;
    if (kind === 'attribute') return this.#talk.dataAttributes.map(({ name }) => name);
    if (kind === 'secret') return [];
    return [...this.#ids[kind].keys()];
  }

  /** The channel of the talk: the one it names, else the first that a workflow names. */
  channelId(): number {
    const [first] = this.#ids.channel.values();
    return first ?? this.idOf('channel', DEFAULT_CHANNEL);
  }

  /**
   * The workspace, once everything that names somebody was read.
   * @param definitions in the order of the names.
   */
  setup(definitions: readonly WorkflowDefinition[]): WorkspaceSetup {
    const { channel, dataAttributes } = this.#talk;
    this.channelId();
    const channels = [...this.#ids.channel].map(([name, id]) => ({
      workspaceId: WORKSPACE_ID,
      id,
      name,
      isEnabled: true,
      autoCreateConversation: true,
      requireUserIdentity: false,
      unknownAttribute: channel.unknownAttribute,
      strictVersion: false,
      allowedOrigins: [],
      hasButtons: true,
      timeZone: null,
      eventFormat: channel.eventFormat,
    }));
    const named = (kind: 'team' | 'admin' | 'tag') =>
      [...this.#ids[kind]].map(([name, id]) => ({ id, name }));
    const workflows = definitions.map(
      (definition, index): WorkflowVersion => ({
        workflowId: index + 1,
        version: FIRST_VERSION,
        definition,
      }),
    );
    return {
      workspaceId: WORKSPACE_ID,
      channels: byId(channels),
      admins: byId(named('admin').map(asAdmin)),
      teams: byId(named('team').map((team) => ({ ...team, adminIds: [] }))),
      tags: byId(named('tag')),
      dataAttributes,
      workflows,
      definitionOf: (workflowId, version) =>
        version === FIRST_VERSION ? definitions[workflowId - 1] : undefined,
    };
  }
}

const asAdmin = ({ id, name }: { readonly id: number; readonly name: string }): Admin => ({
  id,
  name,
  email: name,
  jobTitle: null,
  awayModeEnabled: false,
  awayModeReassign: false,
  hasInboxSeat: true,
});

const byId = <Row extends { readonly id: number }>(
  rows: readonly Row[],
): ReadonlyMap<number, Row> => new Map(rows.map((row) => [row.id, row]));
