// Responses to Parley, as values that every kind of server can send. Their texts never repeat input.

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

const answer = (status: number, text: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  text,
});

export const handled = answer(200, 'handled');
export const handledBefore = answer(200, 'handled before');
export const notUnderstood = (reason: string) => answer(400, reason);
export const notSigned = (reason: string) => answer(401, reason);
export const notPosted = answer(405, 'events are sent with POST', { allow: 'POST' });
export const tooLarge = answer(413, 'the body is too large');
export const failed = answer(500, 'the app could not handle it');
export const busy = answer(503, 'another process is at it', { 'retry-after': '1' });

const readBefore =
  'The body was read before @parley-server/receiver saw it, so its signature cannot be checked. ' +
  'Put the receiver before express.json() and its like, or keep the bytes as request.rawBody.';

export const bodyIsGone = answer(500, readBefore);

/** Creates the same message as an error for the app. */
export const bodyIsGoneError = () => new Error(readBefore);
