// Resolves the Authorization header to a principal. Caches resolved tokens for limits.accessCacheMs, by their hash
// only, so that a revoked token stops working within that time on every server.

import type { Clock } from '../../base/clock.ts';
import { limits } from '../../base/limits.ts';
import { sha256Hex } from '../../base/random.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import { type FindPrincipals, TokenLookups, TooManyLookups } from './token-lookups.ts';

export class Authentication {
  readonly #lookups: TokenLookups;
  readonly #clock: Clock;
  readonly #known = new Map<string, { principal: Principal; until: number }>();
  /** Lookups in flight: a burst of calls with one token queries the database once. */
  readonly #pending = new Map<string, Promise<Principal | null>>();

  constructor(find: FindPrincipals, clock: Clock) {
    this.#lookups = new TokenLookups(find);
    this.#clock = clock;
  }

  /**
   * Finds the principal of a request.
   * @param header the Authorization header.
   * @param address the client's; lookups of one address wait for each other.
   * @returns the principal, or null if the token is invalid: synchronously from the cache, else as a promise, which
   * rejects when the database is unavailable.
   */
  resolve(
    header: string | undefined,
    address: string,
  ): Principal | null | Promise<Principal | null> {
    const token = readBearerToken(header);
    if (token === null) return null;
    // Lookup by hash: comparing tokens byte by byte would reveal to an attacker how much of a guess was right.
    const hash = sha256Hex(token);
    const known = this.#known.get(hash);
    const now = this.#clock();
    if (known !== undefined && known.until > now) return known.principal;
    const pending = this.#pending.get(hash);
    if (pending !== undefined) return pending;
    return this.#lookUp(hash, address).catch((error) => {
      const isStale = known === undefined || known.until + limits.accessStaleMs <= now;
      if (error instanceof TooManyLookups && !isStale) return known.principal;
      throw error;
    });
  }

  #lookUp(hash: string, address: string): Promise<Principal | null> {
    const lookUp = this.#lookups
      .lookUp(hash, address)
      .then((principal) => {
        this.#remember(hash, principal);
        return principal;
      })
      .finally(() => this.#pending.delete(hash));
    this.#pending.set(hash, lookUp);
    return lookUp;
  }

  #remember(hash: string, principal: Principal | null): void {
    this.#known.delete(hash);
    if (principal === null) return;
    if (this.#known.size >= limits.accessCacheEntriesMax) this.#known.clear();
    this.#known.set(hash, { principal, until: this.#clock() + limits.accessCacheMs });
  }
}

/** Extracts the token of `Bearer <token>`, with the scheme in any case; null if there is none. */
function readBearerToken(header: string | undefined): string | null {
  if (header === undefined || header.length > limits.authorizationCharactersMax) return null;
  return /^bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] ?? null;
}
