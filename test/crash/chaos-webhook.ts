// The server that workflows call in the chaos: misbehaves a few times for each call, then does what it is asked, once
// for each id, as the documentation tells its owner to.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { afterAll } from '../support/after-all.ts';
import { isSigned } from './chaos-callback.ts';
import { mayBeAccepted, pickMischief, runScript } from './fault-injector.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Fewer than a call has tries, with room for those that a kill interrupts. */
const mischiefMax = 3;

export class ChaosWebhook {
  readonly faults: string[] = [];
  /** What was done: the ids of the calls, by conversation. */
  readonly effects = new Map<string, Set<string>>();
  calls = 0;
  isWell = false;
  secret = '';
  readonly #random: SeededRandom;
  readonly #texts = new Map<string, string>();
  readonly #mischiefLeft = new Map<string, number>();
  #port = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/order`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#take(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    afterAll(async () => {
      server.closeAllConnections();
      server.close();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    const { headers, url } = request;
    const text = await textOf(request).catch(() => null);
    if (text === null) return;
    this.calls += 1;
    const id = String(headers['webhook-id']);
    if (url !== '/order') this.faults.push(`called at ${url}`);
    if (!isSigned(this.secret, text, headers)) this.faults.push(`${id} is not signed`);
    const before = this.#texts.get(id) ?? text;
    if (before !== text) this.faults.push(`${id} was ${before} and is ${text}`);
    this.#texts.set(id, text);
    const { conversation, refused } = JSON.parse(text) as Record<string, string>;

    const left = this.#mischiefLeft.get(id) ?? this.#random.between(0, mischiefMax);
    const mischief = this.isWell || left === 0 ? 'none' : pickMischief(this.#random);
    this.#mischiefLeft.set(id, mischief === 'none' ? left : left - 1);
    if (refused === 'yes' && mayBeAccepted(mischief)) return void response.writeHead(400).end();
    if (mayBeAccepted(mischief)) {
      const ids = this.effects.get(conversation!) ?? new Set<string>();
      this.effects.set(conversation!, ids.add(id));
    }
    await runScript(mischief, response, '{"order":{"status":"shipped"}}', this.#random);
  }
}
