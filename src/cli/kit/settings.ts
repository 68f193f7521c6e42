// Reads the settings for a command, or fails with all their faults.

import { readSecretKey, SecretKeyDamaged } from '../../base/seal.ts';
import { type Config, readConfig } from '../../config.ts';
import { CommandFailed } from './command.ts';

export function settingsOrFail(): Config {
  const config = readConfig(process.env);
  if (config.ok) return config.value;
  throw new CommandFailed(
    `the settings are invalid:\n${config.error.map((fault) => `  ${fault}`).join('\n')}`,
    2,
  );
}

/** Reads the secret key where a server would look for it; null if there is none. */
export function secretKeyOrFail(config: Config): string | null {
  try {
    return readSecretKey(config) ?? null;
  } catch (error) {
    throw error instanceof SecretKeyDamaged ? new CommandFailed(error.message) : error;
  }
}
