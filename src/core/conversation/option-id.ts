// Ids of the buttons that a workflow offers: they contain the position of the prompt in the conversation, so that a
// click finds its prompt without a table of options, and clicks on old prompts are recognised.

import { limits } from '../../base/limits.ts';

/** The longest id of a button in a workflow; with Parley's suffix, an app must still be able to send it back. */
export const OPTION_ID_CHARACTERS_MAX = limits.idCharactersMax - 11;

/** Returns the id on the wire of an option of the prompt at a position. */
export const wireOptionId = (optionId: string, promptPosition: number): string =>
  `${optionId}-${promptPosition}`;

/** Returns the position of an option's prompt if a workflow offered it; null for any other id. */
export function promptPositionOf(wireId: string): number | null {
  const [, digits] = /-([1-9]\d{0,8})$/.exec(wireId) ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Returns the workflow's own id of an option of the prompt at a position; null for one of another prompt. */
export function optionIdOf(wireId: string, promptPosition: number): string | null {
  const suffix = wireOptionId('', promptPosition);
  return wireId.endsWith(suffix) ? wireId.slice(0, -suffix.length) : null;
}
