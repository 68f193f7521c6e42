// Applies a parley.yaml to a test's workspace, as `parley apply` would, from files in a temporary folder.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretBox } from '../../src/base/seal.ts';
import { openPool } from '../../src/database/pool.ts';
import { applySetup } from '../../src/provisioning/apply-setup.ts';
import type { SetupChange } from '../../src/provisioning/change-plan.ts';
import { showFinding } from '../../src/provisioning/finding.ts';
import { loadSetup } from '../../src/provisioning/load-setup.ts';
import { prepareDefaults } from '../../src/store/tenancy/first-start.ts';
import type { TestDatabase } from './postgres.ts';
import { SECRET_KEY } from './server.ts';

/**
 * Applies a setup.
 * @param setup the content of parley.yaml.
 * @param workflows file names to their texts.
 * @returns the new secrets, by channel, and what changed.
 */
export async function applyForTest(
  database: TestDatabase,
  setup: object,
  workflows: Readonly<Record<string, string>> = {},
): Promise<{ secretOf(channel: string): string; readonly changes: readonly SetupChange[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-apply-'));
  const pool = openPool(database.target, 'admin', { max: 1, onError: () => {} });
  try {
    for (const [name, text] of Object.entries(workflows)) writeFileSync(join(folder, name), text);
    const file = join(folder, 'parley.json');
    writeFileSync(file, JSON.stringify(setup));
    const loaded = loadSetup(file, {});
    if (!loaded.ok) throw new Error(loaded.error.map(showFinding).join('\n'));
    await prepareDefaults(pool);
    const { newSecrets, changes } = await applySetup(
      pool,
      loaded.value,
      () => new SecretBox(SECRET_KEY),
    );
    return {
      changes,
      secretOf: (channel) => newSecrets.find((one) => one.channel === channel)!.secret,
    };
  } finally {
    await pool.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
