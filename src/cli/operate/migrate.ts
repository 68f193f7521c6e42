// `parley migrate`: brings the database to the schema of this Parley, apart from a server's start.

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
  about: 'Bring the database schema up to date.',
  details: [
    '`parley serve` does the same when it starts. Run this first to see the migrations apart from a start:',
    'each is one transaction, and one process at a time applies them.',
  ].join('\n'),
  options: { 'dry-run': { type: 'boolean', about: 'List what is missing, change nothing.' } },
  examples: ['parley migrate --dry-run', 'parley migrate'],
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
    const first = absence === null ? [] : [`Parley would be made, for ${absence}`];
    print([...first, title, ...names.map((name) => `  ${name}`)].join('\n'));
  }
  return 0;
}

type Migrated = {
  readonly names: readonly string[];
  /** Why there is no Parley yet, if that is so. */
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

/** Where there is nothing, everything is missing; none of it is made to find that out. */
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
