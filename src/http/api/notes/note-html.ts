// The body of a note: HTML as callers write it, cut down to what shows text and runs nothing. Plain text becomes
// paragraphs, as everywhere.

import sanitizeHtml from 'sanitize-html';
import { asParagraphs } from '../../../core/presenters/text.ts';

const blocks = ['p', 'ul', 'ol', 'pre'];
const tags = [...blocks, 'li', 'b', 'strong', 'i', 'em', 'a', 'br', 'code'];

const rules: sanitizeHtml.IOptions = {
  allowedTags: tags,
  allowedAttributes: { a: ['href', 'rel'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  // A browser of a teammate opens the link: the page behind it learns nothing.
  transformTags: {
    a: (tagName, { href }) => ({
      tagName,
      attribs: { ...(href === undefined ? {} : { href }), rel: 'noopener noreferrer nofollow' },
    }),
  },
  // No styles are allowed, so none has to be parsed.
  parseStyleAttributes: false,
};

const hasMarkup = /<(?:\/?[a-z]|!--)/i;
const hasBlock = new RegExp(`<(?:${blocks.join('|')})\\b`);

/** Makes the body of a note; empty if nothing of it can be shown. */
export function sanitizeNote(body: string): string {
  if (!hasMarkup.test(body)) return asParagraphs(body);
  const clean = sanitizeHtml(body, rules).trim();
  const isEmpty = sanitizeHtml(clean, { allowedTags: [] }).trim() === '';
  if (isEmpty) return '';
  return hasBlock.test(clean) ? clean : `<p>${clean}</p>`;
}
