// The name of a view, and which view its conversations belong to.

import { useViews } from '../../app/workspace.tsx';
import { words } from '../../words/en.ts';

const own = ['mine', 'unassigned', 'all', 'snoozed', 'closed'] as const;

export function useViewName(view: string): string {
  const { teams } = useViews();
  const known = own.find((name) => name === view);
  if (known !== undefined) return words.views[known];
  return teams.find(({ id }) => view === `team-${id}`)?.name ?? words.list.title;
}

export type EmptyWords = { readonly title: string; readonly help: string };

export function emptyWords(view: string): EmptyWords {
  const known = own.find((name) => name === view);
  return known === undefined ? words.list.empty.other : words.list.empty[known];
}
