// Opens the stores that the settings name.

import { join } from 'node:path';
import type { FileStore } from './file-store.ts';
import { openFolderStore } from './folder-store.ts';

export type FileSettings = { readonly dataDir: string; readonly filesDir: string | undefined };

export type FileStores = {
  /** The store of new files. */
  readonly store: FileStore;
  /** The store in the data folder, whether or not new files go there. */
  readonly folder: FileStore;
  /** All stores in which files may lie, by their place. */
  readonly stores: ReadonlyMap<string, FileStore>;
};

/** Opens the stores; touches nothing yet. */
export function openFileStores({ dataDir, filesDir }: FileSettings): FileStores {
  const store = openFolderStore(filesDir ?? join(dataDir, 'files'));
  return { store, folder: store, stores: new Map([[store.place, store]]) };
}
