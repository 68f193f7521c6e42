// Resolves the names of a workflow file among what a workspace has: for whoever applies it, or reads a draft of it.

import type { Admin, Channel, DataAttribute, Tag, Team } from '../model.ts';
import type { NameResolver } from './read-context.ts';

/** What can be named. */
export type Named = {
  readonly channels: readonly Pick<Channel, 'id' | 'name'>[];
  readonly teams: readonly Pick<Team, 'id' | 'name'>[];
  readonly admins: readonly Pick<Admin, 'id' | 'name' | 'email'>[];
  readonly tags: readonly Tag[];
  readonly dataAttributes: readonly Pick<
    DataAttribute,
    'model' | 'name' | 'dataType' | 'options'
  >[];
  /** By name, those without a current version included. */
  readonly workflowIds: ReadonlyMap<string, number>;
  readonly secrets: readonly string[];
};

/** Resolves names. */
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
  return {
    namesOf: (kind) => names[kind],
    channel: (name) => channels.find((one) => one.name === name)?.id,
    team: (name) => teams.find((one) => one.name === name)?.id,
    admin: (nameOrEmail) => {
      const wanted = nameOrEmail.toLowerCase();
      const byEmail = admins.find(({ email }) => email.toLowerCase() === wanted);
      if (byEmail !== undefined) return byEmail.id;
      const byName = admins.filter(({ name }) => name === nameOrEmail);
      return byName.length > 1 ? 'ambiguous' : byName[0]?.id;
    },
    tag: (name) => tags.find((one) => one.name.toLowerCase() === name.toLowerCase())?.id,
    workflow: (name) => workflowIds.get(name),
    hasSecret: (name) => secrets.includes(name),
    attribute: (model, name) =>
      dataAttributes.find((one) => one.model === model && one.name === name),
  };
}
