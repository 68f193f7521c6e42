// News from the server. Until the server pushes, the app asks: every few seconds while it is looked at. Places subscribe and
// know nothing of how news comes.

type News = { readonly ids: readonly string[] | null };

export type Feed = {
  /** @param listener gets the conversations that changed; null: any may have. */
  readonly subscribe: (listener: (news: News) => void) => () => void;
  /** Whether the last request reached the server. */
  readonly isConnected: () => boolean;
  readonly subscribeToState: (listener: () => void) => () => void;
  /** Called with the outcome of every request. */
  readonly noteContact: (isReached: boolean) => void;
};

const ASK_MS = 3_000;
const ASK_HIDDEN_MS = 30_000;

export function openFeed(): Feed {
  const listeners = new Set<(news: News) => void>();
  const stateListeners = new Set<() => void>();
  let isConnected = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = () => {
    clearTimeout(timer);
    for (const listener of listeners) listener({ ids: null });
    timer = setTimeout(tick, document.hidden ? ASK_HIDDEN_MS : ASK_MS);
  };
  const wake = () => {
    if (!document.hidden && listeners.size > 0) tick();
  };
  document.addEventListener('visibilitychange', wake);
  addEventListener('online', wake);
  addEventListener('pageshow', wake);
  return {
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) timer = setTimeout(tick, ASK_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearTimeout(timer);
      };
    },
    isConnected: () => isConnected,
    subscribeToState(listener) {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    noteContact(isReached) {
      if (isReached === isConnected) return;
      isConnected = isReached;
      for (const listener of stateListeners) listener();
    },
  };
}
