// Files of parts as types, and the mark that stands for a link to one until a text is sent.

export type FileState = 'writing' | 'fetching' | 'stored' | 'failed' | 'deleting';

/** A file, without its bytes. What is not known before it is stored is null. */
export type StoredFile = {
  readonly id: string;
  readonly name: string;
  readonly state: FileState;
  readonly contentType: string | null;
  /** The number of bytes. */
  readonly size: number | null;
  /** The reason why it could not be fetched; completes a sentence. */
  readonly failure: string | null;
};

/** A file of a part. The order of a list of them is the order in the part. */
export type Attachment = StoredFile & {
  /** Set for a file that Parley still has to fetch: its row is written with the part. */
  readonly toFetch?: { readonly url: string; readonly place: string };
};

/** The beginning of a mark in JSON text. */
export const MARK_KEY = '$file';

/**
 * Returns the mark for a link to a file. A link is signed and expires, so it is made when a response or an event is
 * sent (src/files/file-links.ts), and is never stored. The mark is an object where the wire has a text, so no text of a
 * person can look like one.
 */
export const fileMark = (id: string): string => ({ [MARK_KEY]: id }) as unknown as string;
