// The words of a conversation, oldest first. Only what is on the screen is in the page; older parts are loaded when
// they are near. A reader at the end stays there.

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useMessages, useWorkspace } from '../../app/workspace.tsx';
import { deliveriesQuery, partsIn, partsQuery } from '../../live/queries.ts';
import { dayName, fullTime, useNow } from '../../live/time.ts';
import type { Delivery, Details } from '../../live/wire.ts';
import { Button } from '../../parts/button.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Icon } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import { EventLine, Fold } from './event-line.tsx';
import { Message, UnsentMessage } from './message.tsx';
import { contactName } from './names.ts';
import './thread.css';
import { type ThreadItem, threadItems } from './thread-items.ts';

const ITEM_PX = 72;
const AT_END_PX = 60;
/** When an open thread asks again for the results of deliveries. */
const DELIVERY_ASKS_MS = [300, 1_000, 3_000, 10_000, 30_000];

export function Thread({ details }: { readonly details: Details }) {
  const { id } = details;
  const { session } = useWorkspace();
  const query = useInfiniteQuery(partsQuery(id));
  const unsent = useMessages(id);
  const parts = useMemo(() => partsIn(query.data), [query.data]);
  const items = useMemo(
    () => threadItems(parts, unsent, query.hasNextPage),
    [parts, unsent, query.hasNextPage],
  );
  const lastOwn = parts.findLast(({ author }) => author.type === 'admin' || author.type === 'bot');
  const deliveries = useDeliveries(id, lastOwn?.position ?? 0);
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ITEM_PX,
    getItemKey: (index) => items[index]!.key,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END_PX,
    overscan: 8,
  });
  const shown = virtual.getVirtualItems();
  const isLoaded = query.isSuccess;
  const [isAtEnd, setIsAtEnd] = useState(true);
  const size = virtual.getTotalSize();
  // A reader at the end stays there while items get their real sizes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size decides, not what is read.
  useLayoutEffect(() => {
    if (isAtEnd && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [size, items.length]);
  const newest = parts.at(-1)?.position ?? 0;
  const seenNewest = useRef(newest);
  if (isAtEnd) seenNewest.current = newest;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const first = shown[0]?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && first < 10) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, first]);

  const contact = contactName(details.contact);
  const render = (item: ThreadItem) => {
    switch (item.kind) {
      case 'start':
        return <p className="thread-start">{words.thread.start}</p>;
      case 'day':
        return (
          <h2 className="thread-day">
            <time dateTime={new Date(item.at).toISOString()} title={fullTime(item.at)}>
              {dayName(item.at, now)}
            </time>
          </h2>
        );
      case 'message':
        return (
          <Message
            {...item}
            contact={contact}
            me={session.me.id}
            delivery={deliveries?.get(item.part.id)}
          />
        );
      case 'event':
        return <EventLine part={item.part} contact={contact} me={session.me.id} />;
      case 'fold':
        return <Fold parts={item.parts} contact={contact} me={session.me.id} />;
      case 'unsent':
        return <UnsentMessage message={item.message} />;
    }
  };
  return (
    <div className="thread">
      <div
        className="thread-scroller"
        id="thread"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-label={words.thread.log(contact)}
        aria-busy={query.isFetchingNextPage}
        ref={scroller}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setIsAtEnd(scrollHeight - scrollTop - clientHeight < AT_END_PX)
        }
      >
        {query.isError && parts.length === 0 && (
          <Failure
            title={words.thread.failed}
            error={query.error}
            onAgain={() => void query.refetch()}
          />
        )}
        {query.isFetchingNextPage && <p className="thread-earlier">{words.thread.earlier}</p>}
        <div className="thread-items" style={{ blockSize: size }}>
          {shown.map(({ key, index, start }) => (
            <div
              key={key}
              className="thread-item"
              data-index={index}
              ref={virtual.measureElement}
              style={{ transform: `translateY(${start}px)` }}
            >
              {render(items[index]!)}
            </div>
          ))}
        </div>
      </div>
      {!isAtEnd && isLoaded && (
        <Button className="thread-to-end" onClick={() => virtual.scrollToEnd()}>
          {words.thread.toEnd(newest - seenNewest.current)}
          <Icon name="down" />
        </Button>
      )}
    </div>
  );
}

/** Results of deliveries, asked for again after each new message while one is pending. */
function useDeliveries(id: string, lastOwn: number): ReadonlyMap<string, Delivery> | undefined {
  const client = useQueryClient();
  const { data } = useQuery(deliveriesQuery(id));
  useEffect(() => {
    if (lastOwn === 0) return;
    const timers = DELIVERY_ASKS_MS.map((ms) =>
      setTimeout(() => {
        const known = client.getQueryData<ReadonlyMap<string, Delivery>>(['deliveries', id]);
        const isPending =
          ms === DELIVERY_ASKS_MS[0] ||
          [...(known?.values() ?? [])].some(({ state }) => /queued|retrying/.test(state));
        if (isPending) void client.invalidateQueries({ queryKey: ['deliveries', id] });
      }, ms),
    );
    return () => timers.forEach(clearTimeout);
  }, [client, id, lastOwn]);
  return data;
}
