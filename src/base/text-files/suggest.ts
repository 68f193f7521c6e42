// Finds the name that the author of a file probably meant, to suggest it in an error message.

/** The distance at which two words count as unrelated, as a share of the longer one. */
const DISTANCE_SHARE_MAX = 0.4;

/** The most names that a sentence lists. */
const LISTED_NAMES_MAX = 12;

/** Finds the name that is nearest to a word; undefined when none is near. */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const longer = Math.max(word.length, name.length);
    const distanceMax = Math.max(1, Math.floor(longer * DISTANCE_SHARE_MAX));
    if (Math.abs(word.length - name.length) > distanceMax) continue;
    const distance = distanceBetween(word.toLowerCase(), name.toLowerCase());
    if (distance <= distanceMax && distance < smallest && distance < longer) {
      nearest = name;
      smallest = distance;
    }
  }
  return nearest;
}

/** Suggests what to do about a name that does not exist: `did you mean "x"?`, or the list of names. */
export function suggestName(word: string, names: Iterable<string>): string {
  const all = [...new Set(names)];
  const nearest = nearestName(word, all);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  if (all.length === 0) return 'there is none';
  const rest = all.length - LISTED_NAMES_MAX;
  const listed = all.slice(0, LISTED_NAMES_MAX).join(', ');
  return rest > 0 ? `there are: ${listed} and ${rest} more` : `there is: ${listed}`;
}

/** Counts the letters to change, add, drop or swap to get from one word to the other. */
function distanceBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      let best = Math.min(
        next[column - 1]! + 1,
        last[column]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
      );
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (isSwap) best = Math.min(best, beforeLast[column - 2]! + 1);
      next.push(best);
    }
    beforeLast = last;
    last = next;
  }
  return last[to.length]!;
}
