// Drafts: one for each teammate, conversation and kind. Only their writer removes them.

import { keep, keptNames, readKept } from './kept.ts';
import type { MessageKind } from './wire.ts';

const nameOf = (adminId: string, conversationId: string, kind: MessageKind): string =>
  `parley:draft:${adminId}:${conversationId}:${kind}`;

export const readDraft = (adminId: string, conversationId: string, kind: MessageKind): string =>
  readKept<string>(nameOf(adminId, conversationId, kind)) ?? '';

/** Keeps a draft; an empty one is removed. @returns whether the browser kept it. */
export function keepDraft(
  adminId: string,
  conversationId: string,
  kind: MessageKind,
  text: string,
): boolean {
  const isKept = keep(nameOf(adminId, conversationId, kind), text === '' ? null : text);
  for (const listener of listeners) listener();
  return isKept;
}

const listeners = new Set<() => void>();

export function subscribeToDrafts(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', listener);
  };
}

/** The first words of each conversation's draft, as one text, so that it is equal while nothing changed. */
export function draftSummary(adminId: string): string {
  const prefix = `parley:draft:${adminId}:`;
  const found = keptNames(prefix).map((name) => [
    name.slice(prefix.length).split(':')[0]!,
    (readKept<string>(name) ?? '').trim().slice(0, 80),
  ]);
  return JSON.stringify(Object.fromEntries(found.filter(([, text]) => text !== '')));
}
