// Seals (encrypts) secrets for the database and finds the key. Without the key a sealed secret can neither be read nor
// used in another context.
//
// The key is PARLEY_SECRET_KEY or, with the embedded PostgreSQL, the file secret.key in the data folder, created at
// first use. It is not in the database, so a dump of the database reveals no secret.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readTextFile } from './text-files/read-text-file.ts';

const KEY_FILE = 'secret.key';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** The minimum of PARLEY_SECRET_KEY too; a generated key has 44. */
const KEY_CHARACTERS_MIN = 32;
const KEY_FILE_BYTES_MAX = 64 * 1024;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A secret was sealed with another key or for another context, or it was damaged. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** Nothing can be sealed: there is no key. */
export class SecretKeyMissing extends Error {
  override readonly name = 'SecretKeyMissing';
  constructor() {
    super(
      'secrets of callbacks are sealed with a key of yours: set PARLEY_SECRET_KEY to a long random text, ' +
        'the same for every server on this database (for example from `openssl rand -base64 32`).',
    );
  }
}

const sealedText = (count: number): string =>
  count === 1 ? 'a value that was sealed' : `${count} values that were sealed`;

const newKeyAdvice =
  'If that key is lost, so is what it sealed: `parley channel rotate-secret --new-key` makes a new secret for a ' +
  'channel with the present key (a new key, if there is none), and `parley apply` seals the other values again.';

/** The key file is missing, but sealed values need it: a new key would hide that. */
export class SecretKeyLost extends Error {
  override readonly name = 'SecretKeyLost';
  constructor(dataDir: string, count: number) {
    super(
      `${join(dataDir, KEY_FILE)} is missing, and the database holds ${sealedText(count)} with it: put the file back ` +
        `from a backup and start the server again. ${newKeyAdvice}`,
    );
  }
}

/** The key opens none of the sealed values: it belongs to another database. */
export class SecretKeyWrong extends Error {
  override readonly name = 'SecretKeyWrong';
  constructor({ secretKey, dataDir }: SecretKeySource, count: number) {
    const key = secretKey === undefined ? join(dataDir, KEY_FILE) : 'PARLEY_SECRET_KEY';
    super(
      `${key} is not the key of this database: it does not open ${sealedText(count)} there. Set the key that the ` +
        `servers of this database have used so far, and start this one again. ${newKeyAdvice}`,
    );
  }
}

/** Whether the error asks the operator to do something about the key. */
export const isSecretTrouble = (error: unknown): error is Error =>
  error instanceof SealBroken ||
  error instanceof SecretKeyMissing ||
  error instanceof SecretKeyLost ||
  error instanceof SecretKeyWrong ||
  error instanceof SecretKeyDamaged;

export class SecretBox {
  readonly #secret: string;
  readonly #key: Buffer;

  /** @param secret any text with enough randomness. */
  constructor(secret: string) {
    this.#secret = secret;
    this.#key = this.deriveKey('parley secret box v1');
  }

  /** Derives a key for another purpose: it reveals nothing about this box. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', purpose, KEY_BYTES));
  }

  /** Encrypts a text. @param context where the secret belongs, such as `callback 1 2`; it opens nowhere else. */
  seal(text: string, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** Whether a value was sealed with this key for this context. */
  opens(sealed: Buffer, context: string): boolean {
    try {
      this.open(sealed, context);
      return true;
    } catch (error) {
      if (error instanceof SealBroken) return false;
      throw error;
    }
  }

  /** Decrypts a sealed text. @throws SealBroken. */
  open(sealed: Buffer, context: string): string {
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      const text = sealed.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
    } catch {
      throw new SealBroken(
        `the secret of ${context} does not open: PARLEY_SECRET_KEY, or secret.key in the data folder, is not the key ` +
          'that it was sealed with.',
      );
    }
  }
}

export type SecretKeySource = {
  /** The value of PARLEY_SECRET_KEY. */
  readonly secretKey: string | undefined;
  readonly dataDir: string;
  /** Set for an external PostgreSQL, whose servers share no folder. */
  readonly databaseUrl: string | undefined;
};

/**
 * Creates the box with the key.
 * @throws SecretKeyMissing for an external database without PARLEY_SECRET_KEY; SecretKeyDamaged.
 */
export function openSecretBox({ secretKey, dataDir, databaseUrl }: SecretKeySource): SecretBox {
  if (secretKey !== undefined) return new SecretBox(secretKey);
  if (databaseUrl !== undefined) throw new SecretKeyMissing();
  return new SecretBox(readOrMakeKeyFile(dataDir));
}

/** Reads the key if there is one; creates none. @throws SecretKeyDamaged. */
export function readSecretKey({
  secretKey,
  dataDir,
  databaseUrl,
}: SecretKeySource): string | undefined {
  const file = join(dataDir, KEY_FILE);
  if (secretKey !== undefined || databaseUrl !== undefined || !existsSync(file)) return secretKey;
  return readKeyFile(file);
}

/** Writes a key into a data folder that has none. */
export function keepSecretKey(dataDir: string, key: string): void {
  mkdirSync(dataDir, { recursive: true });
  makeKeyFile(dataDir, join(dataDir, KEY_FILE), key);
}

/** The key file exists but holds no key. */
export class SecretKeyDamaged extends Error {
  override readonly name = 'SecretKeyDamaged';
  /** @param reason what is wrong with it; completes a sentence. */
  constructor(file: string, reason: string) {
    super(
      `${file} cannot be used: it ${reason}. Restore it from a backup; or, if no callback was ever set up, ` +
        'delete it, and a new one is made.',
    );
  }
}

function readOrMakeKeyFile(dataDir: string): string {
  const file = join(dataDir, KEY_FILE);
  if (!existsSync(file)) {
    mkdirSync(dataDir, { recursive: true });
    makeKeyFile(dataDir, file, randomBytes(KEY_BYTES).toString('base64'));
  }
  return readKeyFile(file);
}

function readKeyFile(file: string): string {
  const text = readTextFile(file, { bytesMax: KEY_FILE_BYTES_MAX });
  if (!text.ok) throw new SecretKeyDamaged(file, text.error.reason);
  const key = text.value.trim();
  // Sealing with a truncated key would lose the secrets once the whole key is restored.
  if (key.length < KEY_CHARACTERS_MIN) {
    throw new SecretKeyDamaged(file, `holds fewer than ${KEY_CHARACTERS_MIN} characters`);
  }
  return key;
}

/** Creates the key file under its name only when complete and on disk; if several processes do so, the first wins. */
function makeKeyFile(dataDir: string, file: string, key: string): void {
  const draft = join(dataDir, `${KEY_FILE}.${randomUUID()}`);
  try {
    writeFileSync(draft, `${key}\n`, {
      flag: 'wx',
      mode: 0o600,
      flush: true,
    });
    // Unlike a rename, this never replaces a file.
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  flushFolder(dataDir);
}

function flushFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch {
    // Windows cannot open folders, and some file systems cannot flush them.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
