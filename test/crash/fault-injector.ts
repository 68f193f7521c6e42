// What a receiver can do to whoever calls it, chosen by chance: refuse, hang, break off, send elsewhere, dawdle. Knows
// nothing of what was sent.

import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from './seeded-random.ts';

export type Mischief =
  | 'none'
  | 'dropUnread'
  | 'dropRead'
  | 'hang'
  | 'refuse'
  | 'waitABit'
  | 'waitNot'
  | 'redirect'
  | 'dawdle'
  | 'dawdleForEver'
  | 'halfAnAnswer'
  | 'longAnswer'
  | 'noHttp';

/** How often each happens, in percent; the rest is none. */
const chances: readonly (readonly [Mischief, number])[] = [
  ['dropUnread', 4],
  ['dropRead', 5],
  ['hang', 2],
  ['refuse', 9],
  ['waitABit', 1],
  ['waitNot', 3],
  ['redirect', 4],
  ['dawdle', 4],
  ['dawdleForEver', 1],
  ['halfAnAnswer', 3],
  ['longAnswer', 3],
  ['noHttp', 2],
];

/** Those after which the caller may believe that it was understood. */
const accepting: ReadonlySet<Mischief> = new Set([
  'none',
  'dawdle',
  'dawdleForEver',
  'halfAnAnswer',
  'longAnswer',
]);

export const mayBeAccepted = (mischief: Mischief): boolean => accepting.has(mischief);

/** Those after which the caller knows that it was understood. */
export const isAccepted = (mischief: Mischief): boolean =>
  mischief === 'none' || mischief === 'dawdle' || mischief === 'longAnswer';

/** Chooses one. */
export function pickMischief(random: SeededRandom): Mischief {
  let left = random.fraction() * 100;
  for (const [mischief, chance] of chances) {
    left -= chance;
    if (left < 0) return mischief;
  }
  return 'none';
}

/** Does it. @param body what a good answer holds. @param beforeEnd called just before the answer is complete. */
export async function runScript(
  mischief: Mischief,
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
  switch (mischief) {
    case 'none':
      return end(random.pick([200, 200, 201, 202]));
    case 'dropUnread':
    case 'dropRead':
      return void (random.chance(0.5) ? socket?.resetAndDestroy() : socket?.destroy());
    case 'hang':
      return;
    case 'refuse':
      return end(random.pick([500, 502, 503, 504, 408, 409, 425, 429]), {}, 'not now');
    case 'waitABit':
      return end(random.pick([429, 503]), { 'retry-after': '1' }, 'in a second');
    case 'waitNot':
      return end(429, { 'retry-after': random.pick(['0', 'soon', '-5', '']) }, 'whenever');
    case 'redirect': {
      const location = random.pick(['/trap', 'http://169.254.169.254/', '//example.com/', '']);
      return end(random.pick([301, 302, 303, 307, 308]), { location }, '');
    }
    case 'dawdle':
      response.writeHead(200);
      for (const piece of ['so', 'on']) {
        response.write(piece === 'so' ? body : ' '.repeat(8));
        await pause(random.between(5, 40));
      }
      beforeEnd();
      return void response.end();
    case 'dawdleForEver':
      response.writeHead(200).write(body);
      return;
    case 'halfAnAnswer':
      response.writeHead(200, { 'content-length': '1000' }).write(body);
      await pause(2);
      return void socket?.destroy();
    case 'longAnswer':
      // JSON may end in spaces; more than anybody wants to keep of an answer.
      return end(200, {}, body + ' '.repeat(50_000));
    case 'noHttp':
      return void socket?.end('Hello, I am a teapot, and speak no HTTP.\r\n\r\n');
  }
}
