// Reads the settings for a command, or says everything that is wrong with them.

import { readSecretKey, SecretKeyDamaged } from '../../base/seal.ts';
import { type Config, readConfig } from '../../config.ts';
import { CommandFailed } from './command.ts';

export function settingsOrFail(): Config {
  const config = readConfig(process.env);
  if (config.ok) return config.value;
  throw new CommandFailed(
    `the settings are not usable:\n${config.error.map((fault) => `  ${fault}`).join('\n')}`,
    2,
  );
}

/** The secret key where a server would look for it; null if there is none. */
export function secretKeyOrFail(config: Config): string | null {
  try {
    return readSecretKey(config) ?? null;
  } catch (error) {
    throw error instanceof SecretKeyDamaged ? new CommandFailed(error.message) : error;
  }
}
