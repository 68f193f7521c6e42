// The workspace in which a script runs. With a setup, it contains what the setup defines, like a server to which it
// was applied. Without one, names are not checked: every team, admin and tag that the workflows and the script mention
// is assumed to exist; workflows exist only if they were given.

import type { Fault } from '../base/text-files/field-reader.ts';
import { suggestName } from '../base/text-files/suggest.ts';
import type { EventFormat, WorkspaceSetup } from '../core/conversation/transition-context.ts';
import { castAttributeValue } from '../core/model/attribute-value.ts';
import type { Admin, Channel, DataAttribute, Json, Tag, Team } from '../core/model/model.ts';
import type { WorkflowDefinition, WorkflowVersion } from '../core/workflow/definition.ts';
import type { NamedKind, NameResolver } from '../core/workflow/parse/reading-context.ts';
import { resolverOf } from '../core/workflow/parse/resolve-names.ts';
import type { Script } from './script.ts';

const DEFAULT_CHANNEL = 'default';
const WORKSPACE_ID = 1;
/** The version that an apply gives a new workflow. */
const FIRST_VERSION = 1;

/** The workspace that a parley.yaml defines, with its channels in order: at least one channel and one admin. */
export type ScriptWorkspace = {
  readonly channels: readonly (Channel & { readonly eventFormat: EventFormat })[];
  readonly admins: readonly Admin[];
  readonly teams: readonly Team[];
  readonly tags: readonly Tag[];
  readonly dataAttributes: readonly DataAttribute[];
  readonly secrets: readonly string[];
};

type PlainKind = 'channel' | 'team' | 'admin' | 'tag';

/** Assigns ids to names: those of the workspace or, without one, a new id to each name when it first occurs. */
export class ScriptNames {
  readonly #ids: Readonly<Record<PlainKind, Map<string, number>>> = {
    channel: new Map(),
    team: new Map(),
    admin: new Map(),
    tag: new Map(),
  };
  readonly #workflows: readonly string[];
  readonly #script: Script;
  readonly #workspace: ScriptWorkspace | null;
  readonly #dataAttributes: readonly DataAttribute[];
  /** The channel that a workflow named first. */
  #firstChannelId: number | null = null;
  readonly resolver: NameResolver;

  /**
   * @param workflows the names of the workflows, in the order in which their triggers are tried.
   * @param workspace null: names are not checked.
   */
  constructor(
    script: Script,
    workflows: readonly string[],
    workspace: ScriptWorkspace | null = null,
  ) {
    this.#script = script;
    this.#workflows = workflows;
    this.#workspace = workspace;
    const defined = workspace?.dataAttributes ?? [];
    const isNew = (one: DataAttribute) => !defined.some((other) => isSameAttribute(one, other));
    this.#dataAttributes = [...defined, ...script.dataAttributes.filter(isNew)];
    this.resolver = workspace === null ? this.#believing() : this.#knowing(workspace);
    if (workspace !== null) return;
    if (script.channel.name !== null) this.idOf('channel', script.channel.name);
    for (const step of script.steps) {
      if (step.do !== 'teammate') continue;
      this.idOf('admin', step.name ?? DEFAULT_TEAMMATE);
      const to = step.action.do === 'assigns' ? step.action.to : null;
      if (to !== null) this.idOf(to.type, to.name);
    }
  }

  #believing(): NameResolver {
    const workflowId = (name: string) => this.#workflows.indexOf(name) + 1;
    return {
      channel: (name) => this.idOf('channel', name),
      team: (name) => this.idOf('team', name),
      admin: (name) => this.idOf('admin', name),
      tag: (name) => this.idOf('tag', name),
      workflow: (name) => workflowId(name) || undefined,
      attribute: (model, name) =>
        this.#dataAttributes.find((one) => one.model === model && one.name === name) ?? {
          dataType: 'string',
          options: [],
        },
      // A script makes no calls, so it needs no values of secrets.
      hasSecret: () => true,
      namesOf: (kind) => this.#namesOf(kind),
    };
  }

  #knowing(workspace: ScriptWorkspace): NameResolver {
    const workflowIds = new Map(this.#workflows.map((name, index) => [name, index + 1]));
    const named = { ...workspace, dataAttributes: this.#dataAttributes, workflowIds };
    const known = resolverOf(named);
    return {
      ...known,
      channel: (name) => {
        const id = known.channel(name);
        this.#firstChannelId ??= id ?? null;
        return id;
      },
      // An apply creates the tags that a workflow names.
      tag: (name) =>
        known.tag(name) ?? workspace.tags.length + this.idOf('tag', name.toLowerCase()),
    };
  }

  /** Returns the id of a known name; a new one if names are not checked. */
  idOf(kind: PlainKind, name: string): number {
    const ids = this.#ids[kind];
    const id = ids.get(name) ?? ids.size + 1;
    ids.set(name, id);
    return id;
  }

  /** Returns the admin who acts as a teammate of the script; the first one if the script names none. */
  adminId(name: string | null): number {
    if (this.#workspace === null) return this.idOf('admin', name ?? DEFAULT_TEAMMATE);
    if (name === null) return this.#workspace.admins[0]?.id ?? 0;
    const id = this.resolver.admin(name);
    return typeof id === 'number' ? id : 0;
  }

  /** Returns the assignee that a teammate of the script names. */
  assigneeId({ type, name }: { readonly type: 'admin' | 'team'; readonly name: string }): number {
    if (type === 'admin') return this.adminId(name);
    return this.#workspace === null ? this.idOf('team', name) : (this.resolver.team(name) ?? 0);
  }

  #namesOf(kind: NamedKind): readonly string[] {
    if (kind === 'workflow') return this.#workflows;
    if (kind === 'attribute') return this.#dataAttributes.map(({ name }) => name);
    if (kind === 'secret') return [];
    return [...this.#ids[kind].keys()];
  }

  /** Returns the script's channel: the one it names, else the first that a workflow names, else the first of all. */
  channelId(): number {
    const { name } = this.#script.channel;
    if (this.#workspace === null) {
      const [first] = this.#ids.channel.values();
      return first ?? this.idOf('channel', DEFAULT_CHANNEL);
    }
    const named = name === null ? this.#firstChannelId : this.resolver.channel(name);
    return named ?? this.#workspace.channels[0]!.id;
  }

  /** Finds names in the script that do not fit the workspace. */
  faults(): readonly Fault[] {
    const { contact, dataAttributes } = this.#script;
    const misfits = Object.entries(contact.customAttributes).flatMap(([name, value]) => {
      const definition = this.#contactAttribute(name);
      if (definition === undefined || cast(value, definition) !== undefined) return [];
      const reason = `is ${JSON.stringify(value)}, which is not a value of type ${definition.dataType}`;
      const path = ['contact', 'attributes', name];
      return [{ path, reason, remedy: `write a ${definition.dataType}` }];
    });
    const workspace = this.#workspace;
    if (workspace === null) return misfits;
    const others = dataAttributes.flatMap((one, index) => {
      const there = workspace.dataAttributes.find((other) => isSameAttribute(one, other));
      if (there === undefined || there.dataType === one.dataType) return [];
      const reason = `is ${one.dataType}, but parley.yaml defines "${one.name}" as ${there.dataType}`;
      return [{ path: ['attributes', index], reason, remedy: 'remove it here' }];
    });
    return [...this.#channelFaults(workspace), ...misfits, ...others, ...this.#peopleFaults()];
  }

  #channelFaults({ channels }: ScriptWorkspace): readonly Fault[] {
    const { name, unknownAttribute } = this.#script.channel;
    const names = channels.map((one) => one.name);
    if (name !== null && !names.includes(name)) {
      const reason = `names the channel "${name}", which does not exist`;
      return [{ path: ['channel'], reason, remedy: suggestName(name, names) }];
    }
    const there = channels.find((one) => one.name === name) ?? channels[0];
    if (unknownAttribute === null || there?.unknownAttribute === unknownAttribute) return [];
    const path = ['channel', 'unknown_attribute'];
    const reason = `is ${unknownAttribute}, but parley.yaml says ${there?.unknownAttribute}`;
    return [{ path, reason, remedy: 'remove it here' }];
  }

  #peopleFaults(): readonly Fault[] {
    return this.#script.steps.flatMap((step) => {
      if (step.do !== 'teammate') return [];
      const path = ['steps', step.index, 'teammate'];
      const to = step.action.do === 'assigns' ? step.action.to : null;
      return [
        ...(step.name === null ? [] : this.#faultOf('admin', step.name, [...path, 'name'])),
        ...(to === null ? [] : this.#faultOf(to.type, to.name, [...path, 'assigns', to.type])),
      ];
    });
  }

  #faultOf(kind: 'admin' | 'team', name: string, path: Fault['path']): readonly Fault[] {
    const id = this.resolver[kind](name);
    if (typeof id === 'number') return [];
    const reason =
      id === 'ambiguous'
        ? `names "${name}", which several admins share`
        : `names the ${kind} "${name}", which does not exist`;
    const remedy =
      id === 'ambiguous'
        ? 'write the e-mail'
        : `${suggestName(name, this.resolver.namesOf(kind))} (or add it to parley.yaml)`;
    return [{ path, reason, remedy }];
  }

  #contactAttribute(name: string): DataAttribute | undefined {
    return this.#dataAttributes.find((one) => one.model === 'contact' && one.name === name);
  }

  /** Returns the attributes of the contact as a server would store them. */
  contactAttributes(): { readonly [name: string]: Json } {
    return Object.fromEntries(
      Object.entries(this.#script.contact.customAttributes).map(([name, value]) => {
        const definition = this.#contactAttribute(name);
        return [name, definition === undefined ? value : (cast(value, definition) ?? value)];
      }),
    );
  }

  /**
   * Builds the workspace, once all files that mention names are read.
   * @param definitions in the order of the names.
   */
  setup(definitions: readonly WorkflowDefinition[]): WorkspaceSetup {
    const workflows = definitions.map(
      (definition, index): WorkflowVersion => ({
        workflowId: index + 1,
        version: FIRST_VERSION,
        definition,
      }),
    );
    return {
      workspaceId: WORKSPACE_ID,
      ...(this.#workspace === null ? this.#assumed() : this.#known(this.#workspace)),
      dataAttributes: this.#dataAttributes,
      workflows,
      definitionOf: (workflowId, version) =>
        version === FIRST_VERSION ? definitions[workflowId - 1] : undefined,
    };
  }

  #assumed(): Pick<WorkspaceSetup, 'channels' | 'admins' | 'teams' | 'tags'> {
    this.channelId();
    const { eventFormat, unknownAttribute } = this.#script.channel;
    const named = (kind: PlainKind) => [...this.#ids[kind]].map(([name, id]) => ({ id, name }));
    const channels = named('channel').map((one) => ({
      ...plainChannel,
      ...one,
      unknownAttribute: unknownAttribute ?? plainChannel.unknownAttribute,
      eventFormat,
    }));
    return {
      channels: byId(channels),
      admins: byId(named('admin').map(({ id, name }) => plainAdmin(id, name, name))),
      teams: byId(named('team').map((team) => ({ ...team, adminIds: [] }))),
      tags: byId(named('tag')),
    };
  }

  #known(
    workspace: ScriptWorkspace,
  ): Pick<WorkspaceSetup, 'channels' | 'admins' | 'teams' | 'tags'> {
    const made = [...this.#ids.tag].map(([name, id]) => ({ id: workspace.tags.length + id, name }));
    return {
      channels: byId(workspace.channels),
      admins: byId(workspace.admins),
      teams: byId(workspace.teams),
      tags: byId([...workspace.tags, ...made]),
    };
  }
}

/** The name of the admin who acts if a script names none. */
export const DEFAULT_TEAMMATE = 'A teammate';

/** A channel with default settings that accepts any first signal. */
const plainChannel = {
  workspaceId: WORKSPACE_ID,
  isEnabled: true,
  autoCreateConversation: true,
  requireUserIdentity: false,
  unknownAttribute: 'record',
  strictVersion: false,
  allowedOrigins: [],
  hasButtons: true,
  timeZone: null,
} as const;

/** Creates an admin known by name only. */
export const plainAdmin = (id: number, name: string, email: string): Admin => ({
  id,
  name,
  email,
  jobTitle: null,
  awayModeEnabled: false,
  awayModeReassign: false,
  hasInboxSeat: true,
  awayStatusReasonId: null,
});

const isSameAttribute = (one: DataAttribute, other: DataAttribute): boolean =>
  one.model === other.model && one.name === other.name;

/** Casts a value of the script to the type of the attribute; undefined if it does not fit. */
const cast = (value: Json, definition: DataAttribute): Json | undefined =>
  value === null || value === '' ? value : castAttributeValue(String(value), definition);

const byId = <Row extends { readonly id: number }>(
  rows: readonly Row[],
): ReadonlyMap<number, Row> => new Map(rows.map((row) => [row.id, row]));
