// Saves, opens and removes files: keeps the rows and the bytes in step. The row is there before the first byte, and
// says that the file is stored only once all bytes are durable: a kill at any moment leaves either a whole file, or a
// row by which the job removes what there is (src/jobs/old-files.ts).

import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { passFaultPoint } from '../base/fault-points.ts';
import type { Log } from '../base/log.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { cleanText } from '../contract/text.ts';
import type { StoredFile } from '../core/model/file.ts';
import type { Connection, Pool } from '../database/pool.ts';
import {
  finishFile,
  giveUpFiles,
  insertFile,
  readFileUsage,
  type ServedFile,
} from '../store/resources/files.ts';
import { writeAs } from '../store/sql/row-level-security.ts';
import { isAllowedType, sniffContentType } from './content-type.ts';
import type { FileLinks } from './file-links.ts';
import type { ByteRange, FileKey, FileStore, Place } from './file-store.ts';
import { FileTooLarge, MeasuredBytes } from './measured-bytes.ts';

/** Whether a file may be saved, and where to. */
export type FileRules = {
  readonly fileBytesMax: number;
  /** The most bytes of a workspace; 0: no limit. */
  readonly quotaBytes: number;
  readonly types: readonly string[];
};

export type FilesOptions = FileRules & {
  /** The pool for the purpose `command`. */
  readonly pool: Pool;
  readonly log: Log;
  readonly links: FileLinks;
  /** The store of new files, and where earlier ones may lie. */
  readonly store: FileStore;
  readonly stores: ReadonlyMap<string, FileStore>;
};

/** A file that arrives. */
export type IncomingFile = { readonly name: string; readonly bytes: AsyncIterable<Buffer> };

const NAME_CHARACTERS_MAX = 255;

/** Creates the id of a file: 128 random bits. */
export const newFileId = (): string => randomBytes(16).toString('hex');

export class Files {
  readonly #options: FilesOptions;

  constructor(options: FilesOptions) {
    this.#options = options;
  }

  get links(): FileLinks {
    return this.#options.links;
  }

  get fileBytesMax(): number {
    return this.#options.fileBytesMax;
  }

  /** The store of new files. */
  get place(): Place {
    return this.#options.store.place;
  }

  /**
   * Saves a file. It goes by itself unless a part takes it within a day.
   * @throws when the database or the store is unavailable, and what the bytes throw.
   */
  async save(workspaceId: number, file: IncomingFile): Promise<Result<StoredFile, ContractError>> {
    const { links, store } = this.#options;
    if (!links.canSign) return fail(apiError('filesUnavailable'));
    const key = { workspaceId, id: newFileId() };
    const name = fileNameOf(file.name);
    const hasRoom = await this.#asWorkspace(workspaceId, async (connection) => {
      if (await this.#isFull(connection, workspaceId)) return false;
      await insertFile(connection, { ...key, name, place: store.place });
      return true;
    });
    if (!hasRoom) return fail(apiError('filesFull'));
    const stored = await this.write(key, file.bytes).catch(async (error: unknown) => {
      await this.giveUp(workspaceId, [key.id]);
      throw error;
    });
    if (!stored.ok) {
      await this.giveUp(workspaceId, [key.id]);
      return stored;
    }
    return ok({ id: key.id, name, state: 'stored', failure: null, ...stored.value });
  }

  /**
   * Writes the bytes of a file that has a row, and marks it as stored.
   * @throws what the bytes, the store and the database throw.
   */
  async write(
    key: FileKey,
    bytes: AsyncIterable<Buffer>,
  ): Promise<Result<Pick<StoredFile, 'contentType' | 'size'>, ContractError>> {
    const { store, fileBytesMax, types } = this.#options;
    const measured = new MeasuredBytes(bytes, fileBytesMax);
    try {
      await store.write(key, measured);
    } catch (error) {
      if (error instanceof FileTooLarge) return fail(this.tooLarge());
      throw error;
    }
    const { size, head } = measured;
    const contentType = await sniffContentType(head, head.length === size);
    if (!isAllowedType(contentType, types)) {
      const message = `Files of type ${contentType} are not accepted here`;
      return fail(apiError('fileTypeRejected', null, message));
    }
    passFaultPoint('before_file_stored');
    const written = { ...key, contentType, size, sha256Hex: measured.sha256Hex() };
    const isStored = await this.#asWorkspace(key.workspaceId, (connection) =>
      finishFile(connection, written),
    );
    if (isStored) return ok({ contentType, size });
    // It was given up in the meantime, so no row names these bytes.
    await store.remove(key);
    return fail(apiError('serviceUnavailable'));
  }

  /** Opens the bytes of a file; null if they are not there. */
  async open(
    workspaceId: number,
    { id, place }: ServedFile,
    range: ByteRange | null,
  ): Promise<Readable | null> {
    const store = this.#options.stores.get(place);
    return store === undefined ? null : store.read({ workspaceId, id }, range);
  }

  /** Lets files go that no part will take. If that fails, they go a little later. */
  async giveUp(workspaceId: number, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#asWorkspace(workspaceId, (connection) =>
      giveUpFiles(connection, workspaceId, ids),
    ).catch((error: unknown) => this.#options.log.warn({ err: error }, 'files.not_given_up'));
  }

  tooLarge(): ContractError {
    const message = `A file may have ${this.#options.fileBytesMax} bytes at most`;
    return apiError('fileTooLarge', null, message);
  }

  async #isFull(connection: Connection, workspaceId: number): Promise<boolean> {
    const { quotaBytes } = this.#options;
    return quotaBytes > 0 && (await readFileUsage(connection, workspaceId)) >= quotaBytes;
  }

  async #asWorkspace<Value>(
    workspaceId: number,
    work: (connection: Connection) => Promise<Value>,
  ): Promise<Value> {
    const written = await writeAs<Value, never>(this.#options.pool, workspaceId, async (one) =>
      ok(await work(one)),
    );
    return written.ok ? written.value : written.error;
  }
}

/** Cleans the name that a caller gives: no folders, no control characters, never empty. */
export function fileNameOf(given: string): string {
  const last = cleanText(given).split(/[/\\]/).at(-1)!;
  const clean = last.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '').trim();
  const name = /^\.*$/.test(clean) ? 'file' : clean;
  return [...name].slice(0, NAME_CHARACTERS_MAX).join('');
}
