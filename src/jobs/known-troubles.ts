// Remembers lasting troubles, so that each is logged when it begins and not at every attempt. Logs nothing itself.

export class KnownTroubles {
  /** The reason of each trouble, by its subject. */
  readonly #reasons = new Map<string, string>();

  /** Notes a trouble. @returns whether it is new: unknown, or with another reason than before. */
  begin(subject: string, reason: string): boolean {
    if (this.#reasons.get(subject) === reason) return false;
    this.#reasons.set(subject, reason);
    return true;
  }

  /** Notes that a trouble is over: the next one is new. */
  end(subject: string): void {
    this.#reasons.delete(subject);
  }
}
