// The webhook server of the chaos tests: injects a few faults per call, then does its work once per `webhook-id`, as
// the documentation advises.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { listen } from '../support/listen.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { isSigned } from './chaos-callback.ts';
import { injectFault, mayCountAsAccepted, pickFault } from './fault-injector.ts';

/** Faults per call: fewer than its retries, with room for those that a kill interrupts. */
const faultsMax = 3;

export class ChaosWebhook {
  readonly violations: string[] = [];
  /** The ids of the calls that took effect, by conversation. */
  readonly effects = new Map<string, Set<string>>();
  calls = 0;
  isHealthy = false;
  secret = '';
  readonly #random: SeededRandom;
  readonly #texts = new Map<string, string>();
  readonly #faultsLeft = new Map<string, number>();
  #port = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/order`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    this.#port = await listen(server);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    const { headers, url } = request;
    const text = await textOf(request).catch(() => null);
    if (text === null) return;
    this.calls += 1;
    const id = String(headers['webhook-id']);
    if (url !== '/order') this.violations.push(`called at ${url}`);
    if (!isSigned(this.secret, text, headers)) this.violations.push(`${id} is not signed`);
    const before = this.#texts.get(id) ?? text;
    if (before !== text) this.violations.push(`${id} was ${before} and is ${text}`);
    this.#texts.set(id, text);
    const { conversation, rejected } = JSON.parse(text) as Record<string, string>;

    const left = this.#faultsLeft.get(id) ?? this.#random.between(0, faultsMax);
    const fault = this.isHealthy || left === 0 ? 'none' : pickFault(this.#random);
    this.#faultsLeft.set(id, fault === 'none' ? left : left - 1);
    if (rejected === 'yes' && mayCountAsAccepted(fault)) return void response.writeHead(400).end();
    if (mayCountAsAccepted(fault)) {
      const ids = this.effects.get(conversation!) ?? new Set<string>();
      this.effects.set(conversation!, ids.add(id));
    }
    await injectFault(fault, response, '{"order":{"status":"shipped"}}', this.#random);
  }
}
