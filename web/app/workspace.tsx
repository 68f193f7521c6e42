// What every place of a workspace uses: who is signed in, the outbox, and news from the server.

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { ApiFailure, isTemporary } from '../live/api.ts';
import { type Feed, openFeed } from '../live/feed.ts';
import { type Message, Outbox } from '../live/outbox.ts';
import { fetchNewParts, viewsQuery } from '../live/queries.ts';
import type { Session, Views } from '../live/wire.ts';

export type Workspace = {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly feed: Feed;
};

const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === null) throw new Error('outside of a workspace');
  return workspace;
}

type ProviderProps = { readonly session: Session; readonly children: ReactNode };

export function WorkspaceProvider({ session, children }: ProviderProps) {
  const client = useQueryClient();
  const [workspace] = useState(() => open(client, session));
  useEffect(
    () => workspace.feed.subscribe(({ ids }) => void refresh(client, ids)),
    [client, workspace],
  );
  return <WorkspaceContext value={{ ...workspace, session }}>{children}</WorkspaceContext>;
}

function open(client: QueryClient, session: Session): Workspace {
  const feed = openFeed(`${session.workspace.id} ${session.me.id}`);
  const outbox = new Outbox(client, session.me.id);
  let wasConnected = true;
  client.getQueryCache().subscribe(({ type, query }) => {
    if (type !== 'updated') return;
    const { error, fetchFailureReason, fetchStatus } = query.state;
    const failure = error ?? fetchFailureReason;
    if (failure instanceof ApiFailure && isTemporary(failure)) feed.noteContact(false);
    else if (fetchStatus === 'idle' && failure === null) feed.noteContact(true);
  });
  feed.subscribeToState(() => {
    if (feed.isConnected() && !wasConnected) outbox.retryNow();
    wasConnected = feed.isConnected();
  });
  return { session, outbox, feed };
}

/** Reads what is shown and may have changed. */
async function refresh(client: QueryClient, ids: readonly string[] | null): Promise<void> {
  const isShown = { type: 'active' as const, refetchType: 'active' as const };
  void client.invalidateQueries({ queryKey: ['views'], ...isShown });
  void client.invalidateQueries({ queryKey: ['list'], ...isShown });
  const open = client
    .getQueryCache()
    .findAll({ queryKey: ['parts'], type: 'active' })
    .map(({ queryKey }) => String(queryKey[1]))
    .filter((id) => ids === null || ids.includes(id));
  for (const id of open) {
    void client.invalidateQueries({ queryKey: ['conversation', id], ...isShown });
    await catchUp(client, id);
  }
}

/** After how long an open conversation asks again for parts that it could not get. */
const CATCH_UP_MS = [1_000, 3_000, 10_000];
const waiting = new Map<string, ReturnType<typeof setTimeout>>();

/** Fetches the new parts of an open conversation; if the line is bad, again and again while it is open. */
async function catchUp(client: QueryClient, id: string, tries = 0): Promise<void> {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  try {
    await fetchNewParts(client, id);
  } catch (error) {
    const isOpen = client.getQueryCache().find({ queryKey: ['parts', id], type: 'active' });
    if (isOpen === undefined || !isTemporary(error)) return;
    const waitMs = CATCH_UP_MS[Math.min(tries, CATCH_UP_MS.length - 1)];
    waiting.set(
      id,
      setTimeout(() => void catchUp(client, id, tries + 1), waitMs),
    );
  }
}

const noViews: Views = { views: [], people: [], teams: [], channels: [] };

export const useViews = (): Views => useQuery(viewsQuery).data ?? noViews;

export function useMessages(conversationId?: string): readonly Message[] {
  const { outbox } = useWorkspace();
  const all = useSyncExternalStore(outbox.subscribe, outbox.messages);
  return conversationId === undefined
    ? all
    : all.filter((message) => message.conversationId === conversationId);
}
