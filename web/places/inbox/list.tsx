// The list of one view: its head, its rows, and what is said when there are none.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { useActions } from '../../actions/registry.ts';
import { goTo, useInboxPlace } from '../../app/place.ts';
import { showSidebar } from '../../app/sidebar.tsx';
import { useMessages, useViews, useWorkspace } from '../../app/workspace.tsx';
import { draftSummary, subscribeToDrafts } from '../../live/drafts.ts';
import { listQuery } from '../../live/queries.ts';
import { useNow } from '../../live/time.ts';
import { Button, IconButton } from '../../parts/button.tsx';
import { EmptyPlace } from '../../parts/empty-place.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import { useHeldOrder } from './held-order.ts';
import './list.css';
import { ListRow } from './list-row.tsx';
import { emptyWords, useViewName } from './view-name.ts';

const ROW_PX = 72;

export function List() {
  const { session } = useWorkspace();
  const { people } = useViews();
  const place = useInboxPlace();
  const { view, sort, conversation: selected } = place;
  const query = useInfiniteQuery(listQuery(view, sort));
  const now = useNow();
  const drafts = useSyncExternalStore(subscribeToDrafts, () => draftSummary(session.me.id));
  const firstWords = useMemo(() => JSON.parse(drafts) as Record<string, string>, [drafts]);
  const failed = new Set(
    useMessages()
      .filter(({ state }) => state === 'refused')
      .map(({ conversationId }) => conversationId),
  );
  const [isPointedAt, setIsPointedAt] = useState(false);
  const [isFarDown, setIsFarDown] = useState(false);
  const fresh = useMemo(
    () => query.data?.pages.flatMap((page) => page.conversations) ?? [],
    [query.data],
  );
  const reason = useRef('');
  // The order is taken anew when the teammate goes on, but never under the pointer or far from the top.
  if (!isPointedAt && !isFarDown) reason.current = `${view} ${sort} ${selected}`;
  else if (!reason.current.startsWith(`${view} ${sort} `)) reason.current = `${view} ${sort} `;
  const { rows, held, release } = useHeldOrder(fresh, reason.current);
  const [, setReleases] = useState(0);

  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]!.id,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);

  const at = rows.findIndex(({ id }) => id === selected);
  const show = (conversation: string | null) => goTo({ ...place, conversation });
  // A conversation that has left the list is still open: the one in its place is the next.
  const lastAt = useRef(0);
  if (at !== -1) lastAt.current = at;
  const step = (by: 1 | -1) => () => {
    const next = rows[at === -1 ? lastAt.current - (by === 1 ? 0 : 1) : at + by];
    if (next === undefined) return;
    show(next.id);
    virtual.scrollToIndex(rows.indexOf(next), { align: 'auto' });
  };
  useActions({
    next: rows.length > 0 ? step(1) : undefined,
    previous: rows.length > 0 ? step(-1) : undefined,
    back: selected === null ? undefined : () => show(null),
  });

  const name = useViewName(view);
  // The open conversation is what the page is about.
  const Heading = selected === null ? 'h1' : 'h2';
  return (
    <section className="list" aria-label={name}>
      <header className="list-head">
        <span className="only-narrow">
          <IconButton icon="menu" label={words.views.open} onClick={() => showSidebar(true)} />
        </span>
        <Heading dir="auto">{name}</Heading>
        <Button
          kind="quiet"
          className="list-sort"
          onClick={() => goTo({ ...place, sort: sort === 'waiting' ? 'newest' : 'waiting' })}
        >
          <Icon name="sort" />
          {words.list.sort[sort]}
        </Button>
      </header>
      {held > 0 && (
        <div className="list-pill">
          <Button
            kind="main"
            onClick={() => {
              release();
              setReleases((count) => count + 1);
              virtual.scrollToIndex(0);
            }}
          >
            {words.list.more(held)}
          </Button>
        </div>
      )}
      <div
        className="list-scroller"
        id="list"
        tabIndex={-1}
        ref={scroller}
        onPointerEnter={() => setIsPointedAt(true)}
        onPointerLeave={() => setIsPointedAt(false)}
        onScroll={({ currentTarget }) => setIsFarDown(currentTarget.scrollTop > ROW_PX)}
      >
        {query.isPending && <Skeleton />}
        {query.isError && rows.length === 0 && (
          <Failure
            title={words.list.failed}
            error={query.error}
            onAgain={() => void query.refetch()}
          />
        )}
        {query.isSuccess && rows.length === 0 && <EmptyPlace icon="check" {...emptyWords(view)} />}
        <ul
          className="list-rows"
          aria-label={words.list.title}
          style={{ blockSize: virtual.getTotalSize() }}
        >
          {items.map(({ key, index, start }) => {
            const row = rows[index]!;
            return (
              <ListRow
                key={key}
                row={row}
                place={place}
                top={start}
                size={rows.length}
                index={index}
                isSelected={row.id === selected}
                draft={firstWords[row.id]}
                hasFailed={failed.has(row.id)}
                now={now}
                me={session.me.id}
                assignee={people.find(({ id }) => id === row.admin_assignee_id)?.name}
              />
            );
          })}
        </ul>
      </div>
    </section>
  );
}

const Skeleton = () => (
  <div className="list-skeleton" aria-hidden="true">
    {['a', 'b', 'c', 'd', 'e', 'f'].map((key) => (
      <i key={key} />
    ))}
  </div>
);
