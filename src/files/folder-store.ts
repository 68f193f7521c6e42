// Keeps bytes in a folder: one file each, written under a temporary name, flushed, and only then given its name.

import { createReadStream } from 'node:fs';
import { access, constants, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { passFaultPoint } from '../base/fault-points.ts';
import { type FileKey, type FileStore, pathOf } from './file-store.ts';

/** Only the operator may read the files of customers. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Opens the store; creates the folder when the first file is written. */
export function openFolderStore(folder: string): FileStore {
  const nameOf = (key: FileKey): string => join(folder, ...pathOf(key));
  return {
    place: 'folder',
    async write(key, bytes) {
      const name = nameOf(key);
      const draft = draftOf(name);
      const parent = dirname(name);
      const first = await mkdir(parent, { recursive: true, mode: FOLDER_MODE });
      try {
        await writeDraft(draft, bytes);
        passFaultPoint('before_file_renamed');
        await rename(draft, name);
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
      await flushFolders(parent, first);
    },
    async read(key, range) {
      const stream = createReadStream(nameOf(key), range ?? {});
      return new Promise((resolve, reject) => {
        stream.once('open', () => resolve(stream));
        stream.once('error', (error: NodeJS.ErrnoException) =>
          error.code === 'ENOENT' ? resolve(null) : reject(error),
        );
      });
    },
    async remove(key) {
      const name = nameOf(key);
      await rm(draftOf(name), { force: true });
      await rm(name, { force: true });
    },
    async check() {
      try {
        await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
        return null;
      } catch (error) {
        // The first file creates it.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        return `the folder ${folder} cannot be used: ${(error as Error).message}`;
      }
    },
  };
}

const draftOf = (name: string): string => `${name}.part`;

async function writeDraft(draft: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  // `w` replaces what an interrupted try left.
  const handle = await open(draft, 'w', FILE_MODE);
  try {
    for await (const chunk of bytes) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Flushes a folder and those above it up to the first that was created, so that the new names are on disk. */
async function flushFolders(folder: string, firstCreated: string | undefined): Promise<void> {
  await flushFolder(folder);
  if (firstCreated === undefined) return;
  const last = dirname(firstCreated);
  for (let above = folder; above !== last && above !== dirname(above); ) {
    above = dirname(above);
    await flushFolder(above);
  }
}

async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot open folders, and some file systems cannot flush them.
  }
}
