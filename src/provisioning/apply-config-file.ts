// Applies the file that PARLEY_CONFIG names when a server starts. Several may start at once: the first one applies, the
// others find nothing to change.

import type { Log } from '../base/log.ts';
import type { SecretBox } from '../base/seal.ts';
import type { Pool } from '../database/pool.ts';
import type { NewSecret } from './apply-channels.ts';
import type { Environment } from './environment-values.ts';
import { SetupRefused, showFindings } from './finding.ts';

/**
 * Applies the file.
 * @param pool a pool for the purpose `admin`.
 * @param openSecrets asked for only when there is a secret to seal.
 * @returns the secrets that this start made: the only time they can be shown, and never in the log.
 * @throws SetupRefused with all findings when there is something wrong with the files.
 */
export async function applyConfigFile(
  pool: Pool,
  path: string,
  environment: Environment,
  openSecrets: () => SecretBox,
  log: Log,
): Promise<readonly NewSecret[]> {
  // Loaded only here: most servers start without such a file, and sooner without what reads it.
  const { loadSetup } = await import('./load-setup.ts');
  const { applySetup } = await import('./apply-setup.ts');
  const loaded = loadSetup(path, environment);
  if (!loaded.ok) throw new SetupRefused(loaded.error);
  const { workspace, changes, unchangedCount, warnings, newSecrets } = await applySetup(
    pool,
    loaded.value,
    openSecrets,
  );
  for (const finding of showFindings(warnings)) log.warn({ finding }, 'config.finding');
  const counts = { path, workspace, changes: changes.length, unchanged: unchangedCount };
  log.info(counts, 'config.applied');
  return newSecrets;
}
