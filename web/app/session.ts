// Who is signed in. A 401 of any request ends the session in the page; drafts and unsent messages stay.

import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import { ApiFailure, ask } from '../live/api.ts';
import type { Session } from '../live/wire.ts';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await ask<Session>('GET', '/session', { signal });
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

/** The session of a place that only shows with one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (data === null || data === undefined) throw new Error('no session');
  return data;
}

export async function signIn(
  client: QueryClient,
  email: string,
  password: string,
): Promise<Session> {
  const session = await ask<Session>('POST', '/sign-in', { body: { email, password } });
  startSession(client, session);
  return session;
}

export async function signOut(client: QueryClient): Promise<void> {
  await ask('POST', '/sign-out');
  startSession(client, null);
}

/** Begins or ends a session: what another one has read is forgotten. */
export function startSession(client: QueryClient, session: Session | null): void {
  client.setQueryData(sessionQuery.queryKey, session);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
}

/** Called for every failed request: a session that ended elsewhere leads to the sign-in page. */
export function noteFailure(client: QueryClient, error: unknown): void {
  if (error instanceof ApiFailure && error.status === 401) {
    client.setQueryData(sessionQuery.queryKey, null);
  }
}
