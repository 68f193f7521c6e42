// Reads the callbacks that can be called, and opens their secrets. A callback whose secrets do not open is left out.

import type { Log } from '../base/log.ts';
import type { SecretBox } from '../base/seal.ts';
import { channelKeyText } from '../core/model/channel-key.ts';
import type { Pool } from '../database/pool.ts';
import {
  type CallbackRow,
  type EnabledCallbackRow,
  readEnabledCallbacks,
} from '../store/outbox/callbacks.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';
import { openSigningSecrets, type SigningSecrets } from '../store/secrets/signing-secrets.ts';

export type Callback = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly url: string;
  readonly format: CallbackRow['format'];
  readonly timeoutMs: number;
  readonly retryDelaysMs: readonly number[] | null;
  readonly allowedCidrs: readonly string[];
  readonly tokenHeader: readonly [name: string, value: string] | null;
  readonly secrets: SigningSecrets;
};

export type CallbacksRead = {
  /** The callbacks that can be called, by channel key. */
  readonly callbacks: ReadonlyMap<string, Callback>;
  /** All enabled callbacks, with the health of their endpoints. */
  readonly rows: readonly EnabledCallbackRow[];
};

type Opened = { readonly row: CallbackRow; readonly callback: Callback | null };

export class CallbackReader {
  readonly #pool: Pool;
  readonly #secretBox: SecretBox;
  readonly #log: Log;
  /** The callbacks of the last read: opening costs more than reading, and callbacks hardly ever change. */
  #opened = new Map<string, Opened>();

  constructor(pool: Pool, secretBox: SecretBox, log: Log) {
    this.#pool = pool;
    this.#secretBox = secretBox;
    this.#log = log;
  }

  /** Reads all enabled callbacks. @throws the error of the database. */
  async read(): Promise<CallbacksRead> {
    const all = await readEnabledCallbacks(this.#pool);
    const rows = all.map(({ failingSince: _, failingReason: __, ...row }): CallbackRow => row);
    const opened = new Map<string, Opened>();
    const callbacks = new Map<string, Callback>();
    for (const row of rows) {
      const key = channelKeyText(row);
      const known = this.#opened.get(key);
      const callback =
        known !== undefined && isSame(known.row, row) ? known.callback : this.#open(row);
      opened.set(key, { row, callback });
      if (callback !== null) callbacks.set(key, callback);
    }
    this.#opened = opened;
    return { callbacks, rows: all };
  }

  #open(row: CallbackRow): Callback | null {
    const { tokenSealed, tokenHeader, secretSealed: _, previousSecretSealed: __, ...plain } = row;
    const tokenContext = secretContexts.token(row.workspaceId, row.channelId);
    try {
      const token = tokenSealed === null ? null : this.#secretBox.open(tokenSealed, tokenContext);
      const secrets = openSigningSecrets(this.#secretBox, row);
      return { ...plain, tokenHeader: asHeader(tokenHeader, token), secrets };
    } catch (error) {
      const { workspaceId, channelId } = row;
      this.#log.error({ err: error, workspaceId, channelId }, 'delivery.secret_broken');
      return null;
    }
  }
}

/** Creates the header of a token; without a name of its own it is a bearer token. */
function asHeader(name: string | null, token: string | null): readonly [string, string] | null {
  if (token === null) return null;
  return name === null ? ['Authorization', `Bearer ${token}`] : [name, token];
}

const isSame = (a: CallbackRow, b: CallbackRow): boolean =>
  Object.keys(a).every((key) => {
    const [one, other] = [a[key as keyof CallbackRow], b[key as keyof CallbackRow]];
    if (Buffer.isBuffer(one)) return Buffer.isBuffer(other) && one.equals(other);
    return Array.isArray(one) ? String(one) === String(other) : one === other;
  });
