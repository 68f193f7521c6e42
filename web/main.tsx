// The entry of the app: the cache of what the server knows, around the place that is shown.

import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { CrashGuard } from './app/crash.tsx';
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
      <CrashGuard>
        <App />
      </CrashGuard>
    </QueryClientProvider>
  </StrictMode>,
);
