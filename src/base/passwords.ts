// Hashes and checks passwords with scrypt, which needs much memory for each guess. A hash names its parameters, so that
// they can be raised while older ones stay valid. Few run at once: each takes 64 MiB and a core.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const LOG_COST = 16;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Parameters of a stored hash beyond these would be a fault of the row. */
const LOG_COST_MAX = 20;
const AT_ONCE_MAX = 2;
const WAITING_MAX = 64;

/** Too many passwords wait to be checked. */
export class TooManyPasswords extends Error {
  override readonly name = 'TooManyPasswords';
}

type Parsed = {
  readonly logCost: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
};

export class Passwords {
  /** A hash of no password: checking an unknown account takes as long as checking a known one. */
  readonly #noAccount = write({
    ...{ logCost: LOG_COST, blockSize: BLOCK_SIZE, parallel: PARALLEL },
    ...{ salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) },
  });
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** Hashes a password. @throws TooManyPasswords */
  async hash(password: string): Promise<string> {
    const facts = { logCost: LOG_COST, blockSize: BLOCK_SIZE, parallel: PARALLEL };
    const salt = randomBytes(SALT_BYTES);
    const hash = await this.#derive(password, { ...facts, salt, hash: Buffer.alloc(HASH_BYTES) });
    return write({ ...facts, salt, hash });
  }

  /**
   * Checks a password.
   * @param stored the hash; null for an account that does not exist or has none, which takes the same time.
   * @throws TooManyPasswords
   */
  async matches(password: string, stored: string | null): Promise<boolean> {
    const parsed = parse(stored ?? this.#noAccount);
    const found = await this.#derive(password, parsed);
    return timingSafeEqual(found, parsed.hash) && stored !== null;
  }

  async #derive(password: string, { logCost, blockSize, parallel, salt, hash }: Parsed) {
    await this.#begin();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const N = 2 ** logCost;
        const options = { N, r: blockSize, p: parallel, maxmem: 256 * N * blockSize };
        // Keyboards write one letter in several ways.
        scrypt(password.normalize('NFKC'), salt, hash.length, options, (error, key) => {
          if (error === null) resolve(key);
          else reject(error);
        });
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #begin(): Promise<void> {
    if (this.#running < AT_ONCE_MAX) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) throw new TooManyPasswords();
    // The one that ends passes its turn on.
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

/** Writes a hash in the PHC string format. */
const write = ({ logCost, blockSize, parallel, salt, hash }: Parsed): string =>
  `$scrypt$ln=${logCost},r=${blockSize},p=${parallel}$${plain(salt)}$${plain(hash)}`;

const plain = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

function parse(text: string): Parsed {
  const form = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/;
  const [, logCost, blockSize, parallel, salt = '', hash = ''] = form.exec(text) ?? [];
  if (hash === '' || Number(logCost) > LOG_COST_MAX)
    throw new Error('a stored password hash is malformed');
  return {
    logCost: Number(logCost),
    blockSize: Number(blockSize),
    parallel: Number(parallel),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}
