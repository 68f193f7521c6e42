// CORS for routes that web pages of other origins may read: only origins that a channel lists, compared exactly, and
// never with the browser's credentials. Browsers enforce it; a token is required as always. CORS libraries decide
// before the token is known, but the list belongs to the token's channel.

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../base/clock.ts';
import { limits } from '../../base/limits.ts';
import type { Principal } from '../../store/tenancy/access.ts';

const ALLOW = 'Access-Control-Allow-Origin';

const preflightHeaders = {
  'Access-Control-Allow-Methods': 'GET',
  'Access-Control-Allow-Headers':
    'Authorization, Cache-Control, Content-Type, Intercom-Version, Last-Event-ID',
  // Chromium caches it for two hours at most; changed lists should take effect sooner.
  'Access-Control-Max-Age': '600',
};

const EXPOSED =
  'X-Request-Id, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset';

/** Finds all origins that any enabled channel lists. */
export type FindOrigins = () => Promise<readonly string[]>;

export class CrossOrigin {
  readonly #find: FindOrigins;
  readonly #clock: Clock;
  #known: ReadonlySet<string> = new Set();
  #knownUntil = 0;
  #pending: Promise<void> | null = null;

  constructor(find: FindOrigins, clock: Clock) {
    this.#find = find;
    this.#clock = clock;
  }

  /**
   * Lets pages of listed origins read the response, errors included, while the token is not known yet.
   * @returns undefined if done; a promise if the lists must be read first.
   */
  begin(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    reply.header('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    if (this.#knownUntil > this.#clock()) return void this.#allow(origin, reply);
    this.#pending ??= this.#refresh();
    return this.#pending.then(() => this.#allow(origin, reply));
  }

  /** Revokes that unless the channel of the token lists the origin. */
  narrow({ channel }: Principal, request: FastifyRequest, reply: FastifyReply): void {
    const { origin } = request.headers;
    if (origin === undefined || channel?.allowedOrigins.includes(origin)) return;
    reply.removeHeader(ALLOW);
    reply.removeHeader('Access-Control-Expose-Headers');
  }

  /** Responds to a browser's preflight request; returns false if the request is not one. */
  async sendPreflight(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { origin, 'access-control-request-method': method } = request.headers;
    if (origin === undefined || method === undefined) return false;
    await this.begin(request, reply);
    if (reply.hasHeader(ALLOW)) reply.headers(preflightHeaders);
    reply.code(204).send();
    return true;
  }

  #allow(origin: string, reply: FastifyReply): void {
    if (!this.#known.has(origin)) return;
    reply.header(ALLOW, origin);
    reply.header('Access-Control-Expose-Headers', EXPOSED);
  }

  async #refresh(): Promise<void> {
    try {
      this.#known = new Set(await this.#find());
      this.#knownUntil = this.#clock() + limits.accessCacheMs;
    } catch {
      // The database is unavailable: the last known list still applies, and the request itself gets 503.
    } finally {
      this.#pending = null;
    }
  }
}
