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

/** NUL never comes from outside (contract row 44), so no text of a person can look like a mark. */
const MARK = '\u0000parley-file:';

/** The mark as it is in JSON text. */
export const markInJson = JSON.stringify(MARK).slice(1, -1);

/**
 * Returns the mark for a link to a file. A link is signed and expires, so it is made when a response or an event is
 * sent (src/files/file-links.ts), and is never stored.
 */
export const fileMark = (workspaceId: number, id: string): string => `${MARK}${workspaceId}/${id}`;
