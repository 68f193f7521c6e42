// Resolves the names of a draft in a workspace as it is set up, for whoever reads a draft without applying it.

import type { NameResolver } from '../workflow/read-context.ts';
import type { WorkspaceSetup } from '../world.ts';

/**
 * Resolves names.
 * @param workflowIds by name, those without a current version included.
 */
export function resolverOf(
  setup: WorkspaceSetup,
  workflowIds: ReadonlyMap<string, number>,
): NameResolver {
  const channels = [...setup.channels.values()];
  const teams = [...setup.teams.values()];
  const admins = [...setup.admins.values()];
  const tags = [...setup.tags.values()];
  const names = {
    channel: channels.map(({ name }) => name),
    team: teams.map(({ name }) => name),
    admin: admins.flatMap(({ email, name }) => [email, name]),
    tag: tags.map(({ name }) => name),
    workflow: [...workflowIds.keys()],
    attribute: setup.dataAttributes.map(({ name }) => name),
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
    attribute: (model, name) =>
      setup.dataAttributes.find((one) => one.model === model && one.name === name),
  };
}
