// Records the last use of tokens, for operators who clean up. Noted at lookups, which a token in use has every few
// seconds, not at each request; saved in batches, for each token at most once a minute.

import type { Log } from '../../base/log.ts';
import type { Principal } from '../../store/tenancy/access.ts';
import type { FindPrincipals } from './token-lookups.ts';

export type TokenKey = Pick<Principal, 'workspaceId' | 'tokenId'>;

const EVERY_MS = 60_000;
/** Uses within this time are saved in one statement. */
const GATHER_MS = 1_000;

export class TokenUses {
  readonly #save: (tokens: readonly TokenKey[]) => Promise<void>;
  readonly #log: Log;
  /** Time of the last save for each token, on the scale of performance.now(). */
  readonly #savedAt = new Map<number, number>();
  #waiting = new Map<number, TokenKey>();
  #timer: NodeJS.Timeout | undefined;

  /** @param save records that tokens are used now. */
  constructor(save: (tokens: readonly TokenKey[]) => Promise<void>, log: Log) {
    this.#save = save;
    this.#log = log;
  }

  /** Wraps a token lookup so that found tokens are noted. */
  notedBy(find: FindPrincipals): FindPrincipals {
    return async (hashes) => {
      const found = await find(hashes);
      this.note(found.values());
      return found;
    };
  }

  note(principals: Iterable<TokenKey>): void {
    const now = performance.now();
    for (const { tokenId, workspaceId } of principals) {
      const savedAt = this.#savedAt.get(tokenId);
      if (savedAt !== undefined && now - savedAt < EVERY_MS) continue;
      this.#waiting.set(tokenId, { tokenId, workspaceId });
    }
    if (this.#waiting.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), GATHER_MS);
    this.#timer.unref();
  }

  /** Saves the noted uses; called at the end, too. Never rejects: a lost use is replaced by the next one. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const tokens = [...this.#waiting.values()];
    if (tokens.length === 0) return;
    this.#waiting = new Map();
    const now = performance.now();
    for (const [tokenId, savedAt] of this.#savedAt) {
      if (now - savedAt >= EVERY_MS) this.#savedAt.delete(tokenId);
    }
    for (const { tokenId } of tokens) this.#savedAt.set(tokenId, now);
    try {
      await this.#save(tokens);
    } catch (error) {
      this.#log.debug({ err: error, tokens: tokens.length }, 'token.use_not_saved');
    }
  }
}
