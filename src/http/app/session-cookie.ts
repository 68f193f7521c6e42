// The cookie of a session: reads it, sets it, removes it. Behind TLS its name makes browsers insist on TLS and on this
// host.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { IDLE_DAYS_MAX } from '../../store/accounts/sessions.ts';
import type { Accounts } from '../server/route.ts';

const PLAIN_NAME = 'parley';
const SECURE_NAME = '__Host-parley';
const MAX_AGE_SECONDS = IDLE_DAYS_MAX * 86_400;
/** A token has 43 characters. */
const TOKEN_CHARACTERS_MAX = 100;

type Site = Pick<Accounts, 'publicUrl'>;

/** Whether the browser reached this server by TLS, as far as the server can know. */
function isSecure({ headers }: FastifyRequest, { publicUrl }: Site): boolean {
  const [forwarded = ''] = String(headers['x-forwarded-proto'] ?? '').split(',');
  if (forwarded.trim().toLowerCase() === 'https') return true;
  return publicUrl?.startsWith('https:') === true && new URL(publicUrl).host === headers.host;
}

/** Reads the token of the session; null if there is none. */
export function readSessionToken(request: FastifyRequest, site: Site): string | null {
  const name = isSecure(request, site) ? SECURE_NAME : PLAIN_NAME;
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value = ''] = pair.trim().split('=', 2);
    if (key === name && value !== '' && value.length <= TOKEN_CHARACTERS_MAX) return value;
  }
  return null;
}

/** Gives the browser the token of a session; null takes it away. */
export function setSessionToken(reply: FastifyReply, site: Site, token: string | null): void {
  const isTls = isSecure(reply.request, site);
  const facts = [
    `${isTls ? SECURE_NAME : PLAIN_NAME}=${token ?? ''}`,
    'Path=/',
    `Max-Age=${token === null ? 0 : MAX_AGE_SECONDS}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(isTls ? ['Secure'] : []),
  ];
  reply.header('Set-Cookie', facts.join('; '));
}
