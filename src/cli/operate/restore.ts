// `parley restore`: brings a backup into a database, or a data folder, in which nothing was stored yet.

import { resolve } from 'node:path';
import { BackupUnusable, type Header, keyFingerprint } from '../../backup/format.ts';
import { verifyBackup } from '../../backup/read-backup.ts';
import { checkSchema, restore as fillDatabase, NotRestorable } from '../../backup/restore.ts';
import { keepSecretKey } from '../../base/seal.ts';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/database.ts';
import { markRestore, type RestoreMark } from '../../database/restore-mark.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { readPath } from '../kit/read-options.ts';
import { secretKeyOrFail, settingsOrFail } from '../kit/settings.ts';
import { explainStartFailure } from '../kit/start-failure.ts';
import { withDatabase } from '../kit/with-database.ts';
import { described, shown } from './backup.ts';
import { showProgress } from './backup-progress.ts';

export const restore: Command = {
  name: 'restore',
  about: 'Bring a backup into a database, or a data folder, that holds nothing yet.',
  details: [
    'The whole file is read first: a file that is no backup, cut off, changed, or of a newer Parley is refused before anything',
    'is written. Then all rows are written in one transaction and counted. After a restore that was interrupted no server',
    'starts there and every command says so: run it again. A backup of an older Parley gets the present schema.',
  ].join('\n'),
  arguments: [{ name: 'file', about: 'What `parley backup` wrote.' }],
  options: {
    check: { type: 'boolean', about: 'Only read the file and say what is in it; use no database.' },
  },
  examples: [
    'parley restore --check parley-2027-01-31.backup',
    'PARLEY_DATA_DIR=/srv/parley parley restore parley-2027-01-31.backup',
  ],
  run: restoreBackup,
};

/** What becomes of the secrets: whether the key that opens them is where a server will look for it. */
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
          : `${shown(contents)}\n\nThe file is whole.`,
      );
      return 0;
    }
    const fill = async (database: Database) => {
      const writing = showProgress('writing');
      const pool = database.openPool('copy', 1);
      const applied = await fillDatabase({
        ...{ pool, file, contents },
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

/** Before anything else: what is killed later has left the mark. */
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
      return 'The backup does not say which key its secrets, if any, were sealed with: use the key that its servers had.';
    case 'at hand':
      return 'The key that opens its secrets is here.';
    case 'written':
      return 'The key that opens its secrets was in the file, and is now secret.key in the data folder.';
    case 'in the file':
      return 'The key that opens its secrets is in the first line of the file: set PARLEY_SECRET_KEY to it before you start a server.';
    case 'missing':
      return (
        `ATTENTION: the secrets of its callbacks open only with ${which}, which is not here. Put secret.key into the ` +
        'data folder, or set PARLEY_SECRET_KEY, before you start a server.'
      );
    case 'another':
      return (
        `ATTENTION: the secrets of its callbacks open only with ${which}. The key that is set here is another one: ` +
        'correct PARLEY_SECRET_KEY, or secret.key in the data folder, before you start a server.'
      );
  }
}
