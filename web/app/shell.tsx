// The frame of every place of a workspace: the menu, notices, dialogs and keys.

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useSyncExternalStore } from 'react';
import { listenForKeys } from '../actions/keys.ts';
import { Icon } from '../parts/icon.tsx';
import { Toasts } from '../parts/toast.tsx';
import { words } from '../words/en.ts';
import { AppActions } from './app-actions.tsx';
import { Dialogs } from './dialogs.tsx';
import { usePlace } from './place.ts';
import { sessionQuery } from './session.ts';
import './shell.css';
import { Sidebar } from './sidebar.tsx';
import { useWorkspace, WorkspaceProvider } from './workspace.tsx';

export function Shell({ children }: { readonly children: ReactNode }) {
  const { data: session } = useQuery(sessionQuery);
  const place = usePlace();
  useEffect(listenForKeys, []);
  if (session === null || session === undefined) return null;
  return (
    <WorkspaceProvider session={session} key={session.me.id}>
      <a className="skip" href="#list">
        {words.skip.list}
      </a>
      {place.name === 'inbox' && place.conversation !== null && (
        <a className="skip" href="#thread">
          {words.skip.thread}
        </a>
      )}
      <div className="shell">
        <Sidebar />
        {children}
      </div>
      <OfflineBar />
      <AppActions />
      <Dialogs />
      <Toasts />
    </WorkspaceProvider>
  );
}

/** Shown after a while without an answer; its style delays it. */
function OfflineBar() {
  const { feed } = useWorkspace();
  const isConnected = useSyncExternalStore(feed.subscribeToState, feed.isConnected);
  return (
    <div role="alert">
      {!isConnected && (
        <p className="offline">
          <Icon name="alert" />
          {words.offline}
        </p>
      )}
    </div>
  );
}
