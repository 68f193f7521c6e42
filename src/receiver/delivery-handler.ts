// Shared by the handlers for the different servers: from headers and bytes to a response. The handlers only read the
// body and send the response.

import type { ReceiverResponse } from './response.ts';
import type { ReadHeader } from './signature.ts';

export type DeliveryHandler = {
  readonly maxBodyBytes: number;
  /** Handles a whole body. Never rejects. */
  receiveBody(header: ReadHeader, body: Uint8Array): Promise<ReceiverResponse>;
  /** Rejects a body that other middleware has already read, and reports it to the app. */
  rejectReadBody(): ReceiverResponse;
};

/** Headers as most servers represent them. */
export type HeaderRecord = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Creates a case-insensitive reader of headers. */
export function readFrom(headers: HeaderRecord): ReadHeader {
  const lower = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const),
  );
  return (name) => {
    const value = lower.get(name);
    return typeof value === 'string' ? value : (value?.join(' ') ?? null);
  };
}

/** Collects the chunks of a body up to a size limit. */
export class BodyCollector {
  readonly #chunks: Uint8Array[] = [];
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Adds a chunk. @returns false if it exceeds the limit. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) return false;
    this.#chunks.push(chunk);
    return true;
  }

  /** Joins the chunks. */
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
