// The body of a note: HTML of callers, reduced to elements that show text and run nothing. Plain text becomes
// paragraphs, as everywhere else.

import sanitizeHtml from 'sanitize-html';
import { asParagraphs } from '../../../core/presenters/text.ts';

const blocks = ['p', 'ul', 'ol', 'pre'];
const tags = [...blocks, 'li', 'b', 'strong', 'i', 'em', 'a', 'br', 'code'];

const rules: sanitizeHtml.IOptions = {
  allowedTags: tags,
  allowedAttributes: { a: ['href', 'rel'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  // A teammate's browser opens the link: the linked page gets no referrer.
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

/** Sanitises the body of a note; returns an empty text if nothing of it can be shown. */
export function sanitizeNote(body: string): string {
  if (!hasMarkup.test(body)) return asParagraphs(body);
  const clean = sanitizeHtml(body, rules).trim();
  const isEmpty = sanitizeHtml(clean, { allowedTags: [] }).trim() === '';
  if (isEmpty) return '';
  return hasBlock.test(clean) ? clean : `<p>${clean}</p>`;
}
