// Reads HTTP/1.1 responses from a connection, as far as a closed loop needs it: the status, and where the response
// ends. Supports Content-Length only: a response without one is an error of the bench.

const headEnd = Buffer.from('\r\n\r\n');
/** `HTTP/1.1 ` precedes the status. */
const STATUS_OFFSET = 9;

export class ResponseReader {
  #rest: Buffer | null = null;

  /**
   * Takes a piece of the stream.
   * @param onResponse called with the status of every complete response.
   * @throws if the response is not supported.
   */
  push(piece: Buffer, onResponse: (status: number) => void): void {
    let data = this.#rest === null ? piece : Buffer.concat([this.#rest, piece]);
    this.#rest = null;
    while (data.length > 0) {
      const end = responseEnd(data);
      if (end === null || end > data.length) {
        this.#rest = data;
        return;
      }
      onResponse(readStatus(data));
      data = data.subarray(end);
    }
  }
}

/** Finds the end of the first response; null while its head is incomplete. */
function responseEnd(data: Buffer): number | null {
  const end = data.indexOf(headEnd);
  if (end < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(data.toString('latin1', 0, end))?.[1];
  if (length === undefined) throw new Error('a response without Content-Length');
  return end + headEnd.length + Number(length);
}

function readStatus(data: Buffer): number {
  const status = Number(data.toString('latin1', STATUS_OFFSET, STATUS_OFFSET + 3));
  if (data[0] !== 0x48 || !(status >= 100 && status <= 599))
    throw new Error('not an HTTP response');
  return status;
}
