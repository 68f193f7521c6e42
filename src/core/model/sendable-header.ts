// Checks the headers that users may set on Parley's requests to callbacks and webhooks. Excluded are headers of the
// connection, of message framing and of proxies, and those with which Parley authenticates itself.

/** Headers that the HTTP client sets itself, or rejects. */
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

/** Returns the reason why a header may not be set; null: it may. */
export function headerNameFault(name: string): string | null {
  if (!token.test(name)) return 'is no name of a header';
  const lower = name.toLowerCase();
  if (ofTheConnection.has(lower)) return `is a header of the connection: "${name}"`;
  if (ofProxies.test(lower)) return `is a header for proxies: "${name}"`;
  if (ofParley.test(lower)) return `is a header that Parley sets itself: "${name}"`;
  return null;
}

/** Whether a text can be the value of a header: visible ASCII, with blanks within. */
export const isHeaderValue = (text: string): boolean =>
  /^[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?$/.test(text);
