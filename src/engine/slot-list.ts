// A list in which every key has one slot, assigned at its first use.

export class SlotList<Value> {
  readonly values: Value[] = [];
  readonly #slots = new Map<string, number>();

  /** Returns the slot of a key; a new key gets the next slot and a new value. */
  slotOf(key: string, make: () => Value): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.values.push(make()) - 1;
    this.#slots.set(key, slot);
    return slot;
  }
}
