// `parley migrate`: migrates the database schema, separately from a server's start.

import { NothingThere } from '../../database/nothing-there.ts';
import {
  migrate as applyMigrations,
  migrationNames,
  readMigrationState,
} from '../../store/schema/migrate.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { withDatabase } from '../kit/with-database.ts';

export const migrate: Command = {
  name: 'migrate',
  about: 'Migrate the database schema to this version.',
  details: [
    '`parley serve` does the same when it starts. Run this first to migrate separately: each migration is one',
    'transaction, and one process at a time applies them.',
  ].join('\n'),
  options: { 'dry-run': { type: 'boolean', about: 'Only list missing migrations.' } },
  examples: ['parley migrate --dry-run', 'parley migrate'],
  remote: 'it changes the tables of the database itself',
  run: bringUpToDate,
};

async function bringUpToDate({ options, isJson, print }: CommandCall): Promise<number> {
  const isDryRun = options['dry-run'] === true;
  const { names, absence } = isDryRun ? await findMissing() : await applyMissing();
  const key = isDryRun ? 'missing' : 'applied';
  if (isJson) print(JSON.stringify({ [key]: names }));
  else if (names.length === 0) print('The schema is up to date.');
  else {
    const title = `${isDryRun ? 'Missing' : 'Applied'}:`;
    const first = absence === null ? [] : [`Would create Parley, because ${absence}`];
    print([...first, title, ...names.map((name) => `  ${name}`)].join('\n'));
  }
  return 0;
}

type Migrated = {
  readonly names: readonly string[];
  /** The reason why there is no Parley yet; null if there is one. */
  readonly absence: string | null;
};

async function applyMissing(): Promise<Migrated> {
  const names = await withDatabase(
    'migrate',
    (database) => applyMigrations(database.openPool('admin', 1)),
    { mayCreate: true },
  );
  return { names, absence: null };
}

/** Lists missing migrations; all of them where there is no database, without creating one. */
async function findMissing(): Promise<Migrated> {
  try {
    const { missing } = await withDatabase('migrate', (database) =>
      readMigrationState(database.openPool('admin', 1)),
    );
    return { names: missing, absence: null };
  } catch (error) {
    const { cause } = error as Error;
    if (!(cause instanceof NothingThere)) throw error;
    return { names: migrationNames(), absence: cause.message };
  }
}
