// The stream of news, read with EventSource: it resumes after the last event by itself. A stream that has been silent
// for too long is opened again, as after sleep. A new one begins at the present, so what is shown is read again.

export type News =
  /** Conversations that changed; null: any may have. */
  | { readonly kind: 'changes'; readonly ids: readonly string[] | null }
  | { readonly kind: 'state'; readonly isOpen: boolean };

const URL = '/parley/v1/app/stream';
/** After this long without a word a stream is not trusted any more when the page is looked at again. */
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
  let wasOpened = false;
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
    source.addEventListener('hello', () => {
      hear();
      if (wasOpened) tell({ kind: 'changes', ids: null });
      wasOpened = true;
    });
    source.addEventListener('changes', ({ data }) => {
      hear();
      const { conversations = [] } = JSON.parse(data) as ChangesEvent;
      const ids = conversations.map((one) => (typeof one === 'string' ? one : one[0]));
      tell({ kind: 'changes', ids });
    });
    for (const name of ['reset', 'signed-out']) {
      source.addEventListener(name, () => {
        hear();
        tell({ kind: 'changes', ids: null });
      });
    }
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
  connect();
  return { wake, restart: connect };
}
