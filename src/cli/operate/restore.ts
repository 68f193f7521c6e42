// `parley restore`: restores a backup into an empty database or data folder.

import { resolve } from 'node:path';
import { BackupUnusable, type Header, keyFingerprint } from '../../backup/format.ts';
import { verifyBackup } from '../../backup/read-backup.ts';
import { checkSchema, restore as fillDatabase, NotRestorable } from '../../backup/restore.ts';
import { keepSecretKey } from '../../base/seal.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import { markRestore, type RestoreMark } from '../../database/restore-mark.ts';
import { openFileStores } from '../../files/open-files.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { readPath } from '../kit/read-options.ts';
import { secretKeyOrFail, settingsOrFail } from '../kit/settings.ts';
import { explainStartFailure } from '../kit/start-failure.ts';
import { withDatabase } from '../kit/with-database.ts';
import { described, shown } from './backup.ts';
import { showProgress } from './backup-progress.ts';

export const restore: Command = {
  name: 'restore',
  about: 'Restore a backup into an empty database or data folder.',
  details: [
    'Reads the whole file first, and rejects one that is no backup, truncated, changed, or from a newer Parley. Then',
    'writes all rows in one transaction and counts them. After an interrupted restore no server starts there and every',
    'command says so: run it again. A backup from an older Parley is migrated to the current schema.',
  ].join('\n'),
  arguments: [{ name: 'file', about: 'A file from `parley backup`.' }],
  options: {
    check: { type: 'boolean', about: 'Only read the file and show its content; use no database.' },
  },
  examples: [
    'parley restore --check parley-2027-01-31.backup',
    'PARLEY_DATA_DIR=/srv/parley parley restore parley-2027-01-31.backup',
  ],
  remote: 'it writes the database and the files themselves',
  run: restoreBackup,
};

/** State of the key of the secrets at the place where a server will look for it. */
type KeyState = 'none needed' | 'at hand' | 'written' | 'in the file' | 'missing' | 'another';

async function restoreBackup(call: CommandCall): Promise<number> {
  const { positionals, options, isJson, print } = call;
  const file = resolve(readPath(positionals[0]!, '<file>'));
  const config = settingsOrFail();
  const isCheck = options['check'] === true;
  const mark = isCheck || config.databaseUrl !== undefined ? null : await markOrFail(config, file);
  let isBegun = false;
  try {
    const key = secretKeyOrFail(config);
    const fingerprint = key === null ? null : keyFingerprint(key);
    const reading = showProgress('checking');
    const contents = await verifyBackup(file, key, {
      onHeader: (found) => checkSchema(file, found),
      onProgress: (progress) => reading.note({ table: 'the file', ...progress }),
    }).finally(reading.end);
    const { header } = contents;
    const keyState = stateOfKey(config, header, fingerprint);
    if (isCheck) {
      print(
        isJson
          ? JSON.stringify({ file, key: keyState, ...described(contents) })
          : `${shown(contents)}\n\nThe file is complete.`,
      );
      return 0;
    }
    const fill = async (database: Database) => {
      const writing = showProgress('writing');
      const pool = database.openPool('copy', 1);
      const applied = await fillDatabase({
        ...{ pool, file, contents, store: openFileStores(config).folder },
        onAccepted: () => {
          if (keyState === 'written') keepSecretKey(config.dataDir, header.key!.text!);
        },
        onMarked: async () => mark?.end(),
        onProgress: writing.note,
      }).finally(writing.end);
      return applied;
    };
    isBegun = true;
    const migrations = await withDatabase('restore', fill, {
      mayCreate: true,
      isRestore: true,
    });
    if (isJson) {
      print(JSON.stringify({ file, key: keyState, migrations, ...described(contents) }));
    } else {
      print(`${shown(contents)}\n\nRestored and counted.\n${adviseOnKey(keyState, header)}`);
    }
    return 0;
  } catch (error) {
    if (!isBegun || error instanceof NotRestorable) await mark?.undo();
    if (error instanceof BackupUnusable || error instanceof NotRestorable) {
      throw new CommandFailed(error.message);
    }
    throw error;
  }
}

/** Marks the folder before anything else, so that a later kill leaves the mark. */
const markOrFail = (config: Config, file: string): Promise<RestoreMark> =>
  markRestore(config.dataDir, file).catch((error) => {
    throw new CommandFailed(explainStartFailure(error, config));
  });

function stateOfKey(config: Config, { key }: Header, present: string | null): KeyState {
  if (key === null) return 'none needed';
  if (present === key.fingerprint) return 'at hand';
  if (present !== null) return 'another';
  if (key.text === undefined) return 'missing';
  return config.databaseUrl === undefined ? 'written' : 'in the file';
}

function adviseOnKey(state: KeyState, { key }: Header): string {
  const which = `the key whose fingerprint is ${key?.fingerprint}`;
  switch (state) {
    case 'none needed':
      return 'The backup does not name the key of its secrets, if any: use the key of its servers.';
    case 'at hand':
      return 'The key of its secrets is in place.';
    case 'written':
      return 'The key of its secrets was in the file, and is now secret.key in the data folder.';
    case 'in the file':
      return 'The key of its secrets is in the first line of the file: set PARLEY_SECRET_KEY to it before you start a server.';
    case 'missing':
      return (
        `ATTENTION: its callback secrets open only with ${which}, which was not found. Put secret.key into the ` +
        'data folder, or set PARLEY_SECRET_KEY, before you start a server.'
      );
    case 'another':
      return (
        `ATTENTION: its callback secrets open only with ${which}. A different key is set here: ` +
        'correct PARLEY_SECRET_KEY, or secret.key in the data folder, before you start a server.'
      );
  }
}
