// Builds HTML safely: every value in a template is escaped unless it is HTML already.

import { escapeHtml } from '../../core/presenters/text.ts';

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = string | number | Html | readonly Html[] | null;

/** A template tag: literal parts are HTML, values are text. Null leaves nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  const texts = parts.map((part, index) => part + asHtml(values[index] ?? null));
  return new Html(texts.join(''));
}

function asHtml(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'object') return piece.map(({ text }) => text).join('');
  return escapeHtml(String(piece));
}

/** Renders a sentence in which `backticks` mark code. */
export const sentence = (text: string): Html =>
  new Html(escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>'));

/** Renders a path or name that may be broken after punctuation, but not within words. */
export const breakable = (text: string): Html =>
  new Html(escapeHtml(text).replaceAll(/[_/.]+/g, '$&<wbr>'));
