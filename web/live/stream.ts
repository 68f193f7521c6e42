// The stream of news, read with EventSource: it resumes after the last event by itself. A stream that has been silent
// for too long is opened again, as after sleep.

export type News =
  /** Conversations that changed; null: any may have. */
  | { readonly kind: 'changes'; readonly ids: readonly string[] | null }
  | { readonly kind: 'state'; readonly isOpen: boolean };

const URL = '/parley/v1/app/stream';
/** The server sends a beat every 15 s. */
const SILENT_MS = 35_000;
const AGAIN_MS = [1_000, 3_000, 10_000, 30_000];

type ChangesEvent = {
  readonly conversations?: readonly (string | readonly [string, ...unknown[]])[];
};

export type Stream = {
  /** Looks whether it still runs. */
  readonly wake: () => void;
  readonly restart: () => void;
};

export function openStream(tell: (news: News) => void): Stream {
  let source: EventSource | undefined;
  let heardAt = 0;
  let failures = 0;
  let isOpen = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const setOpen = (next: boolean) => {
    if (next !== isOpen) tell({ kind: 'state', isOpen: next });
    isOpen = next;
  };
  const hear = () => {
    heardAt = Date.now();
    failures = 0;
    setOpen(true);
  };
  const connect = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(URL);
    source.addEventListener('hello', hear);
    source.addEventListener('beat', hear);
    source.addEventListener('changes', ({ data }) => {
      hear();
      const { conversations = [] } = JSON.parse(data) as ChangesEvent;
      const ids = conversations.map((one) => (typeof one === 'string' ? one : one[0]));
      tell({ kind: 'changes', ids });
    });
    source.addEventListener('reset', () => {
      hear();
      tell({ kind: 'changes', ids: null });
    });
    source.addEventListener('error', () => {
      setOpen(false);
      // Otherwise the browser connects again by itself.
      if (source?.readyState !== EventSource.CLOSED) return;
      const waitMs = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]!;
      failures += 1;
      timer = setTimeout(connect, waitMs);
    });
  };
  const wake = () => {
    if (Date.now() - heardAt > SILENT_MS || !isOpen) connect();
  };
  setInterval(() => {
    if (isOpen && Date.now() - heardAt > SILENT_MS) connect();
  }, SILENT_MS / 2);
  connect();
  return { wake, restart: connect };
}
