// The address that the reader used, for the examples of the reference page. Never trusted further than that.

import type { IncomingHttpHeaders } from 'node:http';

const fallback = 'http://127.0.0.1:3000';

/** From the Host header if it looks like a host; https if a proxy in front says so. */
export function originOf(headers: IncomingHttpHeaders): string {
  const host = headers.host ?? '';
  if (!/^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i.test(host)) return fallback;
  return `${headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${host}`;
}
