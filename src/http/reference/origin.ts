// The address in examples. Pages are the same for all readers: a script inserts the address that they were loaded from,
// and without scripts the default one is shown. So no request header gets into a page.

/** The address of a server with default settings, as in the guides. */
export const usualOrigin = 'http://127.0.0.1:3000';

/** Stands for the address while code is highlighted: one word, so that it stays whole. */
export const originMark = 'parley-origin-mark';

export const originHtml = `<span data-origin>${usualOrigin}</span>`;
