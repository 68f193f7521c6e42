// The address of a page of the web app, for a person to open in a browser.

import type { Config } from '../../config.ts';

/**
 * Returns the address of a page.
 * @param url of a running server; undefined: what the settings say.
 */
export function appUrl(
  { publicUrl, host, port }: Pick<Config, 'publicUrl' | 'host' | 'port'>,
  path: string,
  url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
): string {
  if (publicUrl !== undefined) return `${publicUrl}${path}`;
  const { port: listening, hostname } = new URL(url);
  // Browsers offer more to `localhost` than to the same address in digits.
  const isLocal = ['127.0.0.1', '[::1]', '0.0.0.0', '[::]'].includes(hostname);
  return isLocal ? `http://localhost:${listening}${path}` : `${url}${path}`;
}
