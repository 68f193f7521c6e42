// The app's callback in the chaos: a real HTTP server that takes events channel by channel, behaves as badly as it was
// told to, and keeps book of all that arrived. Faults that only the receiver can see are found here, as they happen.

import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { eventSequenceMax, readEventId } from '../../src/core/conversation/outbound-event-id.ts';
import { afterAll } from '../support/after-all.ts';
import {
  isAccepted,
  type Mischief,
  mayBeAccepted,
  pickMischief,
  runScript,
} from './fault-injector.ts';
import type { SeededRandom } from './seeded-random.ts';

// biome-ignore lint/suspicious/noExplicitAny: events are looked into freely by tests.
export type Event = any;

/** Something that arrived completely. */
export type Arrival = {
  readonly channel: string;
  readonly conversationId: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly text: string;
  readonly event: Event;
  /** Which server sent it: how many there were before. */
  readonly generation: number;
  readonly atMs: number;
  /** With certainty: it was answered with 2xx, to the end. */
  isAccepted: boolean;
  /** Or it may look so to the sender. */
  mayBeAccepted: boolean;
};

/** How a channel's receiver answers: by chance, well, never, or a status of its own choice. */
export type Manner = 'mischief' | 'well' | 'dead' | number;

type Exchange = { readonly generation: number; isOver: boolean };

export class ChaosCallback {
  readonly arrivals: Arrival[] = [];
  readonly faults: string[] = [];
  /** Requests of any kind, whether they could be read or not. */
  requests = 0;
  /** The server that is running, or about to. */
  generation = 0;
  readonly secrets = new Map<string, string>();
  readonly #random: SeededRandom;
  readonly #manners = new Map<string, Manner>();
  /** Says of some events that they are refused, and how. */
  readonly #rule: (channel: string, event: Event) => number | null;
  readonly #inFlight = new Map<number, Set<Exchange>>();
  readonly #byConversation = new Map<string, Map<number, Arrival>>();
  readonly #notBefore = new Map<string, { generation: number; atMs: number }>();
  #port = 0;

  constructor(random: SeededRandom, rule: (channel: string, event: Event) => number | null) {
    this.#random = random;
    this.#rule = rule;
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

  urlOf(channel: string): string {
    return `http://127.0.0.1:${this.#port}/${channel}`;
  }

  /** From now on a channel's receiver behaves like this. */
  behave(channel: string, manner: Manner): void {
    this.#manners.set(channel, manner);
  }

  /** What the app knows of a conversation: each event once, in order. Refused ones are not known. */
  eventsOf(channel: string, externalId: string): Event[] {
    const known = this.#byConversation.get(`${channel} ${externalId}`);
    return [...(known?.values() ?? [])]
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ event }) => event);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    this.requests += 1;
    const channel = request.url!.slice(1).replace(/\?.*/, '');
    const eventId = String(request.headers['webhook-id']);
    const named = readEventId(eventId);
    if (!this.#manners.has(channel) || named === null) {
      this.faults.push(`called at ${request.url} with ${eventId}`);
      return void response.writeHead(200).end();
    }
    // Signs of typing are in no log and wait for nobody.
    const exchange = isPassing(named.sequence)
      ? { generation: 0, isOver: false }
      : this.#begin(named.conversationId, request, response);
    const manner = this.#manners.get(channel)!;
    const mischief = manner === 'mischief' ? pickMischief(this.#random) : 'none';
    const over = () => {
      exchange.isOver = true;
    };
    if (mischief === 'dropUnread') return runScript(mischief, response, '', this.#random, over);
    const text = await textOf(request).catch(() => null);
    // The server was killed while it sent.
    if (text === null) return;
    const arrival = this.#note(channel, eventId, named, request, text);
    if (arrival === null) return runScript(mischief, response, '', this.#random);
    await this.#answer(arrival, manner, mischief, response, over);
  }

  async #answer(
    arrival: Arrival,
    manner: Manner,
    mischief: Mischief,
    response: ServerResponse,
    over: () => void,
  ): Promise<void> {
    if (manner === 'dead') return;
    const { channel, event, eventId, generation, sequence } = arrival;
    const status = typeof manner === 'number' ? manner : this.#rule(channel, event);
    if (status !== null) {
      over();
      return void response.writeHead(status).end('not this one');
    }
    const key = `${channel} ${event.external_conversation_id}`;
    const known = this.#byConversation.get(key) ?? new Map<number, Arrival>();
    this.#byConversation.set(key, known);
    known.set(sequence, known.get(sequence) ?? arrival);
    arrival.isAccepted = isAccepted(mischief);
    arrival.mayBeAccepted = mayBeAccepted(mischief);
    if (mischief === 'waitABit') {
      this.#notBefore.set(eventId, { generation, atMs: performance.now() + 1_000 });
    }
    await runScript(mischief, response, '{"received":true}', this.#random, over);
  }

  /** Watches that one conversation has one request under way, as far as one server is concerned. */
  #begin(conversationId: number, request: IncomingMessage, response: ServerResponse): Exchange {
    const exchange: Exchange = { generation: this.generation, isOver: false };
    const others = this.#inFlight.get(conversationId) ?? new Set<Exchange>();
    this.#inFlight.set(conversationId, others);
    const rivals = [...others].filter((one) => !one.isOver && one.generation === this.generation);
    others.add(exchange);
    response.on('close', () => {
      exchange.isOver = true;
      others.delete(exchange);
    });
    if (rivals.length > 0) {
      // When this process was busy, the end of the one before may be read in the same moment, but after this.
      setTimeout(() => {
        const overlaps = rivals.some(({ isOver }) => !isOver);
        if (overlaps) this.faults.push(`two at a time: ${request.headers['webhook-id']}`);
      }, 20);
    }
    return exchange;
  }

  #note(
    channel: string,
    eventId: string,
    { conversationId, sequence }: { conversationId: number; sequence: number },
    { headers }: IncomingMessage,
    text: string,
  ): Arrival | null {
    const event = readEvent(text);
    const secret = this.secrets.get(channel)!;
    const isSame =
      event?.event_id === eventId &&
      event.conversation_id === String(conversationId) &&
      event.sequence === (isPassing(sequence) ? null : sequence) &&
      headers['x-event-id'] === eventId &&
      headers['parley-event'] === event.event_name;
    if (!isSame) this.faults.push(`not what its headers say: ${eventId} ${text}`);
    if (!isSigned(secret, text, headers)) this.faults.push(`not signed: ${eventId}`);
    if (event === null || isPassing(sequence)) return null;
    const wait = this.#notBefore.get(eventId);
    if (wait?.generation === this.generation && performance.now() < wait.atMs - 50) {
      this.faults.push(`sooner than Retry-After said: ${eventId}`);
    }
    const arrival: Arrival = {
      channel,
      conversationId,
      sequence,
      eventId,
      text,
      event,
      generation: this.generation,
      atMs: Date.now(),
      isAccepted: false,
      mayBeAccepted: false,
    };
    this.arrivals.push(arrival);
    return arrival;
  }
}

const isPassing = (sequence: number): boolean => sequence >= eventSequenceMax - 1;

function readEvent(text: string): Event | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether all signatures are those of the secret. */
export function isSigned(
  secret: string,
  text: string,
  headers: IncomingMessage['headers'],
): boolean {
  const sign = (hash: string) => `${hash}=${createHmac(hash, secret).update(text).digest('hex')}`;
  try {
    new Webhook(secret).verify(text, headers as Record<string, string>);
  } catch {
    return false;
  }
  return (
    headers['x-hub-signature'] === sign('sha1') && headers['x-hub-signature-256'] === sign('sha256')
  );
}
