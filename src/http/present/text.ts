// Plain text on its way into HTML fields (contract row 30).

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => entities[sign]!);

/** Each line a paragraph, nothing in it markup. */
export const asParagraphs = (text: string): string =>
  text
    .split(/\r\n|\n|\r/)
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('\n');
