// Listens for keys and does their actions. Ignores keys while text is composed, and single keys in fields or where
// the teammate turned them off.

import { keep, readKept } from '../live/kept.ts';
import { actions, isPossible, run } from './registry.ts';

const OFF = 'parley:single-keys-off';
const SEQUENCE_MS = 1_000;

export const areSingleKeysOn = (): boolean => readKept<boolean>(OFF) !== true;
export const setSingleKeys = (isOn: boolean): boolean => keep(OFF, isOn ? null : true);

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The key by its letter; on other alphabets by its place. */
function nameOf({ key, code }: KeyboardEvent): string {
  if (key.length > 1 || /^[\x20-\x7e]$/.test(key)) return key;
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? key;
}

function strokeOf(event: KeyboardEvent): string {
  const name = nameOf(event);
  const isLetter = /^[a-z]$/i.test(name);
  const modifiers = [
    ...(event.metaKey || event.ctrlKey ? ['Mod'] : []),
    ...(event.altKey ? ['Alt'] : []),
    // The shift of "?" is part of the key.
    ...(event.shiftKey && (isLetter || name.length > 1) ? ['Shift'] : []),
  ];
  const isUpper = modifiers.length > 0 && isLetter;
  return [...modifiers, isUpper ? name.toUpperCase() : name].join('+');
}

const isSingle = (stroke: string): boolean => !/^(Mod|Alt)\+|^Escape$/.test(stroke);

/** Starts to listen. @returns what stops it. */
export function listenForKeys(): () => void {
  let before = '';
  let beforeAt = 0;
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.key === 'Dead') return;
    if (document.querySelector('dialog[open]') !== null) return;
    const stroke = strokeOf(event);
    if (isSingle(stroke) && (isField(event.target) || !areSingleKeysOn())) return;
    const sequence = event.timeStamp - beforeAt < SEQUENCE_MS ? `${before} ${stroke}` : stroke;
    const found =
      actions.find(({ id, keys }) => keys.includes(sequence) && isPossible(id)) ??
      actions.find(({ id, keys }) => keys.includes(stroke) && isPossible(id));
    before = stroke;
    beforeAt = event.timeStamp;
    if (found === undefined) return;
    before = '';
    // Enter and space press the button that has the focus.
    event.preventDefault();
    run(found.id);
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}
