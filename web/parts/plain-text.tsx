// Text as it was typed, with links of what looks like a web address. Nothing in it becomes markup.

import { Fragment } from 'react';
import './plain-text.css';

const address = /(https?:\/\/[^\s<>"'`]+[^\s<>"'`.,:;!?)\]}])/g;

/** Longer texts are cut, so that one message cannot slow the page down; the whole text is a click away. */
const CHARACTERS_MAX = 20_000;

export function PlainText({ text }: { readonly text: string }) {
  const shown = text.length > CHARACTERS_MAX ? `${text.slice(0, CHARACTERS_MAX)}…` : text;
  return (
    <p className="plain-text" dir="auto">
      {shown.split(address).map((piece, index) =>
        index % 2 === 1 && URL.canParse(piece) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never change places.
          <a key={index} href={piece} target="_blank" rel="noopener noreferrer">
            {piece}
          </a>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above.
          <Fragment key={index}>{piece}</Fragment>
        ),
      )}
    </p>
  );
}
