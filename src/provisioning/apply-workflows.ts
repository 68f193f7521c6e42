// Applies the workflow files: a change creates a new version, and a workflow without a file is switched off. A version
// never changes, and a run keeps the version that it started with.

import { compareDefinitions } from '../core/workflow/compare-definitions.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import {
  acceptEveryName,
  type NameResolver,
  readDefinition,
} from '../core/workflow/parse/definition-reader.ts';
import { resolverOf } from '../core/workflow/parse/resolve-names.ts';
import type { Connection } from '../database/pool.ts';
import { readSecrets } from '../store/secrets/secrets.ts';
import {
  readAdmins,
  readAttributes,
  readChannels,
  readTags,
  readTeams,
} from '../store/tenancy/provisioning-rows.ts';
import {
  findVersions,
  insertVersions,
  insertWorkflows,
  type NewVersion,
  readWorkflows,
  updateWorkflows,
  type WorkflowRow,
} from '../store/workflows/versions.ts';
import { type Applying, applyTags } from './apply-people.ts';
import type { FieldChange } from './change-plan.ts';
import type { WorkflowFile } from './load-setup.ts';
import {
  circleFindings,
  type Located,
  workflowFaults,
  workflowFinding,
} from './workflow-findings.ts';

/** Maximum number of changed steps listed in a line. */
const NAMED_PARTS_MAX = 12;

/**
 * Applies the files.
 * @returns whether one of them calls a webhook; false if there are faults.
 */
export async function applyWorkflows(
  applying: Applying,
  files: readonly WorkflowFile[],
): Promise<boolean> {
  const { connection, workspaceId, loaded, changePlan } = applying;
  const { withoutValues } = loaded;
  const rows = await readWorkflows(connection, workspaceId);
  const rowOf = new Map(rows.map((row) => [row.name, row]));
  const ids = await idsFor(applying, files, rows);
  const usable = files.filter(({ isUsable }) => isUsable);
  await applyTags(applying, await tagsNamedIn(applying, usable, ids));
  const names = await namesIn(connection, workspaceId, ids);
  let callsWebhook = false;
  const current: Located[] = [];
  const wanted: Wanted[] = [];
  for (const [position, file] of files.entries()) {
    // Tags are created when they are named, but not for an invalid file.
    const known = file.isUsable ? names : { ...names, tag: acceptEveryName.tag };
    const read = readDefinition(file.document.value, known);
    const faults = workflowFaults(file, read.ok ? [] : read.error);
    changePlan.findings.push(...faults.map(withoutValues));
    if (!read.ok || faults.length > 0) continue;
    const { definition, warnings } = read.value;
    changePlan.warnings.push(...warnings.map((one) => withoutValues(workflowFinding(file, one))));
    callsWebhook ||= definition.steps.some((step) => step.do === 'call_webhook');
    const id = ids.get(file.name)!;
    current.push({ workflowId: id, definition, file });
    wanted.push({ definition, source: file.text, position, id, row: rowOf.get(file.name) });
  }
  // Workflows without a file are switched off, so these are all current ones.
  changePlan.findings.push(...circleFindings(current).map(withoutValues));
  // Nothing of a rejected file is stored.
  if (changePlan.findings.length > 0) return false;
  await writeWorkflows(applying, wanted);
  const fileNames = new Set(files.map(({ name }) => name));
  await switchOff(
    applying,
    rows.filter(({ name }) => !fileNames.has(name)),
  );
  return callsWebhook;
}

/** Assigns ids to all workflows before the first is read, because workflows can run each other. */
async function idsFor(
  { connection, workspaceId }: Applying,
  files: readonly WorkflowFile[],
  rows: readonly WorkflowRow[],
): Promise<ReadonlyMap<string, number>> {
  const existing = new Map(rows.map(({ name, id }) => [name, id]));
  const made = [...files.entries()].filter(([, { name }]) => !existing.has(name));
  // An invalid file is read only for its faults, and the transaction is rolled back.
  const usable = made.filter(([, { isUsable }]) => isUsable);
  const ids = await insertWorkflows(
    connection,
    workspaceId,
    usable.map(([position, { name }]) => ({ name, position })),
  );
  return new Map([
    ...existing,
    ...made.map(([, { name }]): [string, number] => [name, ids.get(name) ?? 0]),
  ]);
}

type Wanted = {
  readonly id: number;
  readonly definition: WorkflowDefinition;
  readonly source: string;
  readonly position: number;
  /** Undefined: it is new. */
  readonly row: WorkflowRow | undefined;
};

/** A stored version. */
type Present = { readonly version: number; readonly definition: WorkflowDefinition };

async function writeWorkflows(applying: Applying, wanted: readonly Wanted[]): Promise<void> {
  const { connection, workspaceId } = applying;
  const places = wanted.flatMap(({ id, row }) => {
    const versions = new Set([row?.currentVersion ?? 0, row?.latestVersion ?? 0]);
    return [...versions].filter((one) => one > 0).map((version) => ({ workflowId: id, version }));
  });
  const present = new Map(
    (await findVersions(connection, workspaceId, places)).map((one) => [
      `${one.workflowId}.${one.version}`,
      one,
    ]),
  );
  const written = wanted.map((one) => {
    const versionOf = (version: number | null | undefined) => present.get(`${one.id}.${version}`);
    const current = versionOf(one.row?.currentVersion);
    return compareWorkflow(applying, one, current, versionOf(one.row?.latestVersion));
  });
  const versions = written.flatMap(({ newVersion }) => newVersion ?? []);
  await insertVersions(connection, workspaceId, versions);
  const moved = written.flatMap(({ place }) => place ?? []);
  await updateWorkflows(connection, workspaceId, moved);
}

type Written = {
  /** Null: the version exists already. */
  readonly newVersion: NewVersion | null;
  /** Null: position and current version stay the same. */
  readonly place:
    | (Pick<WorkflowRow, 'id' | 'position'> & { readonly currentVersion: number })
    | null;
};

/** Determines what to write for a workflow, and adds it to the change plan. */
function compareWorkflow(
  { changePlan }: Applying,
  { id, definition, source, position, row }: Wanted,
  current: Present | undefined,
  newest: Present | undefined,
): Written {
  const { name } = definition;
  const isSame = (one: Present | undefined) =>
    one !== undefined && compareDefinitions(one.definition, definition).length === 0;
  // After a rollback, or after it was switched off, the version of the file may exist already.
  const present = [current, newest].find(isSame)?.version;
  const version = present ?? (row?.latestVersion ?? 0) + 1;
  const newVersion = { workflowId: id, version, definition, source };
  const isPlaced = row?.currentVersion === version && row.position === position;
  const written = {
    newVersion: present === undefined ? newVersion : null,
    place: isPlaced ? null : { id, position, currentVersion: version },
  };
  if (row === undefined) {
    const { on } = definition.trigger;
    changePlan.made('workflow', name, { version, trigger: on, steps: definition.steps.length });
    return written;
  }
  const fields: FieldChange[] = [];
  if (row.currentVersion !== version) {
    const from = row.currentVersion === null ? 'off' : String(row.currentVersion);
    fields.push({ field: 'version', from, to: String(version) });
  }
  if (current !== undefined && !isSame(current)) {
    fields.push(...partsOf(current.definition, definition));
  }
  if (row.currentVersion !== null && row.position !== position) {
    fields.push({ field: 'position', from: String(row.position + 1), to: String(position + 1) });
  }
  changePlan.changed('workflow', name, fields);
  return written;
}

/** Describes which parts differ, in at most three lines. */
function partsOf(from: WorkflowDefinition, to: WorkflowDefinition): FieldChange[] {
  const differences = compareDefinitions(from, to);
  return (['changed', 'added', 'removed'] as const).flatMap((kind) => {
    const parts = differences.filter((one) => one.kind === kind).map(({ part }) => part);
    if (parts.length === 0) return [];
    const rest = parts.length - NAMED_PARTS_MAX;
    const listed = parts.slice(0, NAMED_PARTS_MAX).join(', ');
    return [{ field: kind, from: null, to: rest > 0 ? `${listed} and ${rest} more` : listed }];
  });
}

async function switchOff(
  { connection, workspaceId, changePlan }: Applying,
  rows: readonly WorkflowRow[],
): Promise<void> {
  const running = rows.filter(({ currentVersion }) => currentVersion !== null);
  const off = running.map(({ id, position }) => ({ id, position, currentVersion: null }));
  await updateWorkflows(connection, workspaceId, off);
  for (const { name, currentVersion } of running) {
    changePlan.changed('workflow', name, [
      { field: 'version', from: String(currentVersion), to: 'off' },
    ]);
  }
}

/** Lists tags that the files use and that do not exist: they need no entry in parley.yaml. */
async function tagsNamedIn(
  { connection, workspaceId }: Applying,
  files: readonly WorkflowFile[],
  ids: ReadonlyMap<string, number>,
): Promise<readonly { readonly name: string }[]> {
  const names = await namesIn(connection, workspaceId, ids);
  const absent = new Map<string, { name: string }>();
  const noting: NameResolver = {
    ...names,
    tag: (name) => {
      const id = names.tag(name);
      if (id === undefined) absent.set(name.toLowerCase(), { name });
      return id ?? 0;
    },
  };
  for (const { document } of files) readDefinition(document.value, noting);
  return [...absent.values()];
}

/** Resolves names to the objects that exist in the workspace. */
async function namesIn(
  connection: Connection,
  workspaceId: number,
  workflowIds: ReadonlyMap<string, number>,
): Promise<NameResolver> {
  const admins = await readAdmins(connection, workspaceId);
  const teams = await readTeams(connection, workspaceId);
  const tags = await readTags(connection, workspaceId);
  const channels = await readChannels(connection, workspaceId);
  const dataAttributes = (await readAttributes(connection, workspaceId)).filter(
    ({ isArchived }) => !isArchived,
  );
  const secrets = (await readSecrets(connection, workspaceId)).map(({ name }) => name);
  return resolverOf({ channels, teams, admins, tags, dataAttributes, workflowIds, secrets });
}
