// Keeps rows where they are while a teammate looks: rows change in place, new ones below are added, and those that
// would come above are held back until they are asked for.

import { useRef } from 'react';
import type { Row } from '../../live/wire.ts';

export type HeldOrder = {
  readonly rows: readonly Row[];
  /** How many are held back. */
  readonly held: number;
  readonly release: () => void;
};

/** @param reason what was asked to be listed; with another one the order is taken as it is. */
export function useHeldOrder(fresh: readonly Row[], reason: string): HeldOrder {
  const kept = useRef<{ reason: string; ids: readonly string[] }>({ reason: '', ids: [] });
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const isKept = kept.current.reason === reason && kept.current.ids.length > 0;
  const all = [...byId.keys()];
  const { ids, held } = isKept ? orderOf(kept.current.ids, all) : { ids: all, held: 0 };
  kept.current = { reason, ids };
  return {
    rows: ids.map((id) => byId.get(id)!),
    held,
    release() {
      kept.current = { reason, ids: [] };
    },
  };
}

/** Merges what was shown with what is there. */
export function orderOf(
  shown: readonly string[],
  fresh: readonly string[],
): { readonly ids: readonly string[]; readonly held: number } {
  const present = new Set(fresh);
  const stay = shown.filter((id) => present.has(id));
  const known = new Set(stay);
  const lastKnown = fresh.findLastIndex((id) => known.has(id));
  const below = fresh.filter((id, index) => !known.has(id) && index > lastKnown);
  const above = fresh.filter((id, index) => !known.has(id) && index < lastKnown);
  return { ids: [...stay, ...below], held: above.length };
}
