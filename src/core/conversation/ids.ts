// Derives the ids of all that a signal creates from the signal's number: the same number and effect give the same id.
// A signal has 256 ids, one for each of its effects in order.

const EFFECTS_PER_SIGNAL = 256;

/**
 * Derives the id of a conversation or a part: a whole number below 2^53 (contract row 51).
 * @throws RangeError if the signal has too many effects, or no numbers are left (after 3.5e13 signals).
 */
export function effectId(signalNumber: number, effectIndex: number): number {
  const id = signalNumber * EFFECTS_PER_SIGNAL + effectIndex;
  if (effectIndex < 0 || effectIndex >= EFFECTS_PER_SIGNAL || !Number.isSafeInteger(id)) {
    throw new RangeError(`no id for effect ${effectIndex} of signal ${signalNumber}`);
  }
  return id;
}

/** Derives the id of a contact: 24 hex characters that begin with the seconds of its creation (contract row 51). */
export function contactId(signalNumber: number, effectIndex: number, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000) % 0x1_0000_0000;
  const number = effectId(signalNumber, effectIndex);
  return seconds.toString(16).padStart(8, '0') + number.toString(16).padStart(16, '0');
}
