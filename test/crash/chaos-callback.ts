// The callback receiver of the chaos tests: an HTTP server that injects faults per channel, records all arrivals, and
// checks what only the receiver can see (signatures, concurrency, Retry-After).

import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { eventSequenceMax, readEventId } from '../../src/core/conversation/outbound-event-id.ts';
import { listen } from '../support/listen.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import {
  type Fault,
  injectFault,
  isAccepted,
  mayCountAsAccepted,
  pickFault,
} from './fault-injector.ts';

// biome-ignore lint/suspicious/noExplicitAny: tests read events without types.
export type Event = any;

/** A request that arrived completely. */
export type Arrival = {
  readonly channel: string;
  readonly conversationId: number;
  readonly sequence: number;
  readonly eventId: string;
  readonly text: string;
  readonly event: Event;
  /** The server process that sent it, by number. */
  readonly generation: number;
  readonly atMs: number;
  /** Whether the sender must count it as accepted: a complete 2xx response. */
  isAccepted: boolean;
  /** Whether the sender may count it as accepted: also a 2xx response that broke off. */
  mayCountAsAccepted: boolean;
};

/** How the receiver of a channel responds: with random faults, well, never, or always with one status. */
export type Behavior = 'faulty' | 'healthy' | 'hanging' | number;

type InFlight = { readonly generation: number; isOver: boolean };

export class ChaosCallback {
  readonly arrivals: Arrival[] = [];
  readonly violations: string[] = [];
  /** All requests, complete or not. */
  requests = 0;
  /** The number of the server process that runs or is about to start. */
  generation = 0;
  readonly secrets = new Map<string, string>();
  readonly #random: SeededRandom;
  readonly #behaviors = new Map<string, Behavior>();
  /** Gives the status with which an event is always rejected; null for the others. */
  readonly #rejectionStatusOf: (channel: string, event: Event) => number | null;
  readonly #inFlight = new Map<number, Set<InFlight>>();
  readonly #byConversation = new Map<string, Map<number, Arrival>>();
  readonly #notBefore = new Map<string, { generation: number; atMs: number }>();
  #port = 0;

  constructor(
    random: SeededRandom,
    rejectionStatusOf: (channel: string, event: Event) => number | null,
  ) {
    this.#random = random;
    this.#rejectionStatusOf = rejectionStatusOf;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    this.#port = await listen(server);
  }

  urlOf(channel: string): string {
    return `http://127.0.0.1:${this.#port}/${channel}`;
  }

  /** Sets how the receiver of a channel responds from now on. */
  setBehavior(channel: string, behavior: Behavior): void {
    this.#behaviors.set(channel, behavior);
  }

  /** The events of a conversation that the app accepted: each once, in order. */
  eventsOf(channel: string, externalId: string): Event[] {
    const known = this.#byConversation.get(`${channel} ${externalId}`);
    return [...(known?.values() ?? [])]
      .sort((a, b) => a.sequence - b.sequence)
      .map(({ event }) => event);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    this.requests += 1;
    const channel = request.url!.slice(1).replace(/\?.*/, '');
    const eventId = String(request.headers['webhook-id']);
    const parsedId = readEventId(eventId);
    if (!this.#behaviors.has(channel) || parsedId === null) {
      this.violations.push(`called at ${request.url} with ${eventId}`);
      return void response.writeHead(200).end();
    }
    // Typing indicators are ephemeral: not in the log, and in no order.
    const inFlight = isEphemeral(parsedId.sequence)
      ? { generation: 0, isOver: false }
      : this.#track(parsedId.conversationId, request, response);
    const behavior = this.#behaviors.get(channel)!;
    const fault = behavior === 'faulty' ? pickFault(this.#random) : 'none';
    const over = () => {
      inFlight.isOver = true;
    };
    if (fault === 'dropUnread') return injectFault(fault, response, '', this.#random, over);
    const text = await textOf(request).catch(() => null);
    // The server was killed while it was sending.
    if (text === null) return;
    const arrival = this.#recordArrival(channel, eventId, parsedId, request, text);
    if (arrival === null) return injectFault(fault, response, '', this.#random);
    await this.#respond(arrival, behavior, fault, response, over);
  }

  async #respond(
    arrival: Arrival,
    behavior: Behavior,
    fault: Fault,
    response: ServerResponse,
    over: () => void,
  ): Promise<void> {
    if (behavior === 'hanging') return;
    const { channel, event, eventId, generation, sequence } = arrival;
    const status =
      typeof behavior === 'number' ? behavior : this.#rejectionStatusOf(channel, event);
    if (status !== null) {
      over();
      return void response.writeHead(status).end('rejected');
    }
    const key = `${channel} ${event.external_conversation_id}`;
    const known = this.#byConversation.get(key) ?? new Map<number, Arrival>();
    this.#byConversation.set(key, known);
    known.set(sequence, known.get(sequence) ?? arrival);
    arrival.isAccepted = isAccepted(fault);
    arrival.mayCountAsAccepted = mayCountAsAccepted(fault);
    if (fault === 'retryAfterOneSecond') {
      this.#notBefore.set(eventId, { generation, atMs: performance.now() + 1_000 });
    }
    await injectFault(fault, response, '{"received":true}', this.#random, over);
  }

  /** Checks that one server process has at most one request in flight per conversation. */
  #track(conversationId: number, request: IncomingMessage, response: ServerResponse): InFlight {
    const inFlight: InFlight = { generation: this.generation, isOver: false };
    const others = this.#inFlight.get(conversationId) ?? new Set<InFlight>();
    this.#inFlight.set(conversationId, others);
    const concurrent = [...others].filter(
      (one) => !one.isOver && one.generation === this.generation,
    );
    others.add(inFlight);
    response.on('close', () => {
      inFlight.isOver = true;
      others.delete(inFlight);
    });
    if (concurrent.length > 0) {
      // On a busy machine, the end of the previous request may be read just after the start of this one.
      setTimeout(() => {
        const overlap = concurrent.some(({ isOver }) => !isOver);
        if (overlap) this.violations.push(`two at a time: ${request.headers['webhook-id']}`);
      }, 20);
    }
    return inFlight;
  }

  #recordArrival(
    channel: string,
    eventId: string,
    { conversationId, sequence }: { conversationId: number; sequence: number },
    { headers }: IncomingMessage,
    text: string,
  ): Arrival | null {
    const event = readEvent(text);
    const secret = this.secrets.get(channel)!;
    const isConsistent =
      event?.event_id === eventId &&
      event.conversation_id === String(conversationId) &&
      event.sequence === (isEphemeral(sequence) ? null : sequence) &&
      headers['x-event-id'] === eventId &&
      headers['parley-event'] === event.event_name;
    if (!isConsistent) this.violations.push(`headers and body differ: ${eventId} ${text}`);
    if (!isSigned(secret, text, headers)) this.violations.push(`not signed: ${eventId}`);
    if (event === null || isEphemeral(sequence)) return null;
    const wait = this.#notBefore.get(eventId);
    if (wait?.generation === this.generation && performance.now() < wait.atMs - 50) {
      this.violations.push(`sent before Retry-After had passed: ${eventId}`);
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
      mayCountAsAccepted: false,
    };
    this.arrivals.push(arrival);
    return arrival;
  }
}

const isEphemeral = (sequence: number): boolean => sequence >= eventSequenceMax - 1;

function readEvent(text: string): Event | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether all signature headers are valid for the secret. */
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
