// A person as initials on a quiet tint, always the same for the same name.

import './avatar.css';

type AvatarProps = {
  readonly name: string;
  readonly size?: 'small' | 'medium' | 'large';
  /** A ring, for what is one's own. */
  readonly isOwn?: boolean;
};

const TINTS = 6;

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const firstSign = (word: string): string =>
  segments.segment(word)[Symbol.iterator]().next().value?.segment ?? '';

/** The first signs of the first and the last word. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const [first = '', last = ''] = parts.length > 1 ? [parts[0], parts.at(-1)] : [parts[0]];
  return (firstSign(first) + firstSign(last)).toUpperCase() || '?';
}

function tintOf(name: string): number {
  let sum = 0x811c9dc5;
  for (const sign of name) sum = Math.imul(sum ^ sign.codePointAt(0)!, 0x01000193);
  return ((sum >>> 16) % TINTS) + 1;
}

export const Avatar = ({ name, size = 'medium', isOwn = false }: AvatarProps) => (
  <span
    className={`avatar avatar-${size} tint-${tintOf(name)}${isOwn ? ' avatar-own' : ''}`}
    aria-hidden="true"
  >
    {initials(name)}
  </span>
);
