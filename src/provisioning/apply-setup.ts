// Applies a parley.yaml in one transaction: all of it or nothing. Concurrent applies wait for each other, and applying
// the same again changes nothing.

import type { SecretBox } from '../base/seal.ts';
import { type AuditActor, commandLine } from '../core/model/audit.ts';
import type { Connection, Pool } from '../database/pool.ts';
import { inTransaction } from '../store/sql/transaction.ts';
import { defaultName, firstAdminOf } from '../store/tenancy/first-start.ts';
import { insertAdmins, insertChannels, lockWorkspace } from '../store/tenancy/provisioning-rows.ts';
import { applyChannels, giveEverySecret, type NewSecret } from './apply-channels.ts';
import {
  type Applying,
  applyAdmins,
  applyAttributes,
  applyTags,
  applyTeams,
} from './apply-people.ts';
import { applyRetention } from './apply-retention.ts';
import { applySecrets, checkSecretsOpen } from './apply-secrets.ts';
import { applyWorkflows } from './apply-workflows.ts';
import { addSetupAudit } from './audit-setup.ts';
import { ChangePlan, type SetupChange } from './change-plan.ts';
import { InvalidSetup, type SetupFinding } from './finding.ts';
import type { LoadedSetup } from './load-setup.ts';

export type ApplyOutcome = {
  readonly workspace: string;
  readonly changes: readonly SetupChange[];
  readonly unchangedCount: number;
  readonly warnings: readonly SetupFinding[];
  /** Secrets created by this apply, which can never be shown again; none after a dry run. */
  readonly newSecrets: readonly NewSecret[];
};

/**
 * Applies a file.
 * @param pool a pool for the purpose `admin`.
 * @param options `isDryRun`: determines what would change, and changes nothing; `actor`: for the audit log.
 * @throws InvalidSetup with all faults; nothing was changed then.
 */
export async function applySetup(
  pool: Pool,
  loaded: LoadedSetup,
  openSecrets: () => SecretBox,
  {
    isDryRun = false,
    actor = commandLine,
  }: { readonly isDryRun?: boolean; readonly actor?: AuditActor } = {},
): Promise<ApplyOutcome> {
  const outcome = await inTransaction(
    pool,
    'begin',
    (connection) => applyAll(connection, loaded, openSecrets, actor),
    () => (isDryRun ? 'rollback' : 'commit'),
  );
  return isDryRun ? { ...outcome, newSecrets: [] } : outcome;
}

async function applyAll(
  connection: Connection,
  loaded: LoadedSetup,
  openSecrets: () => SecretBox,
  actor: AuditActor,
): Promise<ApplyOutcome> {
  const { file, workflows } = loaded;
  const changePlan = new ChangePlan();
  const { id: workspaceId, isNew } = await lockWorkspace(connection, file.workspace);
  const applying: Applying = { connection, workspaceId, loaded, changePlan };
  if (isNew) await makeWorkspace(applying);
  await applyRetention(applying);
  const admins = await applyAdmins(applying, file.admins);
  await applyTeams(applying, admins);
  await applyTags(applying, file.tags);
  await applyAttributes(applying);
  const channels = await applyChannels(applying, openSecrets);
  const removedSecrets = await applySecrets(applying, openSecrets);
  const callsWebhook = workflows !== undefined && (await applyWorkflows(applying, workflows));
  if (changePlan.findings.length === 0) await checkSecretsOpen(applying, removedSecrets);
  if (changePlan.findings.length > 0) throw new InvalidSetup(changePlan.findings);
  if (callsWebhook) await giveEverySecret(applying, channels, openSecrets);
  await addSetupAudit(connection, workspaceId, actor, changePlan.changes);
  return {
    workspace: file.workspace,
    changes: changePlan.changes,
    unchangedCount: changePlan.unchangedCount,
    warnings: changePlan.warnings,
    newSecrets: channels.newSecrets,
  };
}

/** Creates the admin in whose name tokens act, and a channel, unless the file lists some. */
async function makeWorkspace({
  connection,
  workspaceId,
  loaded,
  changePlan,
}: Applying): Promise<void> {
  const { workspace, admins, channels } = loaded.file;
  changePlan.made('workspace', workspace);
  if (admins.length === 0) {
    const admin = firstAdminOf(workspace);
    await insertAdmins(connection, workspaceId, [{ ...admin, jobTitle: null, role: 'owner' }]);
    changePlan.made('admin', admin.email, { name: admin.name });
  }
  if (channels.length === 0) {
    await insertChannels(connection, workspaceId, [defaultName]);
    changePlan.made('channel', defaultName);
  }
}
