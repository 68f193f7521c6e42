// Brings admins, teams, tags and data attributes to what parley.yaml says. Removes nobody but from a team whose members
// the file lists.

import type { Connection } from '../database/pool.ts';
import {
  insertAdmin,
  insertAttribute,
  insertTag,
  insertTeam,
  readAdmins,
  readAttributes,
  readTags,
  readTeams,
  type SetupAdmin,
  type SetupAttribute,
  setTeamMembers,
  updateAdmin,
  updateAttribute,
} from '../store/setup.ts';
import type { Ledger } from './ledger.ts';
import type { LoadedSetup } from './load-setup.ts';
import type { WantedAdmin, WantedAttribute, WantedTag } from './read-setup-file.ts';

/** The transaction in which a file is applied. */
export type Applying = {
  readonly connection: Connection;
  readonly workspaceId: number;
  readonly loaded: LoadedSetup;
  readonly ledger: Ledger;
};

const isSameEmail = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** An admin is known by the e-mail. @returns all admins there are now. */
export async function applyAdmins(
  { connection, workspaceId, ledger }: Applying,
  wanted: readonly WantedAdmin[],
): Promise<readonly SetupAdmin[]> {
  const admins = await readAdmins(connection, workspaceId);
  for (const { email, name, jobTitle } of wanted) {
    const index = admins.findIndex((one) => isSameEmail(one.email, email));
    const before = admins[index];
    const values = {
      email: before?.email ?? email,
      name: name ?? before?.name ?? email,
      jobTitle: jobTitle ?? before?.jobTitle ?? null,
    };
    if (before === undefined) {
      const id = await insertAdmin(connection, workspaceId, values);
      admins.push({ id, ...values });
      ledger.made('admin', email, shownAdmin(values));
      continue;
    }
    const after = { id: before.id, ...values };
    if (!ledger.compare('admin', before.email, shownAdmin(before), shownAdmin(after))) continue;
    await updateAdmin(connection, workspaceId, after);
    admins[index] = after;
  }
  return admins;
}

const shownAdmin = ({ name, jobTitle }: Omit<SetupAdmin, 'id'>) => ({ name, job_title: jobTitle });

/** Teams are known by their names; the members of one that lists them are exactly those. */
export async function applyTeams(
  { connection, workspaceId, loaded, ledger }: Applying,
  admins: readonly SetupAdmin[],
): Promise<void> {
  const teams = await readTeams(connection, workspaceId);
  const emailsOf = (ids: readonly number[]) =>
    admins.filter(({ id }) => ids.includes(id)).map(({ email }) => email);
  for (const { name, members, at } of loaded.file.teams) {
    const before = teams.find((team) => team.name === name);
    const adminIds = members?.flatMap((email, index) => {
      const admin = admins.find((one) => isSameEmail(one.email, email));
      if (admin !== undefined) return [admin.id];
      const reason = `names "${email}", who is no admin`;
      const remedy = 'add the e-mail to admins';
      ledger.findings.push(loaded.findingAt([...at, 'members', index], reason, remedy));
      return [];
    });
    const wantedIds = adminIds ?? before?.adminIds ?? [];
    const after = { members: emailsOf(wantedIds) };
    if (before === undefined) {
      const id = await insertTeam(connection, workspaceId, name);
      await setTeamMembers(connection, workspaceId, id, wantedIds);
      ledger.made('team', name, after);
    } else if (ledger.compare('team', name, { members: emailsOf(before.adminIds) }, after)) {
      await setTeamMembers(connection, workspaceId, before.id, wantedIds);
    }
  }
}

/** Tags whose names differ in case only are one. */
export async function applyTags(
  { connection, workspaceId, ledger }: Applying,
  wanted: readonly Pick<WantedTag, 'name'>[],
): Promise<void> {
  const tags = await readTags(connection, workspaceId);
  const known = new Set(tags.map(({ name }) => name.toLowerCase()));
  for (const { name } of wanted) {
    if (known.has(name.toLowerCase())) ledger.unchangedCount += 1;
    else {
      await insertTag(connection, workspaceId, name);
      ledger.made('tag', name);
      known.add(name.toLowerCase());
    }
  }
}

/** Attributes are known by model and name. The type of one that exists stays: values of it are stored. */
export async function applyAttributes({
  connection,
  workspaceId,
  loaded,
  ledger,
}: Applying): Promise<void> {
  const attributes = await readAttributes(connection, workspaceId);
  for (const wanted of loaded.file.dataAttributes) {
    const { model, name, dataType, at } = wanted;
    const before = attributes.find((one) => one.model === model && one.name === name);
    const shownName = `${model}.${name}`;
    const after = wantedAttribute(wanted, before);
    if (before === undefined) {
      await insertAttribute(connection, workspaceId, after);
      ledger.made('data attribute', shownName, shownAttribute(after));
    } else if (before.dataType !== dataType) {
      const reason = `cannot become ${dataType}: "${name}" of the ${model} is ${before.dataType}`;
      const remedy = `write \`type: ${before.dataType}\`, or use another name`;
      ledger.findings.push(loaded.findingAt([...at, 'type'], reason, remedy));
    } else {
      const [shownBefore, shownAfter] = [shownAttribute(before), shownAttribute(after)];
      if (ledger.compare('data attribute', shownName, shownBefore, shownAfter)) {
        await updateAttribute(connection, workspaceId, { id: before.id, ...after });
      }
    }
  }
}

const wantedAttribute = (
  { model, name, dataType, options, label, description }: WantedAttribute,
  before: SetupAttribute | undefined,
): Omit<SetupAttribute, 'id'> => ({
  model,
  name,
  dataType,
  options: options ?? before?.options ?? [],
  label: label ?? before?.label ?? null,
  description: description ?? before?.description ?? null,
  isArchived: false,
});

const shownAttribute = (attribute: Omit<SetupAttribute, 'id'>) => ({
  type: attribute.dataType,
  options: attribute.options,
  label: attribute.label,
  description: attribute.description,
  // Nothing to say about what is not archived.
  archived: attribute.isArchived ? 'yes' : null,
});
