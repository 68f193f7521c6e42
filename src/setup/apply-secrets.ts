// Brings the secrets of a workspace to what parley.yaml says, sealed. Shows no value, only that one was made, changed
// or removed; one that a current workflow needs is not removed.

import { SealBroken, type SecretBox } from '../base/seal.ts';
import type { WorkflowDefinition } from '../core/workflow/definition.ts';
import { secretNamesIn } from '../core/workflow/secret-mark.ts';
import {
  deleteSecret,
  readSecrets,
  type SecretRow,
  saveSecret,
  secretPlace,
} from '../store/secrets.ts';
import { findVersion, readWorkflows } from '../store/workflows.ts';
import type { Applying } from './apply-people.ts';
import { SECRET } from './ledger.ts';

/**
 * Writes those that differ and removes those that the file has no more. Without a list in the file nothing changes.
 * @returns the names of what was removed.
 */
export async function applySecrets(
  { connection, workspaceId, loaded, ledger }: Applying,
  openSecrets: () => SecretBox,
): Promise<readonly string[]> {
  const wanted = loaded.file.secrets;
  if (wanted === undefined) return [];
  const rows = await readSecrets(connection, workspaceId);
  for (const { name, value } of wanted) {
    const row = rows.find((one) => one.name === name);
    const place = secretPlace(workspaceId, name);
    if (row !== undefined && opensAs(row, value, place, openSecrets())) {
      ledger.unchangedCount += 1;
      continue;
    }
    await saveSecret(connection, workspaceId, { name, sealed: openSecrets().seal(value, place) });
    if (row === undefined) ledger.made('secret', name, { value: SECRET });
    else ledger.changed('secret', name, [{ field: 'value', from: SECRET, to: SECRET }]);
  }
  const removed = rows.filter(({ name }) => wanted.every((one) => one.name !== name));
  for (const { name } of removed) {
    await deleteSecret(connection, workspaceId, name);
    ledger.changed('secret', name, [{ field: 'value', from: SECRET, to: 'none' }]);
  }
  return removed.map(({ name }) => name);
}

/** Whether a secret has this value already; one that does not open is sealed again. */
function opensAs({ sealed }: SecretRow, value: string, place: string, box: SecretBox): boolean {
  try {
    return box.open(sealed, place) === value;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

/** Reports the secrets that were removed although the current version of a workflow needs them. */
export async function refuseLostSecrets(
  { connection, workspaceId, loaded, ledger }: Applying,
  removed: readonly string[],
): Promise<void> {
  if (removed.length === 0) return;
  for (const { id, name, currentVersion } of await readWorkflows(connection, workspaceId)) {
    if (currentVersion === null) continue;
    const version = await findVersion(connection, workspaceId, id, currentVersion);
    const needed = version === null ? [] : secretsOf(version.definition);
    for (const lost of removed.filter((one) => needed.includes(one))) {
      const reason = `lacks "${lost}", which the workflow "${name}" needs`;
      const remedy = 'keep it, or change the workflow in the same file';
      ledger.findings.push(loaded.findingAt(['secrets'], reason, remedy));
    }
  }
}

/** The secrets that a workflow sends. */
const secretsOf = ({ steps }: WorkflowDefinition): readonly string[] =>
  steps.flatMap((step) =>
    step.do === 'call_webhook'
      ? [step.url, ...Object.values(step.headers)].flatMap(secretNamesIn)
      : [],
  );
