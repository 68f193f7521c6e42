// Estimates how much the signals of each workspace load, from the groups so far, to bound the size of a group. Evicts
// workspaces when there are too many.

import type { Contact, Conversation } from '../core/model/model.ts';
import type { Loaded } from '../store/engine/load.ts';
import type { GroupPlan } from './plan.ts';
import type { Weights } from './signal-queue.ts';

/** The estimate for unknown workspaces. A full group of them is within the bound. */
const FIRST_GUESS = 8 * 1024;
const HEAVY = 64 * 1024;
/** Loaded characters cost more than submitted ones: both sides parse them, and they may be written. */
const COST_FACTOR = 4;
const MEMORY = 0.7;
const WORKSPACES_MAX = 10_000;

export class StateWeights implements Weights {
  readonly #loaded = new Map<number, number>();

  weightOf(workspaceId: number): number {
    return COST_FACTOR * (this.#loaded.get(workspaceId) ?? FIRST_GUESS);
  }

  isHeavy(workspaceId: number): boolean {
    return (this.#loaded.get(workspaceId) ?? 0) > HEAVY;
  }

  /** Updates the estimates from the load of a group. */
  note({ keys, members }: GroupPlan, loaded: Loaded): void {
    const sums = new Map<number, { size: number; signals: number }>();
    for (const { signal } of members) {
      const { workspaceId } = signal;
      const sum = sums.get(workspaceId);
      if (sum === undefined) sums.set(workspaceId, { size: 0, signals: 1 });
      else sum.signals += 1;
    }
    const add = (workspaceId: number, row: Contact | Conversation) => {
      sums.get(workspaceId)!.size += sizeOf(row.customAttributes);
    };
    for (const [slot, { row }] of loaded.contacts) add(keys.contacts[slot]!.workspaceId, row);
    for (const [slot, { row }] of loaded.contactsById) {
      add(keys.contactIds[slot]!.workspaceId, row);
    }
    for (const [slot, { row }] of loaded.owners) add(keys.conversations[slot]!.workspaceId, row);
    for (const [slot, { row }] of loaded.conversations) {
      add(keys.conversations[slot]!.workspaceId, row);
    }
    if (this.#loaded.size > WORKSPACES_MAX) this.#loaded.clear();
    for (const [workspaceId, { size, signals }] of sums) {
      const now = size / signals;
      const before = this.#loaded.get(workspaceId) ?? now;
      this.#loaded.set(workspaceId, before * MEMORY + now * (1 - MEMORY));
    }
  }
}

function sizeOf(attributes: { readonly [name: string]: unknown }): number {
  let size = 0;
  for (const name in attributes) {
    const value = attributes[name];
    size += name.length + (typeof value === 'string' ? value.length : 8);
  }
  return size;
}
