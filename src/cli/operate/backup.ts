// `parley backup`: writes everything that Parley stores into one file, while servers run.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BackupExists, backUp } from '../../backup/back-up.ts';
import { BackupUnusable } from '../../backup/format.ts';
import type { Contents } from '../../backup/read-backup.ts';
import { readRelease } from '../../base/release.ts';
import { openFileStores } from '../../files/open-files.ts';
import { readDatabaseTime } from '../../store/clock/database-time.ts';
import { readMigrationState } from '../../store/schema/migrate.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { readPath } from '../kit/read-options.ts';
import { secretKeyOrFail } from '../kit/settings.ts';
import { layOutTable } from '../kit/table.ts';
import { withDatabase } from '../kit/with-database.ts';
import { megabytes, showProgress } from './backup-progress.ts';

export const backup: Command = {
  name: 'backup',
  about: 'Back up everything into one file, while servers run.',
  details: [
    'A consistent snapshot of all workspaces, from the embedded PostgreSQL or that of PARLEY_DATABASE_URL, with the files',
    'of conversations in the data folder or PARLEY_FILES_DIR, not those in a bucket. Blocks no server. The backup is',
    'compressed, only you may read it, and it is read back before the command exits with 0. Its callback secrets are',
    'sealed: restoring them needs the key, which is in the backup only with --include-key.',
  ].join('\n'),
  arguments: [{ name: 'file', about: 'The file to write; it must not exist yet.' }],
  options: {
    'include-key': {
      type: 'boolean',
      about: 'Put the key into the file: anyone who has the file can read every secret.',
    },
  },
  examples: [
    'parley backup parley-2027-01-31.backup',
    'parley backup --include-key --json /media/safe/parley.backup',
  ],
  remote: 'it copies the database and the files themselves',
  run: writeBackup,
};

async function writeBackup({ positionals, options, isJson, print }: CommandCall): Promise<number> {
  const file = resolve(readPath(positionals[0]!, '<file>'));
  const isKeyIncluded = options['include-key'] === true;
  const { contents, hasKey } = await withDatabase('backup', async (database, config) => {
    const key = secretKeyOrFail(config);
    if (isKeyIncluded && key === null) {
      throw new CommandFailed(
        'there is no key to include: set PARLEY_SECRET_KEY, or put secret.key back into the data folder',
        2,
      );
    }
    const pool = database.openPool('copy', 1);
    if ((await readMigrationState(pool)).appliedCount === 0) {
      throw new CommandFailed('the database is empty: there is nothing to back up');
    }
    const createdAt = new Date(await readDatabaseTime(pool));
    const progress = showProgress('reading');
    const written = await backUp({
      store: openFileStores(config).folder,
      ...{ pool, file, key, isKeyIncluded, createdAt, version: readRelease().version },
      onProgress: progress.note,
      onReadingBack: progress.end,
    }).catch((error) => {
      progress.end();
      throw explain(error);
    });
    return { contents: written, hasKey: key !== null };
  });
  const bytes = statSync(file).size;
  if (isJson) print(JSON.stringify({ file, bytes, isKeyIncluded, ...described(contents) }));
  else {
    const outside = hasKey
      ? `The key is NOT in the file: keep a copy of ${keySource()} elsewhere. ${LOST_WITHOUT}`
      : NO_KEY;
    const key = isKeyIncluded
      ? 'The key is in the file: keep it as safe as the secrets themselves.'
      : outside;
    print(`${shown(contents)}\n\nWritten to ${file} (${megabytes(bytes)}) and read back.\n${key}`);
  }
  return 0;
}

const LOST_WITHOUT = 'Without it the secrets of callbacks are lost.';
const NO_KEY =
  'No key was found here. If anything is sealed, keep the PARLEY_SECRET_KEY of your servers, or secret.key of the ' +
  `data folder. ${LOST_WITHOUT}`;

const keySource = (): string =>
  process.env.PARLEY_SECRET_KEY ? 'PARLEY_SECRET_KEY' : 'secret.key of the data folder';

function explain(error: unknown): unknown {
  if (error instanceof BackupExists) {
    return new CommandFailed(`${error.message} already exists: name another file, or remove it`);
  }
  if (error instanceof BackupUnusable) {
    return new CommandFailed(
      `the backup was written, but reading it back failed: ${error.message}`,
    );
  }
  return error;
}

/** Describes a backup as JSON. */
export const described = ({ header, tables }: Contents) => ({
  createdAt: header.createdAt,
  parley: header.parley,
  schema: header.schema.length,
  keyFingerprint: header.key?.fingerprint ?? null,
  rows: Object.fromEntries(tables),
});

/** Describes a backup as text, with the tables that have rows. */
export function shown({ header, tables }: Contents): string {
  const rows = [...tables].filter(([, count]) => count > 0);
  const table = layOutTable(
    ['TABLE', 'ROWS'],
    rows.map(([name, count]) => [name, count.toLocaleString('en')]),
    { width: null },
  );
  return `Everything as of ${header.createdAt}, schema ${header.schema.length}:\n\n${table}`;
}
