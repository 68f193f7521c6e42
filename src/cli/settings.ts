// Reads the settings for a command, or says everything that is wrong with them.

import { type Config, readConfig } from '../config.ts';
import { CommandFailed } from './command.ts';

export function settingsOrFail(): Config {
  const config = readConfig(process.env);
  if (config.ok) return config.value;
  throw new CommandFailed(
    `the settings are not usable:\n${config.error.map((fault) => `  ${fault}`).join('\n')}`,
    2,
  );
}
