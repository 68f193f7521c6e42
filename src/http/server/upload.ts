// Reads an upload: one file in a multipart/form-data body, passed on as it arrives and never kept in memory. Bounded in
// everything: the size of the body and of its parts, the number of files and fields, the uploads at the same time.

import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { limits } from '../../base/limits.ts';
import { fail, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { IncomingFile } from '../../files/files.ts';
import type { AuthenticatedCall } from './route.ts';

const FIELDS_MAX = 10;
const FIELD_BYTES_MAX = 1_024;
const HEADERS_MAX = 20;

/** Uploads that arrive at this server now. */
let uploads = 0;

export type Upload<Value> = {
  /** Takes the file: reads all its bytes. */
  readonly save: (file: IncomingFile) => Promise<Result<Value, ContractError>>;
  /** Lets a saved file go, because what came after it is wrong. */
  readonly giveUp: (value: Value) => Promise<void>;
};

/**
 * Reads the body of a call.
 * @throws what `save` throws; and if the client leaves before the end.
 */
export async function readUpload<Value>(
  { request: { raw, routeOptions } }: AuthenticatedCall,
  upload: Upload<Value>,
): Promise<Result<Value, ContractError>> {
  if (Number(raw.headers['content-length'] ?? 0) > routeOptions.bodyLimit) {
    return fail(apiError('bodyTooLarge'));
  }
  if (uploads >= limits.uploadsMax) {
    return fail(apiError('serviceUnavailable', null, 'Too many uploads at the same time: retry'));
  }
  uploads += 1;
  try {
    return await new Form(raw, routeOptions.bodyLimit, upload).read();
  } finally {
    uploads -= 1;
  }
}

class Form<Value> {
  readonly #raw: IncomingMessage;
  readonly #bytesMax: number;
  readonly #upload: Upload<Value>;
  #file: Readable | undefined;
  #saving: Promise<Result<Value, ContractError>> | undefined;

  constructor(raw: IncomingMessage, bytesMax: number, upload: Upload<Value>) {
    this.#raw = raw;
    this.#bytesMax = bytesMax;
    this.#upload = upload;
  }

  /** Reads the form to its end, or to the first thing that is wrong. */
  async read(): Promise<Result<Value, ContractError>> {
    const fault = await this.#parse();
    // Otherwise the reader of the file would wait for bytes that never come.
    if (fault !== null) this.#file?.destroy(new Error('the upload ended early'));
    const saved = await this.#saving?.catch((error: unknown) => {
      // It failed because of the fault.
      if (fault !== null) return fail(fault);
      throw error;
    });
    if (saved === undefined) return fail(fault ?? malformed('The body has no file'));
    if (fault === null || !saved.ok) return saved;
    await this.#upload.giveUp(saved.value);
    return fail(fault);
  }

  /** Parses the body. @returns what is wrong with it; null if nothing is. */
  #parse(): Promise<ContractError | null> {
    const raw = this.#raw;
    const parser = openParser(raw);
    if (parser === null) return Promise.resolve(malformed('The boundary is invalid'));
    return new Promise((resolve) => {
      let bytes = 0;
      let fault: ContractError | null = null;
      const end = (found: ContractError | null) => {
        raw.unpipe(parser);
        raw.pause();
        resolve(found);
      };
      raw.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > this.#bytesMax) end(apiError('bodyTooLarge'));
      });
      raw.on('error', () => end(apiError('requestMalformed')));
      // A whole body closes too, once it is read.
      raw.once('close', () => raw.complete || end(apiError('requestMalformed')));
      parser.on('file', (_field, file, name) => {
        this.#file = file;
        // The parser ends a file with an error that nothing else may be listening for.
        file.on('error', () => {});
        // Forms write quotes so.
        const whole = (name ?? '').replaceAll('%22', '"');
        this.#saving = this.#upload.save({ name: whole, bytes: file });
        // If it is not saved, the rest is not worth reading.
        this.#saving.then(
          (saved) => saved.ok || end(null),
          () => end(null),
        );
      });
      parser.once('filesLimit', () => {
        fault = malformed('The body has more than one file');
      });
      parser.once('fieldsLimit', () => {
        fault = malformed('The body has too many fields');
      });
      parser.on('error', () => end(malformed('The body is not well-formed')));
      parser.once('finish', () => end(fault));
      raw.pipe(parser);
    });
  }
}

const malformed = (message: string): ContractError => apiError('uploadMalformed', null, message);

function openParser({ headers }: IncomingMessage): BusboyInstance | null {
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': headers['content-type'] ?? '' },
      limits: {
        files: 1,
        fields: FIELDS_MAX,
        fieldSize: FIELD_BYTES_MAX,
        headerPairs: HEADERS_MAX,
      },
    });
  } catch {
    return null;
  }
}
