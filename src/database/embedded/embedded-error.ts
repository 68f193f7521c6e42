// The errors of the embedded PostgreSQL: a stable code for programs, and a sentence for people that says what was
// wrong, where, and what to do.

export type EmbeddedErrorCode =
  | 'cluster_missing'
  | 'credentials_refused'
  | 'data_folder_in_use'
  | 'disk_full'
  | 'major_version_mismatch'
  | 'no_binaries'
  | 'no_unprivileged_user'
  | 'not_a_cluster'
  | 'not_a_folder'
  | 'not_reachable'
  | 'not_writable'
  | 'released'
  | 'start_failed'
  | 'wrong_owner';

/** A failure of the embedded PostgreSQL, worded for the operator. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The data folder belongs to another running process; `holder` names it. */
export class DataFolderInUse extends EmbeddedPostgresError {
  override readonly name = 'DataFolderInUse';
  readonly holder: string;

  constructor(dataDir: string, holder: string, reason = 'is in use by') {
    super(
      'data_folder_in_use',
      `The data folder ${dataDir} ${reason} ${holder}: stop that process first, ` +
        'or give this one another folder with PARLEY_DATA_DIR.',
    );
    this.holder = holder;
  }
}

/** Returns the errno code of an unknown thrown value ('EACCES'), or undefined. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Returns the message of an unknown thrown value. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Converts the error of a file operation to one that says what to do about the folder. */
export function folderError(folder: string, error: unknown): EmbeddedPostgresError {
  if (error instanceof EmbeddedPostgresError) return error;
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(folder, error);
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new EmbeddedPostgresError(
      'not_a_folder',
      `The data folder ${folder} is not a folder, or a part of its path is a file: ` +
        'remove that file, or set PARLEY_DATA_DIR to another folder.',
      { cause: error },
    );
  }
  return new EmbeddedPostgresError(
    'not_writable',
    `The data folder ${folder} cannot be created or written (${errorMessage(error)}): give the ` +
      'user that runs Parley the right to write there, or set PARLEY_DATA_DIR to another folder.',
    { cause: error },
  );
}

/** Creates the error for a full disk. */
export function diskFull(folder: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'disk_full',
    `The disk that holds ${folder} is full: free at least 200 MB there, ` +
      'or set PARLEY_DATA_DIR to a folder on another disk.',
    { cause },
  );
}
