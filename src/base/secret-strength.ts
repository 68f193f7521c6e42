// Judges whether a secret that a person chose could be guessed: its length says little if it repeats one letter.
// Looks for patterns that generators never produce; knows no words of any language.

/** All but two in a thousand random texts of 16 hexadecimal digits have at least this many. */
const DISTINCT_MIN = 7;
const SURPRISES_MIN = 9;
/** A repeated piece of at least this length adds nothing. */
const PIECE_CHARACTERS = 4;

/** Whether the text has too little variety: few different characters, or repetitions and rows like `abcd` and `4321`. */
export function isGuessable(text: string): boolean {
  return new Set(text).size < DISTINCT_MIN || countSurprises(text) < SURPRISES_MIN;
}

/** Counts the characters that do not follow from those before them. */
function countSurprises(text: string): number {
  const seen = new Set<string>();
  const known = new Set<number>();
  for (let at = 1; at < text.length; at += 1) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1);
    if (Math.abs(step) <= 1) known.add(at);
    const begin = at - PIECE_CHARACTERS + 1;
    if (begin < 0) continue;
    const piece = text.slice(begin, at + 1);
    if (seen.has(piece)) for (let index = begin; index <= at; index += 1) known.add(index);
    seen.add(piece);
  }
  return text.length - known.size;
}
