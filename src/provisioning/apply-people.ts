// Applies the admins, teams, tags and data attributes of parley.yaml: compares them, then writes each kind. Removes
// admins only from a team whose members the file lists.

import { firstBy } from '../core/workflow/parse/resolve-names.ts';
import type { Connection } from '../database/pool.ts';
import {
  findNewTagNames,
  insertAdmins,
  insertAttributes,
  insertTags,
  insertTeams,
  readAdmins,
  readAttributes,
  readTeams,
  type SetupAdmin,
  type SetupAttribute,
  setTeamMembers,
  updateAdmins,
  updateAttributes,
} from '../store/tenancy/provisioning-rows.ts';
import type { ChangePlan } from './change-plan.ts';
import type { LoadedSetup } from './load-setup.ts';
import type { WantedAdmin, WantedAttribute, WantedTag } from './read-setup-file.ts';

/** The transaction in which a file is applied. */
export type Applying = {
  readonly connection: Connection;
  readonly workspaceId: number;
  readonly loaded: LoadedSetup;
  readonly changePlan: ChangePlan;
};

const emailKey = ({ email }: { readonly email: string }): string => email.toLowerCase();

/** Applies admins, who are identified by e-mail. @returns all admins. */
export async function applyAdmins(
  { connection, workspaceId, loaded, changePlan }: Applying,
  wanted: readonly WantedAdmin[],
): Promise<readonly SetupAdmin[]> {
  const admins = await readAdmins(connection, workspaceId);
  const known = firstBy(admins, emailKey);
  const made: Omit<SetupAdmin, 'id'>[] = [];
  const changed = new Map<number, SetupAdmin>();
  for (const { email, name, jobTitle, role } of wanted) {
    const before = known.get(email.toLowerCase());
    const values = {
      email: before?.email ?? email,
      name: name ?? before?.name ?? email,
      jobTitle: jobTitle ?? before?.jobTitle ?? null,
      role: role ?? before?.role ?? (admins.length + made.length === 0 ? 'owner' : 'teammate'),
    };
    if (before === undefined) {
      made.push(values);
      changePlan.made('admin', email, shownAdmin(values));
      continue;
    }
    const after = { id: before.id, ...values };
    if (!changePlan.compare('admin', before.email, shownAdmin(before), shownAdmin(after))) continue;
    changed.set(after.id, after);
  }
  const after = [...admins.map((admin) => changed.get(admin.id) ?? admin), ...made];
  if (wanted.length > 0 && !after.some(({ role }) => role === 'owner')) {
    const reason = 'would leave the workspace without an owner';
    changePlan.findings.push(
      loaded.findingAt(['admins'], reason, 'give one of them `role: owner`'),
    );
  }
  const ids = await insertAdmins(connection, workspaceId, made);
  await updateAdmins(connection, workspaceId, [...changed.values()]);
  return [
    ...admins.map((admin) => changed.get(admin.id) ?? admin),
    ...made.map((admin, index) => ({ id: ids[index]!, ...admin })),
  ];
}

const shownAdmin = ({ name, jobTitle, role }: Omit<SetupAdmin, 'id'>) => ({
  name,
  job_title: jobTitle,
  role,
});

/** Applies teams, which are identified by name. If the file lists members, the team has exactly those. */
export async function applyTeams(
  { connection, workspaceId, loaded, changePlan }: Applying,
  admins: readonly SetupAdmin[],
): Promise<void> {
  const teams = firstBy(await readTeams(connection, workspaceId), ({ name }) => name);
  const byEmail = firstBy(admins, emailKey);
  const emails = new Map(admins.map(({ id, email }) => [id, email]));
  // In the order of the admins, whatever their order in the file.
  const emailsOf = (ids: readonly number[]) =>
    [...new Set(ids)].toSorted((a, b) => a - b).flatMap((id) => emails.get(id) ?? []);
  const made: string[] = [];
  const members: { readonly team: string; readonly adminIds: readonly number[] }[] = [];
  for (const { name, members: listed, at } of loaded.file.teams) {
    const before = teams.get(name);
    const adminIds = listed?.flatMap((email, index) => {
      const admin = byEmail.get(email.toLowerCase());
      if (admin !== undefined) return [admin.id];
      const reason = `names "${email}", who is not an admin`;
      const remedy = 'add the e-mail to admins';
      changePlan.findings.push(loaded.findingAt([...at, 'members', index], reason, remedy));
      return [];
    });
    const wantedIds = adminIds ?? before?.adminIds ?? [];
    const after = { members: emailsOf(wantedIds) };
    if (before === undefined) {
      made.push(name);
      members.push({ team: name, adminIds: wantedIds });
      changePlan.made('team', name, after);
    } else if (changePlan.compare('team', name, { members: emailsOf(before.adminIds) }, after)) {
      members.push({ team: name, adminIds: wantedIds });
    }
  }
  const ids = await insertTeams(connection, workspaceId, made);
  const changed = members.map(({ team, adminIds }) => ({
    teamId: ids.get(team) ?? teams.get(team)!.id,
    adminIds,
  }));
  await setTeamMembers(connection, workspaceId, changed);
}

/** Applies tags. Names that differ only in case are the same tag. */
export async function applyTags(
  { connection, workspaceId, changePlan }: Applying,
  wanted: readonly Pick<WantedTag, 'name'>[],
): Promise<void> {
  const names = wanted.map(({ name }) => name);
  const made = await findNewTagNames(connection, workspaceId, names);
  changePlan.unchangedCount += names.length - made.length;
  for (const name of made) changePlan.made('tag', name);
  await insertTags(connection, workspaceId, made);
}

/**
 * Applies attributes, which are identified by model and name. The type of an existing one stays, since values of it are
 * stored.
 */
export async function applyAttributes({
  connection,
  workspaceId,
  loaded,
  changePlan,
}: Applying): Promise<void> {
  const stored = await readAttributes(connection, workspaceId);
  const attributes = firstBy(stored, ({ model, name }) => `${model}.${name}`);
  const made: Omit<SetupAttribute, 'id'>[] = [];
  const changed: SetupAttribute[] = [];
  for (const wanted of loaded.file.dataAttributes) {
    const { model, name, dataType, at } = wanted;
    const shownName = `${model}.${name}`;
    const before = attributes.get(shownName);
    const after = wantedAttribute(wanted, before);
    if (before === undefined) {
      made.push(after);
      changePlan.made('data attribute', shownName, shownAttribute(after));
    } else if (before.dataType !== dataType) {
      const reason = `cannot become ${dataType}: "${name}" of the ${model} is ${before.dataType}`;
      const remedy = `write \`type: ${before.dataType}\`, or use another name`;
      changePlan.findings.push(loaded.findingAt([...at, 'type'], reason, remedy));
    } else {
      const [shownBefore, shownAfter] = [shownAttribute(before), shownAttribute(after)];
      if (changePlan.compare('data attribute', shownName, shownBefore, shownAfter)) {
        changed.push({ id: before.id, ...after });
      }
    }
  }
  await insertAttributes(connection, workspaceId, made);
  await updateAttributes(connection, workspaceId, changed);
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
  // Not archived is the default, and is not shown.
  archived: attribute.isArchived ? 'yes' : null,
});
