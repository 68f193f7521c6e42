// The secret key of this installation, tested on the sealed values of its database: a lost or wrong key is detected at
// once, and nothing is ever sealed with a key that opens none of the existing values.

import { newSigningSecret } from '../../base/random.ts';
import {
  openSecretBox,
  readSecretKey,
  SecretBox,
  SecretKeyDamaged,
  SecretKeyLost,
  SecretKeyMissing,
  type SecretKeySource,
  SecretKeyWrong,
} from '../../base/seal.ts';
import type { Pool } from '../../database/pool.ts';
import { checkSealedValues, type SealedCheck } from './sealed-values.ts';

export type SecretKey = SealedCheck & {
  /** Opens sealed values; null while there is no key. */
  readonly box: SecretBox | null;
  /** The reason why nothing may be sealed; null if there is none. A few values that do not open are no reason. */
  readonly trouble: Error | null;
  /**
   * Returns the box for sealing. Creates the key file of an embedded database that has none, if nothing is sealed yet.
   * @throws the trouble.
   */
  toSeal(): SecretBox;
  /** Returns a box for values that are not stored, without creating a key file. @throws the trouble. */
  toTry(): SecretBox;
};

/**
 * Finds the key and tests it.
 * @param pool a pool that sees all workspaces.
 */
export async function findSecretKey(pool: Pool, source: SecretKeySource): Promise<SecretKey> {
  const key = readKey(source);
  const box = typeof key === 'string' ? new SecretBox(key) : null;
  const check = await checkSealedValues(pool, box);
  const trouble = key instanceof Error ? key : troubleOf(source, box, check);
  return {
    ...check,
    box,
    trouble,
    toSeal() {
      if (trouble !== null) throw trouble;
      return box ?? openSecretBox(source);
    },
    toTry() {
      if (trouble !== null) throw trouble;
      return box ?? new SecretBox(newSigningSecret());
    },
  };
}

function readKey(source: SecretKeySource): string | null | SecretKeyDamaged {
  try {
    return readSecretKey(source) ?? null;
  } catch (error) {
    if (error instanceof SecretKeyDamaged) return error;
    throw error;
  }
}

function troubleOf(
  source: SecretKeySource,
  box: SecretBox | null,
  { total, unreadable }: SealedCheck,
): Error | null {
  if (box === null && source.databaseUrl !== undefined) return new SecretKeyMissing();
  if (total === 0) return null;
  if (box === null) return new SecretKeyLost(source.dataDir, total);
  return unreadable.length === total ? new SecretKeyWrong(source, total) : null;
}
