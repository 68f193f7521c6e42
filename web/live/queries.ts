// What the app reads from the server, with its place in the cache, and how news is merged into it.

import {
  type InfiniteData,
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
} from '@tanstack/react-query';
import { ask } from './api.ts';
import type { Delivery, Details, Part, PartPage, Row, RowPage, Views } from './wire.ts';

export type Sort = 'waiting' | 'newest';

/** Rows that the list keeps in memory. */
const PAGES_MAX = 40;

export const viewsQuery = queryOptions({
  queryKey: ['views'],
  queryFn: ({ signal }) => ask<Views>('GET', '/views', { signal }),
  staleTime: 2_000,
});

export const listQuery = (view: string, sort: Sort) =>
  infiniteQueryOptions({
    queryKey: ['list', view, sort],
    queryFn: ({ pageParam, signal }) => {
      const after = pageParam === null ? '' : `&after=${encodeURIComponent(pageParam)}`;
      const path = `/conversations?view=${encodeURIComponent(view)}&sort=${sort}${after}`;
      return ask<RowPage>('GET', path, { signal });
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }: RowPage, pages) => (pages.length < PAGES_MAX ? next : null),
    staleTime: 2_000,
  });

export const detailsQuery = (id: string) =>
  queryOptions({
    queryKey: ['conversation', id],
    queryFn: ({ signal }) => ask<Details>('GET', `/conversations/${id}`, { signal }),
  });

/** The parts, newest page first; the next page is the one before. */
export const partsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['parts', id],
    queryFn: ({ pageParam, signal }) => {
      const before = pageParam === null ? '' : `?before=${pageParam}`;
      return ask<PartPage>('GET', `/conversations/${id}/parts${before}`, { signal });
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ parts, has_more }: PartPage) =>
      has_more ? (parts[0]?.position ?? null) : null,
    // New parts are merged in as they come.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: ['deliveries', id],
    queryFn: async ({ signal }) => {
      const { deliveries } = await ask<{ deliveries: readonly Delivery[] }>(
        'GET',
        `/conversations/${id}/deliveries`,
        { signal },
      );
      return new Map(deliveries.map((delivery) => [delivery.part_id ?? '', delivery]));
    },
  });

type Pages<T> = InfiniteData<T, never>;

/** All loaded parts, oldest first. */
export const partsIn = (data: InfiniteData<PartPage> | undefined): readonly Part[] =>
  (data?.pages ?? []).toReversed().flatMap(({ parts }) => parts);

/** The position of the newest part that this page shows; 0: none. */
export const newestShown = (client: QueryClient, id: string): number =>
  partsIn(client.getQueryData<InfiniteData<PartPage>>(['parts', id])).at(-1)?.position ?? 0;

/** Merges parts into a loaded conversation, by position. */
export function mergeParts(client: QueryClient, id: string, parts: readonly Part[]): void {
  client.setQueryData<Pages<PartPage>>(['parts', id], (data) => {
    const [newest, ...older] = data?.pages ?? [];
    if (data === undefined || newest === undefined) return data;
    const byPosition = new Map(newest.parts.map((part) => [part.position, part]));
    const oldest = newest.parts[0]?.position ?? 0;
    for (const part of parts) if (part.position >= oldest) byPosition.set(part.position, part);
    const merged = [...byPosition.values()].sort((a, b) => a.position - b.position);
    return { ...data, pages: [{ ...newest, parts: merged }, ...older] };
  });
}

/** Fetches the parts of a loaded conversation that came since. */
export async function fetchNewParts(client: QueryClient, id: string): Promise<void> {
  const data = client.getQueryData<InfiniteData<PartPage>>(['parts', id]);
  const last = partsIn(data).at(-1)?.position;
  if (data === undefined) return;
  if (last === undefined) {
    await client.invalidateQueries({ queryKey: ['parts', id] });
    return;
  }
  let after = last;
  for (;;) {
    const page = await ask<PartPage>('GET', `/conversations/${id}/parts?after=${after}`);
    mergeParts(client, id, page.parts);
    after = page.parts.at(-1)?.position ?? after;
    if (!page.has_more || page.parts.length === 0) return;
  }
}

/** Shows a newer state of a conversation wherever it is shown. An older one is ignored. */
export function mergeRow(client: QueryClient, row: Row): void {
  const newer = <T extends Row>(known: T): T =>
    known.id === row.id && known.version <= row.version
      ? { ...known, ...row, contact: known.contact && { ...known.contact, ...row.contact } }
      : known;
  client.setQueriesData<Pages<RowPage>>({ queryKey: ['list'] }, (data) =>
    data === undefined
      ? data
      : {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            conversations: page.conversations.map(newer),
          })),
        },
  );
  client.setQueryData<Details>(['conversation', row.id], (known) => known && newer(known));
}
