// News from the server for the places of this tab: from the stream that all tabs share; while there is none, by
// asking every few seconds. Places subscribe and know nothing of how news comes.

import { type News, openStream } from './stream.ts';
import { workerUrl } from './worker-url.ts';

type Changes = { readonly ids: readonly string[] | null };

export type Feed = {
  /** @param listener gets the conversations that changed; null: any may have. */
  readonly subscribe: (listener: (changes: Changes) => void) => () => void;
  /** Whether the last request reached the server. */
  readonly isConnected: () => boolean;
  readonly subscribeToState: (listener: () => void) => () => void;
  /** Called with the outcome of every request. */
  readonly noteContact: (isReached: boolean) => void;
};

const ASK_MS = 3_000;
const ASK_HIDDEN_MS = 30_000;

/** Connects to the shared worker, or opens a stream in this tab where there is none, as on some phones. */
function connect(session: string, hear: (news: News) => void): { readonly wake: () => void } {
  if (typeof SharedWorker !== 'function') return openStream(hear);
  const { port } = new SharedWorker(workerUrl(), { type: 'module', name: 'parley' });
  port.onmessage = ({ data }: MessageEvent<News>) => hear(data);
  port.postMessage({ session });
  addEventListener('pagehide', () => port.postMessage('close'));
  return { wake: () => port.postMessage('wake') };
}

/** @param session names the one who is signed in. */
export function openFeed(session: string): Feed {
  const listeners = new Set<(changes: Changes) => void>();
  const stateListeners = new Set<() => void>();
  let isConnected = true;
  let isStreaming = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = (changes: Changes) => {
    for (const listener of listeners) listener(changes);
  };
  const askSoon = () => {
    clearTimeout(timer);
    if (isStreaming) return;
    timer = setTimeout(
      () => {
        tell({ ids: null });
        askSoon();
      },
      document.hidden ? ASK_HIDDEN_MS : ASK_MS,
    );
  };
  const noteContact = (isReached: boolean) => {
    if (isReached === isConnected) return;
    isConnected = isReached;
    for (const listener of stateListeners) listener();
  };
  const { wake } = connect(session, (news) => {
    if (news.kind === 'changes') {
      noteContact(true);
      return tell(news);
    }
    isStreaming = news.isOpen;
    if (isStreaming) noteContact(true);
    askSoon();
  });
  const look = () => {
    if (document.hidden) return;
    wake();
    if (!isStreaming) tell({ ids: null });
  };
  document.addEventListener('visibilitychange', look);
  addEventListener('online', look);
  addEventListener('pageshow', look);
  askSoon();
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isConnected: () => isConnected,
    subscribeToState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    noteContact,
  };
}
