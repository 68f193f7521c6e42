// Brings workflows to what the files say: a change makes a version, what has no file any more is switched off. A
// version that is there is never changed, and a conversation keeps the one that it began with.

import { compareDefinitions } from '../core/workflow/compare-definitions.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import {
  acceptEveryName,
  type NameResolver,
  readDefinition,
} from '../core/workflow/read-definition.ts';
import { resolverOf } from '../core/workflow/resolve-names.ts';
import type { Connection } from '../database/pool.ts';
import { readSecrets } from '../store/secrets.ts';
import { readAdmins, readAttributes, readChannels, readTags, readTeams } from '../store/setup.ts';
import {
  findVersion,
  insertVersion,
  insertWorkflow,
  readWorkflows,
  updateWorkflow,
  type WorkflowRow,
} from '../store/workflows.ts';
import { type Applying, applyTags } from './apply-people.ts';
import type { FieldChange } from './ledger.ts';
import type { WorkflowFile } from './load-setup.ts';
import {
  circleFindings,
  type Located,
  workflowFaults,
  workflowFinding,
} from './workflow-findings.ts';

/** Changed steps of a workflow that are named in a line. */
const NAMED_PARTS_MAX = 12;

/**
 * Applies the files.
 * @returns whether one of them calls a webhook; false when something is wrong with one.
 */
export async function applyWorkflows(
  applying: Applying,
  files: readonly WorkflowFile[],
): Promise<boolean> {
  const { connection, workspaceId, ledger } = applying;
  const rows = await readWorkflows(connection, workspaceId);
  // All have ids before the first is read: workflows can run each other.
  const ids = new Map(rows.map(({ name, id }) => [name, id]));
  for (const [position, { name, isUsable }] of files.entries()) {
    if (ids.has(name)) continue;
    // One that cannot be used is read for its faults only, and nothing is kept of all this.
    const id = isUsable ? await insertWorkflow(connection, workspaceId, name, position) : 0;
    ids.set(name, id);
  }
  const usable = files.filter(({ isUsable }) => isUsable);
  await applyTags(applying, await tagsNamedIn(applying, usable, ids));
  const names = await namesIn(connection, workspaceId, ids);
  let callsWebhook = false;
  const current: Located[] = [];
  for (const [position, file] of files.entries()) {
    // Tags are made when they are named, but not for a file that cannot be used.
    const known = file.isUsable ? names : { ...names, tag: acceptEveryName.tag };
    const read = readDefinition(file.document.value, known);
    const faults = workflowFaults(file, read.ok ? [] : read.error);
    ledger.findings.push(...faults);
    if (!read.ok || faults.length > 0) continue;
    const { definition, warnings } = read.value;
    ledger.warnings.push(...warnings.map((one) => workflowFinding(file, one)));
    callsWebhook ||= definition.steps.some((step) => step.do === 'call_webhook');
    const row = rows.find(({ name }) => name === file.name);
    const id = ids.get(file.name)!;
    current.push({ workflowId: id, definition, file });
    await applyWorkflow(applying, { definition, source: file.text, position, id }, row);
  }
  // What has no file is switched off, so that these are all that will be current.
  ledger.findings.push(...circleFindings(current));
  await switchOff(
    applying,
    rows.filter(({ name }) => files.every((file) => file.name !== name)),
  );
  return callsWebhook;
}

type Wanted = {
  readonly id: number;
  readonly definition: WorkflowDefinition;
  readonly source: string;
  readonly position: number;
};

async function applyWorkflow(
  { connection, workspaceId, ledger }: Applying,
  { id, definition, source, position }: Wanted,
  row: WorkflowRow | undefined,
): Promise<void> {
  const { name } = definition;
  const latest = row?.latestVersion ?? 0;
  const versionOf = async (version: number | null) =>
    version === null ? null : findVersion(connection, workspaceId, id, version);
  const isSame = (one: { readonly definition: WorkflowDefinition } | null) =>
    one !== null && compareDefinitions(one.definition, definition).length === 0;

  const current = await versionOf(row?.currentVersion ?? null);
  const newest = current?.version === latest ? current : await versionOf(latest || null);
  // After a rollback, or when it was switched off, the version that the file describes may be there already.
  const present = [current, newest].find(isSame)?.version;
  const version = present ?? latest + 1;
  if (present === undefined) {
    await insertVersion(connection, workspaceId, id, { version, definition, source });
  }
  const isPlaced = row?.currentVersion === version && row.position === position;
  if (!isPlaced) {
    await updateWorkflow(connection, workspaceId, { id, position, currentVersion: version });
  }
  if (row === undefined) {
    const { on } = definition.trigger;
    ledger.made('workflow', name, { version, trigger: on, steps: definition.steps.length });
    return;
  }
  const fields: FieldChange[] = [];
  if (row.currentVersion !== version) {
    const from = row.currentVersion === null ? 'off' : String(row.currentVersion);
    fields.push({ field: 'version', from, to: String(version) });
  }
  if (current !== null && !isSame(current)) fields.push(...partsOf(current.definition, definition));
  if (row.currentVersion !== null && row.position !== position) {
    fields.push({ field: 'position', from: String(row.position + 1), to: String(position + 1) });
  }
  ledger.changed('workflow', name, fields);
}

/** Which parts differ, in three lines at most. */
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
  { connection, workspaceId, ledger }: Applying,
  rows: readonly WorkflowRow[],
): Promise<void> {
  for (const { id, name, position, currentVersion } of rows) {
    if (currentVersion === null) continue;
    await updateWorkflow(connection, workspaceId, { id, position, currentVersion: null });
    ledger.changed('workflow', name, [
      { field: 'version', from: String(currentVersion), to: 'off' },
    ]);
  }
}

/** The tags that the files name and nobody has made: they need no entry of their own in parley.yaml. */
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

/** The names that there are in the workspace now. */
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
