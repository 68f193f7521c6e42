// A text that never changes while the server runs: one buffer for all clients, and one for each compression, created
// when first requested, off the event loop. Supports conditional requests.

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sha256Hex } from '../../base/random.ts';

type Encoding = 'br' | 'gzip' | 'identity';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Headers of every such response. Clients may cache it but must revalidate. */
const commonHeaders = {
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
  'X-Content-Type-Options': 'nosniff',
} as const;

export class StaticText {
  readonly #plain: Buffer;
  readonly #tag: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #compressed = new Map<Encoding, Promise<Buffer>>();

  constructor(contentType: string, text: string, headers: Readonly<Record<string, string>> = {}) {
    this.#plain = Buffer.from(text);
    this.#tag = sha256Hex(text).slice(0, 16);
    // All JSON has the same rule, whether it could be cached or not.
    const isJson = contentType.startsWith('application/json');
    const caching = isJson ? { 'Cache-Control': 'no-store' } : {};
    this.#headers = { ...commonHeaders, ...caching, ...headers, 'Content-Type': contentType };
  }

  /** Sends the text, or 304 if the client has it already. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const encoding = bestEncoding(request.headers['accept-encoding']);
    const tag = `"${this.#tag}${encoding === 'identity' ? '' : `-${encoding}`}"`;
    reply.headers(this.#headers).header('ETag', tag);
    if (isKnown(request.headers['if-none-match'], tag)) {
      return reply.removeHeader('Content-Type').code(304).send();
    }
    if (encoding !== 'identity') reply.header('Content-Encoding', encoding);
    return reply.send(await this.bytes(encoding));
  }

  /** Returns the bytes in an encoding. */
  bytes(encoding: Encoding): Promise<Buffer> {
    const known = this.#compressed.get(encoding);
    if (known !== undefined) return known;
    const made = compress(this.#plain, encoding);
    this.#compressed.set(encoding, made);
    return made;
  }
}

function compress(plain: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'identity') return Promise.resolve(plain);
  if (encoding === 'gzip') return zip(plain, { level: 9 });
  // The maximum, 11, saves another tenth but takes half a second for the largest page.
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  return brotli(plain, { params });
}

/** Selects the smallest encoding that the client accepts; without the header, none. */
function bestEncoding(accepted: string | string[] | undefined): Encoding {
  const weights = weightsOf(String(accepted ?? ''));
  const takes = (name: Encoding) => (weights.get(name) ?? weights.get('*') ?? 0) > 0;
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}

/** Browsers send a quarter of it. */
const ACCEPTED_CHARACTERS_MAX = 1000;

/** Parses an `Accept` or `Accept-Encoding` header: its words with their weights, from 0 to 1. */
export function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.slice(0, ACCEPTED_CHARACTERS_MAX).toLowerCase().split(',')) {
    const [word = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (word !== '') weights.set(word, /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? +weight : 0);
  }
  return weights;
}

/** Whether the client has this version. Weak tags match, too: a compressing proxy creates them. The tag is quoted. */
const isKnown = (header: string | undefined, tag: string): boolean =>
  header?.trim() === '*' || (header?.includes(tag) ?? false);
