// The menu at the side: views with their counts, teams, and the account. A drawer on narrow screens.

import { useEffect, useSyncExternalStore } from 'react';
import { keyOf, run, useActions } from '../actions/registry.ts';
import { Avatar } from '../parts/avatar.tsx';
import { IconButton } from '../parts/button.tsx';
import { Icon, type IconName, Mark } from '../parts/icon.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { words } from '../words/en.ts';
import { usePlace } from './place.ts';
import './sidebar.css';
import { useViews, useWorkspace } from './workspace.tsx';

const views: readonly {
  readonly id: keyof typeof words.views & string;
  readonly icon: IconName;
}[] = [
  { id: 'mine', icon: 'user' },
  { id: 'unassigned', icon: 'unassigned' },
  { id: 'all', icon: 'inbox' },
  { id: 'snoozed', icon: 'moon' },
  { id: 'closed', icon: 'archive' },
];

let isOpen = false;
const listeners = new Set<() => void>();
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Opens or closes the drawer. */
export function showSidebar(isWanted: boolean): void {
  isOpen = isWanted;
  for (const listener of listeners) listener();
}

export function Sidebar() {
  const { session } = useWorkspace();
  const { teams, views: counts } = useViews();
  const isShown = useSyncExternalStore(subscribe, () => isOpen);
  const here = usePlace();
  // biome-ignore lint/correctness/useExhaustiveDependencies: closes when the place changes.
  useEffect(() => showSidebar(false), [here]);
  useActions({ back: isShown ? () => showSidebar(false) : undefined });
  const countOf = (id: string) => counts.find((view) => view.id === id)?.count ?? null;
  return (
    <>
      {isShown && (
        // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: Escape closes it, too.
        <div className="sidebar-scrim" onClick={() => showSidebar(false)} />
      )}
      <header className={isShown ? 'sidebar sidebar-open' : 'sidebar'}>
        <p className="sidebar-brand">
          <Mark />
          <span dir="auto">{session.workspace.name}</span>
        </p>
        <nav aria-label={words.views.title}>
          <ul>
            {views.map(({ id, icon }) => (
              <ViewLink
                key={id}
                id={id}
                title={String(words.views[id])}
                icon={icon}
                count={countOf(id)}
              />
            ))}
          </ul>
          {teams.length > 0 && <h2 className="sidebar-group">{words.views.teams}</h2>}
          <ul>
            {teams.map(({ id, name }) => (
              <ViewLink
                key={id}
                id={`team-${id}`}
                title={name}
                icon="users"
                count={countOf(`team-${id}`)}
              />
            ))}
          </ul>
        </nav>
        <Account />
      </header>
    </>
  );
}

type ViewLinkProps = {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly count: number | null;
};

function ViewLink({ id, title, icon, count }: ViewLinkProps) {
  const place = usePlace();
  const { session } = useWorkspace();
  return (
    <li>
      <PlaceLink
        className="view-link"
        to={{
          name: 'inbox',
          workspace: session.workspace.id,
          view: id,
          conversation: null,
          sort: 'waiting',
        }}
        aria-current={place.name === 'inbox' && place.view === id ? 'page' : undefined}
      >
        <Icon name={icon} />
        <span className="view-title" dir="auto">
          {title}
        </span>
        {count !== null && count > 0 && (
          <span className="number">
            {count.toLocaleString()}{' '}
            <span className="hidden">{words.views.conversations(count)}</span>
          </span>
        )}
      </PlaceLink>
    </li>
  );
}

function Account() {
  const { session } = useWorkspace();
  return (
    <div className="account">
      <Avatar name={session.me.name} />
      <div className="account-words">
        <p dir="auto">{session.me.name}</p>
        <p className="account-role">{session.me.role}</p>
      </div>
      <IconButton
        icon="more"
        tip="above"
        label={words.actions.palette}
        shortcut={keyOf('palette')}
        onClick={() => run('palette')}
      />
    </div>
  );
}
