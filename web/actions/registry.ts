// All actions of the app in one list: keys, the palette, buttons with their tooltips, and the sheet of shortcuts come
// from it. A place says how an action is done while it is shown; an action without that is off.

import { useEffect, useRef } from 'react';
import type { words } from '../words/en.ts';

export type ActionId = Exclude<keyof typeof words.actions, 'more'>;
export type GroupId = keyof typeof words.groups;

export type ActionFacts = {
  readonly id: ActionId;
  readonly group: GroupId;
  /** Each a key or a sequence: `j`, `Mod+Enter`, `g m`. */
  readonly keys: readonly string[];
};

export const actions: readonly ActionFacts[] = [
  { id: 'next', group: 'list', keys: ['j', 'Alt+ArrowDown'] },
  { id: 'previous', group: 'list', keys: ['k', 'Alt+ArrowUp'] },
  { id: 'back', group: 'list', keys: ['Escape'] },
  { id: 'reply', group: 'writing', keys: ['r'] },
  { id: 'note', group: 'writing', keys: ['n'] },
  { id: 'send', group: 'writing', keys: ['Mod+Enter'] },
  { id: 'close', group: 'conversation', keys: ['e'] },
  { id: 'closeStay', group: 'conversation', keys: ['Shift+E'] },
  { id: 'open', group: 'conversation', keys: ['o'] },
  { id: 'snooze', group: 'conversation', keys: ['s'] },
  { id: 'assign', group: 'conversation', keys: ['a'] },
  { id: 'assignMe', group: 'conversation', keys: ['i'] },
  { id: 'takeOver', group: 'conversation', keys: ['Shift+T'] },
  { id: 'copyLink', group: 'conversation', keys: ['Shift+L'] },
  { id: 'panel', group: 'conversation', keys: [']'] },
  { id: 'undo', group: 'conversation', keys: ['z'] },
  { id: 'goMine', group: 'go', keys: ['g m'] },
  { id: 'goUnassigned', group: 'go', keys: ['g u'] },
  { id: 'goAll', group: 'go', keys: ['g a'] },
  { id: 'goSnoozed', group: 'go', keys: ['g s'] },
  { id: 'goClosed', group: 'go', keys: ['g c'] },
  { id: 'palette', group: 'app', keys: ['Mod+K'] },
  { id: 'sheet', group: 'app', keys: ['?'] },
  { id: 'theme', group: 'app', keys: [] },
  { id: 'signOut', group: 'app', keys: [] },
];

type Handler = () => void;
type Handlers = Partial<Record<ActionId, Handler>>;

const handlers = new Map<ActionId, Handler[]>();

/** The newest place that is shown decides. */
const handlerOf = (id: ActionId): Handler | undefined => handlers.get(id)?.at(-1);

export const isPossible = (id: ActionId): boolean => handlerOf(id) !== undefined;

/** Does an action. @returns whether it was possible. */
export function run(id: ActionId): boolean {
  const handler = handlerOf(id);
  handler?.();
  return handler !== undefined;
}

/** Offers actions while a component is shown. Undefined ones are off. */
export function useActions(offered: Handlers): void {
  const newest = useRef(offered);
  newest.current = offered;
  const ids = (Object.keys(offered) as ActionId[]).filter((id) => offered[id]).sort();
  const names = ids.join(' ');
  useEffect(() => {
    const added = names.split(' ').filter(Boolean) as ActionId[];
    const own = added.map((id): [ActionId, Handler] => [id, () => newest.current[id]?.()]);
    for (const [id, handler] of own) handlers.set(id, [...(handlers.get(id) ?? []), handler]);
    return () => {
      for (const [id, handler] of own) {
        handlers.set(
          id,
          handlers.get(id)!.filter((other) => other !== handler),
        );
      }
    };
  }, [names]);
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

const signs: Readonly<Record<string, string>> = {
  Mod: isApple ? '⌘' : 'Ctrl',
  Alt: isApple ? '⌥' : 'Alt',
  Shift: isApple ? '⇧' : 'Shift',
  Enter: '↵',
  Escape: 'Esc',
  ArrowDown: '↓',
  ArrowUp: '↑',
};

/** A key as it is printed on a keyboard. */
export const printedKey = (keys: string): string =>
  keys
    .split(' ')
    .map((one) =>
      one
        .split('+')
        .map((part) => signs[part] ?? part)
        .join(isApple ? '' : ' '),
    )
    .join(' ');

/** The first key of an action, for its button. */
export function keyOf(id: ActionId): string | undefined {
  const [first] = actions.find((action) => action.id === id)?.keys ?? [];
  return first === undefined ? undefined : printedKey(first);
}
