// Responses to Parley, as values that every kind of server can send. Their texts never repeat input.

export type ReceiverResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

const response = (
  status: number,
  text: string,
  headers: Record<string, string> = {},
): ReceiverResponse => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  text,
});

export const handled = response(200, 'handled');
export const handledBefore = response(200, 'handled before');
export const notUnderstood = (reason: string) => response(400, reason);
export const notSigned = (reason: string) => response(401, reason);
export const notPosted = response(405, 'events are sent with POST', { allow: 'POST' });
export const tooLarge = response(413, 'the body is too large');
export const failed = response(500, 'the app could not handle it');
export const busy = response(503, 'another process is handling it', { 'retry-after': '1' });

const readBefore =
  'The body was read before @parley-server/receiver saw it, so its signature cannot be checked. ' +
  'Put the receiver before express.json() and similar middleware, or keep the bytes as request.rawBody.';

export const bodyIsGone = response(500, readBefore);

/** Creates the same message as an error for the app. */
export const bodyIsGoneError = () => new Error(readBefore);
