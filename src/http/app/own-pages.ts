// Makes sure that a request of the web app comes from a page of this server: no other site can use the cookie of a
// teammate, and no foreign name can be pointed at a server that listens on this machine only (DNS rebinding).

import type { FastifyRequest } from 'fastify';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Accounts } from '../server/route.ts';

type Site = Pick<Accounts, 'publicUrl' | 'isLocal'>;

/** Checks the host and the origin of a request. @returns the error to send, or null. */
export const checkOwnPage = (request: FastifyRequest, site: Site): ContractError | null =>
  checkHost(request, site) ?? checkOrigin(request, site);

function checkHost(
  { headers }: FastifyRequest,
  { publicUrl, isLocal }: Site,
): ContractError | null {
  if (!isLocal) return null;
  const host = headers.host ?? '';
  if (publicUrl !== undefined && new URL(publicUrl).host === host) return null;
  return isLoopbackHost(host) ? null : apiError('hostUnknown', 'Host');
}

const isLoopbackHost = (host: string): boolean =>
  /^(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);

/**
 * Browsers say from where a request comes: by Sec-Fetch-Site over TLS and to this machine, by Origin otherwise, with
 * each method that changes something. Programs have tokens for the API and send neither.
 */
function checkOrigin(
  { method, headers }: FastifyRequest,
  { publicUrl }: Site,
): ContractError | null {
  const site = headers['sec-fetch-site'];
  const isRead = method === 'GET' || method === 'HEAD';
  if (site !== undefined) {
    // `none`: typed into the address bar.
    const isOwn = site === 'same-origin' || (site === 'none' && isRead);
    return isOwn ? null : apiError('requestFromElsewhere', 'Sec-Fetch-Site');
  }
  const { origin, host } = headers;
  if (origin === undefined) return isRead ? null : apiError('requestFromElsewhere', 'Origin');
  const isOwn = /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host;
  return isOwn || origin === publicUrl ? null : apiError('requestFromElsewhere', 'Origin');
}
