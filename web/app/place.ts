// The places of the app and their addresses, below /app. Everything that a link should open is in the address.

import { useSyncExternalStore } from 'react';

export type InboxPlace = {
  readonly name: 'inbox';
  readonly workspace: string;
  readonly view: string;
  readonly conversation: string | null;
  readonly sort: 'waiting' | 'newest';
};

export type Place =
  | { readonly name: 'home' }
  /** @property to where to go afterwards, as a path. */
  | { readonly name: 'sign-in'; readonly to: string | null; readonly hasEnded: boolean }
  | { readonly name: 'link'; readonly kind: 'setup' | 'invite' | 'reset'; readonly code: string }
  | InboxPlace
  | { readonly name: 'nowhere' };

const ROOT = '/app';

/** Only places of this app: a link may not lead to another server. */
const ownPath = (path: string | null): string | null =>
  path !== null && /^\/app(\/|$)/.test(path) ? path : null;

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Reads an address. */
export function readPlace({ pathname, searchParams: search }: URL): Place {
  const [first, ...rest] = pathname.slice(ROOT.length).split('/').filter(Boolean).map(decoded);
  const [workspace, room, view, conversation = null] = rest;
  switch (first) {
    case undefined:
      return { name: 'home' };
    case 'sign-in':
      return { name: first, to: ownPath(search.get('to')), hasEnded: search.has('ended') };
    case 'setup':
      return { name: 'link', kind: first, code: search.get('code') ?? '' };
    case 'invite':
    case 'reset':
      return { name: 'link', kind: first, code: rest[0] ?? '' };
    case 'w': {
      if (workspace === undefined || room !== 'inbox' || view === undefined) break;
      const sort = search.get('sort') === 'newest' ? 'newest' : 'waiting';
      return { name: 'inbox', workspace, view, conversation, sort };
    }
  }
  return { name: 'nowhere' };
}

/** Writes an address. */
export function pathOf(place: Place): string {
  const path = (...segments: readonly string[]) =>
    [ROOT, ...segments.map(encodeURIComponent)].join('/');
  switch (place.name) {
    case 'sign-in': {
      const search = new URLSearchParams();
      if (place.to !== null) search.set('to', place.to);
      if (place.hasEnded) search.set('ended', '1');
      return search.size === 0 ? path('sign-in') : `${path('sign-in')}?${search}`;
    }
    case 'link':
      return place.kind === 'setup'
        ? `${path('setup')}?${new URLSearchParams({ code: place.code })}`
        : path(place.kind, place.code);
    case 'inbox': {
      const { workspace, view, conversation, sort } = place;
      const whole = path(
        'w',
        workspace,
        'inbox',
        view,
        ...(conversation === null ? [] : [conversation]),
      );
      return sort === 'newest' ? `${whole}?sort=newest` : whole;
    }
    default:
      return ROOT;
  }
}

const listeners = new Set<() => void>();
let present = { href: '', place: { name: 'home' } as Place };

/** The same object while the address is the same. */
function here(): Place {
  const { href } = location;
  if (present.href !== href) present = { href, place: readPlace(new URL(href)) };
  return present.place;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

/** Goes to a path of the app. @param isReplaced whether "back" skips the present place. */
export function goToPath(path: string, isReplaced = false): void {
  if (path === location.pathname + location.search) return;
  if (isReplaced) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  for (const listener of listeners) listener();
}

export const goTo = (place: Place, isReplaced = false): void => goToPath(pathOf(place), isReplaced);

export const usePlace = (): Place => useSyncExternalStore(subscribe, here);

/** The place of a component that only the inbox shows. */
export function useInboxPlace(): InboxPlace {
  const place = usePlace();
  if (place.name !== 'inbox') throw new Error('outside of the inbox');
  return place;
}
