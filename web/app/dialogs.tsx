// The dialog that is open, if any. Their code is loaded when the browser is idle, or when one opens first; never in
// Suspense, which would wait 300 ms.

import { type ComponentType, useEffect, useState, useSyncExternalStore } from 'react';
import type { Choice } from '../parts/picker.tsx';

export type DialogRequest =
  | { readonly kind: 'palette' | 'sheet' }
  | {
      readonly kind: 'pick';
      readonly title: string;
      readonly choices: readonly Choice[];
      readonly onChoose: (id: string) => void;
    };

export type DialogProps = { readonly request: DialogRequest; readonly onClose: () => void };

let current: DialogRequest | null = null;
const listeners = new Set<() => void>();

function set(request: DialogRequest | null): void {
  current = request;
  for (const listener of listeners) listener();
}

export const openDialog = (request: DialogRequest): void => set(request);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

const load = () => import('./dialog-kinds.tsx');

/** Safari has no idle callback. */
const whenIdle = (work: () => void): void => {
  if ('requestIdleCallback' in window) requestIdleCallback(work);
  else setTimeout(work, 1_000);
};

export function Dialogs() {
  const request = useSyncExternalStore(subscribe, () => current);
  const [Shown, setShown] = useState<ComponentType<DialogProps> | null>(null);
  const isWanted = request !== null;
  useEffect(() => {
    const show = () => void load().then(({ Dialog }) => setShown(() => Dialog));
    if (isWanted) show();
    else whenIdle(show);
  }, [isWanted]);
  if (request === null || Shown === null) return null;
  // Its browser says later that it closed: another may have been opened meanwhile.
  const close = () => {
    if (current === request) set(null);
  };
  return <Shown request={request} onClose={close} />;
}
