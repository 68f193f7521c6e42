// Resolves the names in a workflow file to ids of a workspace, for an apply and for drafts.

import type { Admin, Channel, DataAttribute, Tag, Team } from '../../model/model.ts';
import type { NameResolver } from './reading-context.ts';

/** The objects of a workspace that a file can name. */
export type Named = {
  readonly channels: readonly Pick<Channel, 'id' | 'name'>[];
  readonly teams: readonly Pick<Team, 'id' | 'name'>[];
  readonly admins: readonly Pick<Admin, 'id' | 'name' | 'email'>[];
  readonly tags: readonly Tag[];
  readonly dataAttributes: readonly Pick<
    DataAttribute,
    'model' | 'name' | 'dataType' | 'options'
  >[];
  /** Ids by name, including workflows without a current version. */
  readonly workflowIds: ReadonlyMap<string, number>;
  readonly secrets: readonly string[];
};

/** Creates the resolver of a workspace's names. */
export function resolverOf(named: Named): NameResolver {
  const { channels, teams, admins, tags, dataAttributes, workflowIds, secrets } = named;
  const names = {
    channel: channels.map(({ name }) => name),
    team: teams.map(({ name }) => name),
    admin: admins.flatMap(({ email, name }) => [email, name]),
    tag: tags.map(({ name }) => name),
    workflow: [...workflowIds.keys()],
    attribute: dataAttributes.map(({ name }) => name),
    secret: secrets,
  };
  const channelOf = firstBy(channels, ({ name }) => name);
  const teamOf = firstBy(teams, ({ name }) => name);
  const adminOf = firstBy(admins, ({ email }) => email.toLowerCase());
  const adminsOf = Map.groupBy(admins, ({ name }) => name);
  const tagOf = firstBy(tags, ({ name }) => name.toLowerCase());
  const attributeOf = firstBy(dataAttributes, ({ model, name }) => `${model}.${name}`);
  const secretNames = new Set(secrets);
  return {
    namesOf: (kind) => names[kind],
    channel: (name) => channelOf.get(name)?.id,
    team: (name) => teamOf.get(name)?.id,
    admin: (nameOrEmail) => {
      const byEmail = adminOf.get(nameOrEmail.toLowerCase());
      if (byEmail !== undefined) return byEmail.id;
      const byName = adminsOf.get(nameOrEmail) ?? [];
      return byName.length > 1 ? 'ambiguous' : byName[0]?.id;
    },
    tag: (name) => tagOf.get(name.toLowerCase())?.id,
    workflow: (name) => workflowIds.get(name),
    hasSecret: (name) => secretNames.has(name),
    attribute: (model, name) => attributeOf.get(`${model}.${name}`),
  };
}

/** Maps each name to the first item that has it. */
export const firstBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item> => new Map(items.toReversed().map((item) => [keyOf(item), item]));
