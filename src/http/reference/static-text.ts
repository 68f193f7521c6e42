// A text that never changes while the server runs, ready to be sent: one buffer for all readers, one more for each
// compression, made when first asked for, off the event loop. Answers conditional requests. Knows no page.

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sha256Hex } from '../../base/random.ts';

type Encoding = 'br' | 'gzip' | 'identity';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Of every such response. What depends on nothing else may be kept, and is asked for again each time. */
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
    // One rule for all JSON, so that nobody need know which of it could be kept.
    const isJson = contentType.startsWith('application/json');
    const caching = isJson ? { 'Cache-Control': 'no-store' } : {};
    this.#headers = { ...commonHeaders, ...caching, ...headers, 'Content-Type': contentType };
  }

  /** Answers with it, or that the client has it already. */
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

  /** The bytes as they are sent. */
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
  // 11, the slowest, saves a tenth more and takes half a second for the largest page.
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  return brotli(plain, { params });
}

/** The smallest that the client takes; without a word about it, the text as it is. */
function bestEncoding(accepted: string | string[] | undefined): Encoding {
  const weights = weightsOf(String(accepted ?? ''));
  const takes = (name: Encoding) => (weights.get(name) ?? weights.get('*') ?? 0) > 0;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity';
}

/** What browsers send is a quarter of it. */
const ACCEPTED_CHARACTERS_MAX = 1000;

/** The words of an `Accept` or `Accept-Encoding` header with their weights, from 0 to 1. */
export function weightsOf(header: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.slice(0, ACCEPTED_CHARACTERS_MAX).toLowerCase().split(',')) {
    const [word = '', ...parameters] = part.split(';').map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
    if (word !== '') weights.set(word, /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? +weight : 0);
  }
  return weights;
}

/** Weak ones count: a proxy that compresses by itself makes them so. The tag has its quotes with it. */
const isKnown = (header: string | undefined, tag: string): boolean =>
  header?.trim() === '*' || (header?.includes(tag) ?? false);
