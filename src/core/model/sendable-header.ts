// Which headers people may set on requests that Parley makes, to a callback or a webhook: one list for both. What
// belongs to the connection, to the framing of the message or to a proxy can never be sent, or never does what its
// author means; and what proves to a receiver who calls is for Parley alone to say.

/** Of HTTP itself: the client that makes the request sets these, or refuses them. */
const ofTheConnection: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const ofProxies = /^proxy-/;
const ofParley = /^(webhook-|x-hub-signature|parley-)|^x-event-id$/;

/** The token of RFC 9110. */
const token = /^[\w!#$%&'*+.^`|~-]{1,100}$/;

/** Why nobody may set a header; null: it can be sent. */
export function headerNameFault(name: string): string | null {
  if (!token.test(name)) return 'is no name of a header';
  const lower = name.toLowerCase();
  if (ofTheConnection.has(lower)) return `is a header of the connection: "${name}"`;
  if (ofProxies.test(lower)) return `is a header for proxies: "${name}"`;
  if (ofParley.test(lower)) return `is a header that Parley sets itself: "${name}"`;
  return null;
}

/** Whether a text can stand behind a name: visible ASCII, with blanks within. */
export const isHeaderValue = (text: string): boolean =>
  /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(text);
