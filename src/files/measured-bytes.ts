// Passes bytes on and measures them: their number, their SHA-256, and the beginning by which their type is found.

import { createHash } from 'node:crypto';
import { passFaultPoint } from '../base/fault-points.ts';

/** Enough for every type that is recognised by its beginning. */
const HEAD_BYTES = 64 * 1024;

/** More bytes arrived than a file may have. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

export class MeasuredBytes {
  readonly #source: AsyncIterable<Buffer>;
  readonly #bytesMax: number;
  readonly #hash = createHash('sha256');
  #head: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(source: AsyncIterable<Buffer>, bytesMax: number) {
    this.#source = source;
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#size;
  }

  /** The first bytes. */
  get head(): Buffer {
    return this.#head;
  }

  /** Returns the SHA-256 in hex; once, after the last byte. */
  sha256Hex(): string {
    return this.#hash.digest('hex');
  }

  /** @throws FileTooLarge, at the first byte too many. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for await (const chunk of this.#source) {
      this.#size += chunk.length;
      if (this.#size > this.#bytesMax) throw new FileTooLarge();
      this.#hash.update(chunk);
      if (this.#head.length < HEAD_BYTES) {
        const room = HEAD_BYTES - this.#head.length;
        this.#head = Buffer.concat([this.#head, chunk.subarray(0, room)]);
      }
      yield chunk;
      passFaultPoint('during_file');
    }
  }
}
