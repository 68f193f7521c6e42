// The URL of the server on this machine, from its settings. Sends nothing.

import { settings } from '../../config.ts';
import { CommandFailed } from './command.ts';

/** The address at which to reach a server that listens on every address. */
const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/**
 * The URL of a server that was started with these settings.
 * @throws CommandFailed when they do not determine it.
 */
export function localServerUrl(environment: Readonly<Record<string, string | undefined>>): string {
  const port = readSetting('PARLEY_PORT', environment);
  if (port === '0') {
    throw new CommandFailed('PARLEY_PORT is 0, so the port is unknown: use --url', 2);
  }
  const host = readSetting('PARLEY_HOST', environment);
  const reached = loopback[host] ?? host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

function readSetting(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const setting = settings.find((one) => one.name === name)!;
  const text = environment[name];
  const value = setting.read(text === '' ? undefined : text);
  if (value.ok) return String(value.value);
  throw new CommandFailed(`${name} ${value.error}, not "${text}"`, 2);
}
