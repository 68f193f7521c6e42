// Applies the file of PARLEY_CONFIG when a server starts. If several start at once, the first one applies it and the
// others find nothing to change.

import type { Log } from '../base/log.ts';
import type { SecretBox } from '../base/seal.ts';
import { startingServer } from '../core/model/audit.ts';
import type { Pool } from '../database/pool.ts';
import type { NewSecret } from './apply-channels.ts';
import type { Environment } from './environment-values.ts';
import { InvalidSetup, showFindings } from './finding.ts';

/**
 * Applies the file.
 * @param pool a pool for the purpose `admin`.
 * @param openSecrets called only when there is a secret to seal.
 * @returns the secrets created by this start: they can be shown only this once, and never in the log.
 * @throws InvalidSetup with all findings, if there are any faults.
 */
export async function applyConfigFile(
  pool: Pool,
  path: string,
  environment: Environment,
  openSecrets: () => SecretBox,
  log: Log,
): Promise<readonly NewSecret[]> {
  // Loaded only here: most servers have no such file, and start faster without the code that reads it.
  const { loadSetup } = await import('./load-setup.ts');
  const { applySetup } = await import('./apply-setup.ts');
  const loaded = loadSetup(path, environment);
  if (!loaded.ok) throw new InvalidSetup(loaded.error);
  const { workspace, changes, unchangedCount, warnings, newSecrets } = await applySetup(
    pool,
    loaded.value,
    openSecrets,
    { actor: startingServer },
  );
  for (const finding of showFindings(warnings)) log.warn({ finding }, 'config.finding');
  const counts = { path, workspace, changes: changes.length, unchanged: unchangedCount };
  log.info(counts, 'config.applied');
  return newSecrets;
}
