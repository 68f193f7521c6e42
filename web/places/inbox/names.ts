// How people are called where their name may be missing.

import type { Author, Row } from '../../live/wire.ts';
import { words } from '../../words/en.ts';

export function contactName(contact: Row['contact']): string {
  if (contact === null) return words.list.noName;
  const { name, email } = contact;
  if (name !== null && name.trim() !== '') return name;
  return email ?? words.list.noName;
}

/** @param contact the name of the conversation's contact. */
export function authorName({ type, name, id }: Author, contact: string, me: string): string {
  if (type === 'bot') return name ?? words.thread.bot;
  if (type === 'admin') return id === me ? words.list.you : (name ?? words.thread.teammate);
  return name ?? contact;
}
