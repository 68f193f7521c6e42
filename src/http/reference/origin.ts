// Where examples call. Pages are the same for all readers: the browser puts in the address that it reads them at, and
// without scripts the usual one stands there. So no header of a request gets into a page.

/** Of a server with the usual settings, and what stands in the guides. */
export const usualOrigin = 'http://127.0.0.1:3000';

/** Stands for the address while code is coloured. One word, so that nothing is put into it. */
export const originMark = 'parley-origin-mark';

export const originHtml = `<span data-origin>${usualOrigin}</span>`;
