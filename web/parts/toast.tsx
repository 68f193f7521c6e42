// Notices of what was done, with Undo, for ten seconds. One at a time: the newest.

import { useSyncExternalStore } from 'react';
import { useActions } from '../actions/registry.ts';
import { words } from '../words/en.ts';
import { IconButton } from './button.tsx';
import './toast.css';

export type Toast = {
  readonly text: string;
  readonly isFailure?: boolean;
  readonly undo?: () => void;
};

const SHOWN_MS = 10_000;

let current: (Toast & { readonly number: number }) | null = null;
let number = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(toast: Toast | null): void {
  number += 1;
  current = toast === null ? null : { ...toast, number };
  clearTimeout(timer);
  if (toast !== null) timer = setTimeout(() => show(null), SHOWN_MS);
  for (const listener of listeners) listener();
}

export const showToast = (toast: Toast): void => show(toast);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function Toasts() {
  const toast = useSyncExternalStore(subscribe, () => current);
  const undo = toast?.undo;
  const undoNow =
    undo &&
    (() => {
      show(null);
      undo();
    });
  useActions({ undo: undoNow });
  return (
    <div className="toasts" role="status" aria-label={words.toast.region}>
      {toast !== null && (
        <div key={toast.number} className={toast.isFailure ? 'toast toast-failure' : 'toast'}>
          <p dir="auto">{toast.text}</p>
          {undoNow !== undefined && (
            <button type="button" className="toast-undo" onClick={undoNow}>
              {words.actions.undo} <kbd>z</kbd>
            </button>
          )}
          <IconButton icon="close" label={words.dismiss} tip="above" onClick={() => show(null)} />
        </div>
      )}
    </div>
  );
}
