// Decompresses responses: servers may compress although the request does not ask for it. Stops at a limit, which
// defeats decompression bombs; never throws.

import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type Decoded = {
  readonly bytes: Buffer;
  /** Whether the body exceeded the limit; then none of it is kept. */
  readonly isCut: boolean;
  /** The fault of the compression, if the body cannot be read. */
  readonly unreadable?: string;
};

export const noBytes: Buffer = Buffer.alloc(0);

type Done = (error: Error | null, bytes: Buffer) => void;
type Decoder = (bytes: Buffer, options: { readonly maxOutputLength: number }, done: Done) => void;

/** Decodes both formats that servers call `deflate`: the one with a header has 8 in the low half of its first byte. */
const inflateEither: Decoder = (bytes, options, done) =>
  (((bytes[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw)(bytes, options, done);

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: (...call) => gunzip(...call),
  'x-gzip': (...call) => gunzip(...call),
  deflate: inflateEither,
  br: (...call) => brotliDecompress(...call),
  zstd: (...call) => zstdDecompress(...call),
};

/**
 * Decompresses a whole body.
 * @param encoding the value of the header Content-Encoding.
 */
export function decode(bytes: Buffer, encoding: string, bytesMax: number): Promise<Decoded> {
  const name = encoding.trim().toLowerCase();
  const nothing = { bytes: noBytes, isCut: false };
  if (!Object.hasOwn(decoders, name)) {
    return Promise.resolve({ ...nothing, unreadable: 'its Content-Encoding is not known' });
  }
  return new Promise((resolve) => {
    decoders[name]!(bytes, { maxOutputLength: bytesMax }, (error, whole) => {
      if (error === null) resolve({ bytes: whole, isCut: false });
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
        resolve({ ...nothing, isCut: true });
      } else resolve({ ...nothing, unreadable: `it is no valid ${name}` });
    });
  });
}
