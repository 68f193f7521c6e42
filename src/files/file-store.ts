// What a store of bytes can do. Two implementations: the data folder and an S3-compatible bucket. Knows no database:
// which bytes are valid is decided by the rows (src/store/resources/files.ts).

import type { Readable } from 'node:stream';

/** The name of bytes: nothing in it comes from a user. */
export type FileKey = { readonly workspaceId: number; readonly id: string };

/** The first and the last byte of a part of a file. */
export type ByteRange = { readonly start: number; readonly end: number };

/** The name of a kind of store, as rows carry it. */
export type Place = 'folder' | 'bucket';

/** A store cannot be reached, or rejects what Parley needs. Its message has no secrets. */
export class FileStoreUnavailable extends Error {
  override readonly name = 'FileStoreUnavailable';
}

export type FileStore = {
  readonly place: Place;
  /** Writes bytes. Resolves once they are durable; if it rejects, or the process is killed, nothing can be read. */
  write(key: FileKey, bytes: AsyncIterable<Buffer>): Promise<void>;
  /** Opens bytes for reading; null if they are not there. */
  read(key: FileKey, range: ByteRange | null): Promise<Readable | null>;
  /** Removes bytes and what an interrupted write left of them. Does nothing if there are none. */
  remove(key: FileKey): Promise<void>;
  /** Looks at the store, without changing it. @returns what is wrong with it; null if nothing is. */
  check(): Promise<string | null>;
};

const validId = /^[0-9a-f]{32}$/;

/** Whether a text can be the id of a file; others need no query, and never become a path. */
export const isFileId = (text: string): boolean => validId.test(text);

/** Returns the path of bytes in a store. @throws if the key is not one of Parley's own. */
export function pathOf({ workspaceId, id }: FileKey): readonly [string, string, string] {
  if (!isFileId(id) || !Number.isSafeInteger(workspaceId) || workspaceId < 1) {
    throw new Error(`${workspaceId}/${id} names no file`);
  }
  return [String(workspaceId), id.slice(0, 2), id];
}
