// A list in which every key has one place, given at first sight.

export class SlotList<Value> {
  readonly values: Value[] = [];
  readonly #slots = new Map<string, number>();

  /** The place of a key; a new key gets the next one and the value made for it. */
  slotOf(key: string, make: () => Value): number {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.values.push(make()) - 1;
    this.#slots.set(key, slot);
    return slot;
  }
}
