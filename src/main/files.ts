// Opens the files of conversations: their stores, and the links to them.

import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config.ts';
import type { Pool } from '../database/pool.ts';
import { FileLinks } from '../files/file-links.ts';
import { Files } from '../files/files.ts';
import { type FileStores, openFileStores } from '../files/open-files.ts';
import type { SecretKey } from '../store/secrets/secret-key.ts';

/** Opens the files. @param pool the pool for the purpose `command`. */
export function openFileService(
  config: Config,
  {
    pool,
    log,
    secretKey,
  }: { readonly pool: Pool; readonly log: Log; readonly secretKey: SecretKey },
): { readonly files: Files; readonly fileStores: FileStores } {
  const secretBox = secretKey.trouble === null ? secretKey.toSeal() : secretKey.box;
  const fileStores = openFileStores(config);
  void fileStores.store.check().then((trouble) => {
    if (trouble !== null) log.error({ trouble }, 'files.store_unusable');
  });
  const links = new FileLinks({
    secretBox,
    clock: systemClock,
    linkSeconds: config.fileLinkSeconds,
    publicUrl: config.publicUrl,
  });
  const { fileBytesMax, fileQuotaBytes: quotaBytes, fileTypes: types } = config;
  const rules = { fileBytesMax, quotaBytes, types };
  return { files: new Files({ ...rules, ...fileStores, pool, log, links }), fileStores };
}
