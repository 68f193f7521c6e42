// `parley migrate`: brings the database to the schema of this Parley, apart from a server's start.

import { migrate as applyMigrations, readMigrationState } from '../store/migrate.ts';
import type { Command, CommandCall } from './command.ts';
import { withDatabase } from './with-database.ts';

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
  const names = await withDatabase('migrate', async (database) => {
    const pool = database.openPool('admin', 1);
    return isDryRun ? (await readMigrationState(pool)).missing : applyMigrations(pool);
  });
  const key = isDryRun ? 'missing' : 'applied';
  if (isJson) print(JSON.stringify({ [key]: names }));
  else if (names.length === 0) print('The schema is up to date.');
  else
    print([`${isDryRun ? 'Missing' : 'Applied'}:`, ...names.map((name) => `  ${name}`)].join('\n'));
  return 0;
}
