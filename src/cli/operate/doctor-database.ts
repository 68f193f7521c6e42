// The database checks of `parley doctor`: role, row-level security, schema, durability, connections, tokens.

import { limits } from '../../base/limits.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import type { Pool } from '../../database/pool.ts';
import { openFileStores } from '../../files/open-files.ts';
import { listFilePlaces } from '../../store/resources/files.ts';
import {
  type DatabaseHealth,
  readHealth,
  seesWithoutWorkspace,
} from '../../store/schema/database-health.ts';
import { compareSchemas, type SchemaDifference } from '../../store/schema/drift.ts';
import { readMigrationState, SchemaMismatch } from '../../store/schema/migrate.ts';
import { describeSchema, expectedSchema } from '../../store/schema/text.ts';
import { bad, type Check, doubtful, firstOf, good } from './doctor-check.ts';
import { checkDelivery } from './doctor-delivery.ts';
import { checkRetention } from './doctor-retention.ts';

const DIFFERENCES_SHOWN_MAX = 5;

/**
 * Runs the checks; those that need a schema are left out while there is none.
 * @param isDeep whether to call the callbacks, too.
 */
export async function checkDatabase(
  database: Database,
  config: Config,
  isDeep: boolean,
): Promise<Check[]> {
  const { version } = database.facts;
  const where = database.isEmbedded ? 'embedded' : 'from PARLEY_DATABASE_URL';
  // An older version does not get here: connecting to it fails.
  const checks = [good('postgresql', `${version}, ${where}, reachable`)];
  const pool = database.openPool('admin', 1);
  const schema = await readMigrationState(pool).catch((error) => {
    if (error instanceof SchemaMismatch) return error;
    throw error;
  });
  if (schema instanceof SchemaMismatch) {
    return [...checks, bad('migrations', schema.message, 'See the message.')];
  }
  const { appliedCount, missing } = schema;
  if (appliedCount === 0) {
    const todo = 'Run `parley serve` or `parley migrate`.';
    return [...checks, doubtful('migrations', 'the database is empty', todo)];
  }
  const isCurrent = missing.length === 0;
  checks.push(
    isCurrent
      ? good('migrations', `all ${appliedCount} applied`)
      : doubtful('migrations', `missing: ${missing.join(', ')}`, 'Run `parley migrate`.'),
  );
  if (isCurrent)
    checks.push(checkDrift(compareSchemas(expectedSchema(), await describeSchema(pool))));
  const health = await readHealth(pool);
  const sees = await seesWithoutWorkspace(database.openPool('read', 1));
  return [
    ...checks,
    checkRole(health),
    checkRowLevelSecurity(health, sees),
    checkDurability(health),
    checkConnections(health, config),
    checkTokens(health),
    ...(isCurrent ? await checkDelivery(pool, config, isDeep) : []),
    ...(isCurrent ? [await checkRetention(pool), ...(await checkFilePlaces(pool, config))] : []),
  ];
}

/** A missing object breaks promises; an extra one (an operator's own index) may be intended. */
function checkDrift(differences: readonly SchemaDifference[]): Check {
  if (differences.length === 0) return good('schema', 'matches the migrations');
  const lines = differences.flatMap(({ object, missing, unexpected }) => [
    ...missing.map((line) => `${object} lacks: ${line}`),
    ...unexpected.map((line) => `${object} has: ${line}`),
  ]);
  const shown = firstOf(lines, DIFFERENCES_SHOWN_MAX);
  const isLacking = differences.some(({ missing }) => missing.length > 0);
  const make = isLacking ? bad : doubtful;
  return make(
    'schema',
    `differs from the migrations:\n${shown.join('\n')}`,
    'Undo the manual changes, or restore a backup.',
  );
}

function checkRole({ role, isUnbound }: DatabaseHealth): Check {
  return isUnbound
    ? bad(
        'role',
        `"${role}" is a superuser or bypasses row-level security`,
        `alter role "${role}" nosuperuser nobypassrls;`,
      )
    : good('role', `"${role}", bound by row-level security`);
}

function checkRowLevelSecurity({ openTables }: DatabaseHealth, sees: boolean): Check {
  const name = 'row-level security';
  if (openTables.length > 0) {
    return bad(
      name,
      `not enabled and forced on: ${openTables.join(', ')}`,
      'For each: alter table parley.<name> enable row level security, force row level security;',
    );
  }
  return sees
    ? bad(
        name,
        'a connection that names no workspace sees rows',
        'Look for policies and settings (parley.scope) that were added manually.',
      )
    : good(name, 'enabled and forced on every table; without a workspace no row is visible');
}

function checkDurability(health: DatabaseHealth): Check {
  const { fsync, synchronousCommit, fullPageWrites } = health;
  const seen = `fsync ${fsync}, synchronous_commit ${synchronousCommit}, full_page_writes ${fullPageWrites}`;
  const isKept = fsync === 'on' && synchronousCommit !== 'off' && fullPageWrites === 'on';
  return isKept
    ? good('durability', seen)
    : bad(
        'durability',
        `${seen}: a crash may lose what was acknowledged`,
        "Turn all of them on in PostgreSQL's settings.",
      );
}

function checkConnections(health: DatabaseHealth, config: Config): Check {
  const { connectionsMax, connectionsFree } = health;
  const { readConnectionsMax, commandConnectionsMax, accessConnectionsMax } = limits;
  const needed =
    config.groupsInFlightMax + readConnectionsMax + commandConnectionsMax + accessConnectionsMax;
  const seen = `${connectionsFree} of ${connectionsMax} free; a server needs ${needed}`;
  return connectionsFree >= needed
    ? good('connections', seen)
    : doubtful('connections', seen, 'Raise max_connections, or close other connections.');
}

function checkTokens({ activeTokenCount }: DatabaseHealth): Check {
  return activeTokenCount > 0
    ? good('tokens', `${activeTokenCount} active`)
    : doubtful('tokens', 'none is active: no client can call', 'Run `parley token create`.');
}

/** Finds stored files in a store that the settings no longer name. */
async function checkFilePlaces(pool: Pool, config: Config): Promise<Check[]> {
  const { stores } = openFileStores(config);
  const missing = (await listFilePlaces(pool)).filter((place) => !stores.has(place));
  return missing.map((place) =>
    bad(
      'stored files',
      `some are in a ${place}, which no setting names: their links get 404`,
      'Set PARLEY_FILES_BUCKET and its settings as they were.',
    ),
  );
}
