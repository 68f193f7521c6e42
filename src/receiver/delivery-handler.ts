// What the handlers for the kinds of servers share: the way from headers and bytes to an answer. Each of them only
// reads a body and sends the answer.

import type { Answer } from './response.ts';
import type { ReadHeader } from './signature.ts';

export type DeliveryHandler = {
  readonly maxBodyBytes: number;
  /** Takes a whole body. Never rejects. */
  receiveBody(header: ReadHeader, body: Uint8Array): Promise<Answer>;
  /** Rejects a body that other middleware has already read, and reports it to the app. */
  rejectReadBody(): Answer;
};

/** Headers as most servers have them. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads them whatever their case. */
export function readFrom(headers: HeaderRecord): ReadHeader {
  const lower = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  return (name) => {
    const value = lower.get(name);
    return typeof value === 'string' ? value : (value?.join(' ') ?? null);
  };
}

/** Joins chunks until they are more than allowed. */
export class BodyCollector {
  readonly #chunks: Uint8Array[] = [];
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @returns whether there is still room. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** All that was added. */
  join(): Uint8Array {
    const body = new Uint8Array(this.#bytes);
    let offset = 0;
    for (const chunk of this.#chunks) {
      body.set(chunk, offset);
      offset += chunk.length;
    }
    return body;
  }
}
