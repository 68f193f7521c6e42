// Remembers lasting troubles, so that each is logged when it begins and not at every try. Logs nothing itself.

export class KnownTroubles {
  /** The reason of each trouble, by its subject. */
  readonly #reasons = new Map<string, string>();

  /** Notes a trouble. @returns whether it is new: unknown so far, or with another reason than before. */
  begin(subject: string, reason: string): boolean {
    if (this.#reasons.get(subject) === reason) return false;
    this.#reasons.set(subject, reason);
    return true;
  }

  /** Notes that there is no trouble: the next one is new. */
  end(subject: string): void {
    this.#reasons.delete(subject);
  }
}
