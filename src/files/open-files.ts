// Opens the stores that the settings name.

import { join } from 'node:path';
import { type BucketSettings, openBucketStore } from './bucket-store.ts';
import type { FileStore } from './file-store.ts';
import { openFolderStore } from './folder-store.ts';

export type FileSettings = {
  readonly dataDir: string;
  readonly filesDir: string | undefined;
  /** Undefined: files are in the folder. */
  readonly filesBucket: string | undefined;
  readonly filesEndpoint: string | undefined;
  readonly filesRegion: string;
  /** Undefined: with an endpoint. */
  readonly filesPathStyle: boolean | undefined;
  readonly filesAccessKey: string | undefined;
  readonly filesSecretKey: string | undefined;
};

export type FileStores = {
  /** The store of new files. */
  readonly store: FileStore;
  /** The store in the data folder, whether or not new files go there. */
  readonly folder: FileStore;
  /** All stores in which files may lie, by their place. */
  readonly stores: ReadonlyMap<string, FileStore>;
};

/** Opens the stores; touches nothing yet. Files from before there was a bucket stay in the folder. */
export function openFileStores(settings: FileSettings): FileStores {
  const folder = openFolderStore(folderOf(settings));
  const bucket = bucketOf(settings);
  const store = bucket === null ? folder : openBucketStore(bucket);
  const stores = new Map([folder, store].map((one) => [one.place, one]));
  return { store, folder, stores };
}

/** Returns the folder of files. */
export const folderOf = ({ dataDir, filesDir }: FileSettings): string =>
  filesDir ?? join(dataDir, 'files');

function bucketOf(settings: FileSettings): BucketSettings | null {
  const { filesBucket, filesEndpoint, filesPathStyle } = settings;
  if (filesBucket === undefined) return null;
  return {
    bucket: filesBucket,
    endpoint: filesEndpoint,
    region: settings.filesRegion,
    hasPathStyle: filesPathStyle ?? filesEndpoint !== undefined,
    accessKey: settings.filesAccessKey,
    secretKey: settings.filesSecretKey,
  };
}
