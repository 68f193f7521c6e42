// Plain text on its way into HTML fields (contract row 30).

/** Nothing in it is markup any more. Whole-string replacements: a callback for each sign takes twenty times as long. */
export function escapeHtml(text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Each line a paragraph, nothing in it markup. */
export const asParagraphs = (text: string): string =>
  `<p>${escapeHtml(text).replaceAll(/\r\n|\n|\r/g, '</p>\n<p>')}</p>`;
