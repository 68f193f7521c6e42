// Shows the place that the address names, or the sign-in page in front of it.

import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { EmptyPlace } from '../parts/empty-place.tsx';
import { Failure } from '../parts/failure.tsx';
import { PlaceLink } from '../parts/place-link.tsx';
import { Inbox } from '../places/inbox/inbox.tsx';
import { OneTimeLink } from '../places/link/link.tsx';
import { SignIn } from '../places/sign-in/sign-in.tsx';
import { words } from '../words/en.ts';
import { goTo, usePlace } from './place.ts';
import { sessionQuery } from './session.ts';
import { Shell } from './shell.tsx';

export function App() {
  const place = usePlace();
  switch (place.name) {
    case 'sign-in':
      return <SignIn {...place} />;
    case 'link':
      return <OneTimeLink code={place.code} />;
    case 'home':
      return (
        <SignedIn>
          <Home />
        </SignedIn>
      );
    case 'inbox':
      return (
        <SignedIn>
          <Shell>
            <Inbox />
          </Shell>
        </SignedIn>
      );
    case 'nowhere':
      return (
        <main>
          <EmptyPlace icon="search" {...words.nowhere}>
            <PlaceLink className="button" to={{ name: 'home' }}>
              {words.app}
            </PlaceLink>
          </EmptyPlace>
        </main>
      );
  }
}

let wasSignedIn = false;

/** What is inside is shown with a session; without one, the sign-in page opens, and afterwards this place again. */
function SignedIn({ children }: { readonly children: ReactNode }) {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  useEffect(() => {
    if (session === null) {
      const to = location.pathname + location.search;
      goTo({ name: 'sign-in', to: to === '/app' ? null : to, hasEnded: wasSignedIn }, true);
    }
    wasSignedIn = session !== null && session !== undefined;
  }, [session]);
  if (session !== null && session !== undefined) return children;
  if (error === null) return null;
  return (
    <main>
      <Failure title={words.errors.network} error={error} onAgain={() => void refetch()} />
    </main>
  );
}

/** The first place of a session. */
function Home() {
  const { data: session } = useQuery(sessionQuery);
  useEffect(() => {
    if (session === null || session === undefined) return;
    const workspace = session.workspace.id;
    goTo({ name: 'inbox', workspace, view: 'mine', conversation: null, sort: 'waiting' }, true);
  }, [session]);
  return null;
}
