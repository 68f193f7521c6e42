// The entry of the app: the router, and the cache of what the server knows.

import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createAppRouter } from './app/router.tsx';
import { noteFailure } from './app/session.ts';
import { isTemporary } from './live/api.ts';
import './style/tokens.css';
import './style/base.css';

const RETRIES_MAX = 3;

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noteFailure(client, error) }),
  defaultOptions: {
    queries: {
      networkMode: 'always',
      refetchOnWindowFocus: false,
      staleTime: 10_000,
      retry: (count, error) => isTemporary(error) && count < RETRIES_MAX,
    },
  },
});

createRoot(document.getElementById('app')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={createAppRouter(client)} />
    </QueryClientProvider>
  </StrictMode>,
);
