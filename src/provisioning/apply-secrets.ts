// Applies the secrets of parley.yaml, sealed. Shows no values, only which secrets were created, changed or removed. A
// secret that a current workflow needs is not removed.

import { SealBroken, type SecretBox } from '../base/seal.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import { secretNamesIn } from '../core/workflow/template/secret-mark.ts';
import {
  deleteSecrets,
  readSecrets,
  type SecretRow,
  saveSecrets,
  secretContext,
} from '../store/secrets/secrets.ts';
import { findVersions, readWorkflows } from '../store/workflows/versions.ts';
import type { Applying } from './apply-people.ts';
import { SECRET } from './change-plan.ts';

/**
 * Writes changed secrets and removes those that the file no longer lists. Without a list in the file nothing changes.
 * @returns the names of the removed secrets.
 */
export async function applySecrets(
  { connection, workspaceId, loaded, changePlan }: Applying,
  openSecrets: () => SecretBox,
): Promise<readonly string[]> {
  const wanted = loaded.file.secrets;
  if (wanted === undefined) return [];
  const rows = await readSecrets(connection, workspaceId);
  const known = new Map(rows.map((row) => [row.name, row]));
  const saved: SecretRow[] = [];
  for (const { name, value } of wanted) {
    const row = known.get(name);
    const place = secretContext(workspaceId, name);
    if (row !== undefined && opensAs(row, value, place, openSecrets())) {
      changePlan.unchangedCount += 1;
      continue;
    }
    saved.push({ name, sealed: openSecrets().seal(value, place) });
    if (row === undefined) changePlan.made('secret', name, { value: SECRET });
    else changePlan.changed('secret', name, [{ field: 'value', from: SECRET, to: SECRET }]);
  }
  await saveSecrets(connection, workspaceId, saved);
  const kept = new Set(wanted.map(({ name }) => name));
  const removed = rows.map(({ name }) => name).filter((name) => !kept.has(name));
  await deleteSecrets(connection, workspaceId, removed);
  for (const name of removed) {
    changePlan.changed('secret', name, [{ field: 'value', from: SECRET, to: 'none' }]);
  }
  return removed;
}

/** Whether a secret already has this value; one that cannot be opened is sealed again. */
function opensAs({ sealed }: SecretRow, value: string, place: string, box: SecretBox): boolean {
  try {
    return box.open(sealed, place) === value;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

/** Reports removed secrets that the current version of a workflow needs. */
export async function checkSecretsOpen(
  { connection, workspaceId, loaded, changePlan }: Applying,
  removed: readonly string[],
): Promise<void> {
  if (removed.length === 0) return;
  const workflows = await readWorkflows(connection, workspaceId);
  const names = new Map(workflows.map(({ id, name }) => [id, name]));
  const current = workflows.flatMap(({ id, currentVersion }) =>
    currentVersion === null ? [] : [{ workflowId: id, version: currentVersion }],
  );
  const versions = await findVersions(connection, workspaceId, current);
  for (const { workflowId, definition } of versions) {
    const needed = secretsOf(definition);
    for (const lost of removed.filter((one) => needed.includes(one))) {
      const reason = `lacks "${lost}", which the workflow "${names.get(workflowId)}" needs`;
      const remedy = 'keep it, or change the workflow in the same file';
      changePlan.findings.push(loaded.findingAt(['secrets'], reason, remedy));
    }
  }
}

/** Lists the secrets that a workflow sends. */
const secretsOf = ({ steps }: WorkflowDefinition): readonly string[] =>
  steps.flatMap((step) =>
    step.do === 'call_webhook'
      ? [step.url, ...Object.values(step.headers)].flatMap(secretNamesIn)
      : [],
  );
