// The faults that an HTTP receiver can inject, picked at random: error statuses, hanging, broken, slow and malformed
// responses, redirects.

import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../support/seeded-random.ts';

export type Fault =
  | 'none'
  | 'dropUnread'
  | 'dropRead'
  | 'hang'
  | 'errorStatus'
  | 'retryAfterOneSecond'
  | 'invalidRetryAfter'
  | 'redirect'
  | 'slow'
  | 'endless'
  | 'truncated'
  | 'oversized'
  | 'notHttp';

/** The probability of each fault in percent; the rest is none. */
const chances: readonly (readonly [Fault, number])[] = [
  ['dropUnread', 4],
  ['dropRead', 5],
  ['hang', 2],
  ['errorStatus', 9],
  ['retryAfterOneSecond', 1],
  ['invalidRetryAfter', 3],
  ['redirect', 4],
  ['slow', 4],
  ['endless', 1],
  ['truncated', 3],
  ['oversized', 3],
  ['notHttp', 2],
];

/** The faults after which the caller may count the request as accepted. */
const accepting: ReadonlySet<Fault> = new Set([
  'none',
  'slow',
  'endless',
  'truncated',
  'oversized',
]);

export const mayCountAsAccepted = (fault: Fault): boolean => accepting.has(fault);

/** Whether the caller must count the request as accepted. */
export const isAccepted = (fault: Fault): boolean =>
  fault === 'none' || fault === 'slow' || fault === 'oversized';

/** Picks a fault at random. */
export function pickFault(random: SeededRandom): Fault {
  let left = random.fraction() * 100;
  for (const [fault, chance] of chances) {
    left -= chance;
    if (left < 0) return fault;
  }
  return 'none';
}

/** Responds with a fault. @param body of a good response. @param beforeEnd called just before the response ends. */
export async function injectFault(
  fault: Fault,
  response: ServerResponse,
  body: string,
  random: SeededRandom,
  beforeEnd: () => void = () => {},
): Promise<void> {
  const { socket } = response;
  const end = (status: number, headers: Record<string, string> = {}, text = body) => {
    beforeEnd();
    response.writeHead(status, headers).end(text);
  };
  switch (fault) {
    case 'none':
      return end(random.pick([200, 200, 201, 202]));
    case 'dropUnread':
    case 'dropRead':
      return void (random.chance(0.5) ? socket?.resetAndDestroy() : socket?.destroy());
    case 'hang':
      return;
    case 'errorStatus':
      return end(random.pick([500, 502, 503, 504, 408, 409, 425, 429]), {}, 'not now');
    case 'retryAfterOneSecond':
      return end(random.pick([429, 503]), { 'retry-after': '1' }, 'in a second');
    case 'invalidRetryAfter':
      return end(429, { 'retry-after': random.pick(['0', 'soon', '-5', '']) }, 'try again');
    case 'redirect': {
      const location = random.pick(['/trap', 'http://169.254.169.254/', '//example.com/', '']);
      return end(random.pick([301, 302, 303, 307, 308]), { location }, '');
    }
    case 'slow':
      response.writeHead(200);
      for (const piece of ['body', 'padding']) {
        response.write(piece === 'body' ? body : ' '.repeat(8));
        await pause(random.between(5, 40));
      }
      beforeEnd();
      return void response.end();
    case 'endless':
      response.writeHead(200).write(body);
      return;
    case 'truncated':
      response.writeHead(200, { 'content-length': '1000' }).write(body);
      await pause(2);
      return void socket?.destroy();
    case 'oversized':
      // JSON may end in spaces: longer than what is kept of a response.
      return end(200, {}, body + ' '.repeat(50_000));
    case 'notHttp':
      return void socket?.end('This is not HTTP.\r\n\r\n');
  }
}
