// The HTTP client for all calls to external servers: behind the address guard, with one deadline for everything and a
// limit for the response. Follows no redirects, uses no proxy but the operator's, retries nothing.

import { isUtf8 } from 'node:buffer';
import { Agent, type Dispatcher } from 'undici';
import type { Clock } from '../base/clock.ts';
import { AddressGuard } from './address-guard.ts';
import { type Decoded, decode, noBytes } from './content-encoding.ts';
import { describeError, type FailureReason, reasonOf } from './failure-reason.ts';
import { guardedConnect, type Lookup, lookupInSystem } from './guarded-connect.ts';
import { ProxyRules, type ProxySettings } from './proxy-rules.ts';
import { readRetryAfter } from './retry-after.ts';

export type OutgoingRequest = {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** The deadline for everything: lookup, connection, request and response. */
  readonly timeoutMs: number;
  /** Ranges that are allowed although the guard would reject them. */
  readonly allowedCidrs: readonly string[];
  /** A longer response is cut: the rest is neither downloaded nor decompressed. */
  readonly responseBytesMax: number;
  /** Whether the body is wanted as bytes instead of text. */
  readonly wantsBytes?: true;
};

export type OutgoingResponse =
  | {
      readonly kind: 'responded';
      readonly status: number;
      readonly retryAfterMs: number | null;
      /** The target of a redirect. */
      readonly location?: string;
      readonly body: string;
      /** The body, if bytes are wanted; `body` is empty then. */
      readonly bytes?: Buffer;
      /** Whether the body is not valid UTF-8; invalid bytes became U+FFFD. */
      readonly isGarbled?: boolean;
      /** Whether the body exceeded responseBytesMax, compressed or not. */
      readonly isCut: boolean;
      /** The reason why the body could not be decoded; the body is empty then. */
      readonly unreadable?: string;
      readonly latencyMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly detail: string;
      readonly latencyMs: number;
    };

/** The most agents, one per allow-list; beyond it the one that has been idle longest is closed. */
const agentsMax = 64;
const informationalResponsesMax = 16;
/** More than the deliveries in flight: channels of one host must not wait for hanging ones. */
const connectionsPerOriginMax = 2_048;
/** Shorter than the 5 s after which common servers hang up on an idle connection. */
const keepAliveTimeoutMs = 4_000;

export class OutgoingHttp {
  readonly #clock: Clock;
  readonly #lookUp: Lookup;
  readonly #proxies: ProxyRules | null;
  /**
   * The agents by allow-list: a connection that one channel's allow-list permitted must not serve a channel without it.
   * The least recently used comes first.
   */
  readonly #agents = new Map<string, Agent>();

  constructor(options: {
    readonly clock: Clock;
    readonly lookUp?: Lookup;
    readonly proxy?: ProxySettings;
  }) {
    this.#clock = options.clock;
    this.#lookUp = options.lookUp ?? lookupInSystem;
    this.#proxies = options.proxy === undefined ? null : new ProxyRules(options.proxy);
  }

  /** Sends a request. Never rejects: a failure is a result too. */
  send(request: OutgoingRequest): Promise<OutgoingResponse> {
    return new Promise((resolve) => {
      const exchange = new Exchange(request, this.#clock, resolve);
      const url = readUrl(request.url);
      if (typeof url === 'string') return exchange.fail('url', url);
      try {
        this.#agentFor(request.allowedCidrs).dispatch(
          {
            origin: url.origin,
            path: `${url.pathname}${url.search}`,
            method: request.method,
            headers: request.headers,
            body: request.body,
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          exchange,
        );
      } catch (error) {
        exchange.fail(reasonOf(error), describeError(error));
      }
    });
  }

  /** Closes all connections; requests in flight fail. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy(null)));
  }

  #agentFor(allowedCidrs: readonly string[]): Agent {
    const key = allowedCidrs.length < 2 ? (allowedCidrs[0] ?? '') : [...allowedCidrs].sort().join();
    const known = this.#agents.get(key);
    if (known !== undefined && this.#agents.size === 1) return known;
    this.#agents.delete(key);
    const agent =
      known ??
      new Agent({
        connect: guardedConnect(new AddressGuard(allowedCidrs), this.#lookUp, this.#proxies),
        connections: connectionsPerOriginMax,
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: keepAliveTimeoutMs,
        keepAliveMaxTimeout: keepAliveTimeoutMs,
      });
    this.#agents.set(key, agent);
    if (this.#agents.size > agentsMax) this.#closeOldest();
    return agent;
  }

  /** Closes the least recently used agent once its requests in flight are done. */
  #closeOldest(): void {
    const [key, agent] = this.#agents.entries().next().value!;
    this.#agents.delete(key);
    agent.close().catch(() => {});
  }
}

/** One request with its response: resolves once, with the first of response, failure and deadline. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: OutgoingRequest;
  readonly #clock: Clock;
  readonly #resolve: (response: OutgoingResponse) => void;
  readonly #startedAt = performance.now();
  readonly #deadline: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;
  #status = 0;
  #retryAfterMs: number | null = null;
  #location: string | undefined;
  #encoding: string | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #informationalResponses = 0;

  constructor(
    request: OutgoingRequest,
    clock: Clock,
    resolve: (response: OutgoingResponse) => void,
  ) {
    this.#request = request;
    this.#clock = clock;
    this.#resolve = resolve;
    this.#deadline = setTimeout(() => this.#expire(), request.timeoutMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until its deadline: do not send it.
    if (this.#isOver) this.#cut();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) {
      // Informational responses (1xx): a few are normal, a flood is an attack.
      this.#informationalResponses += 1;
      if (this.#informationalResponses <= informationalResponsesMax) return;
      this.fail('protocol', 'it sent only informational (1xx) responses');
      this.#cut();
      return;
    }
    this.#status = status;
    this.#location = firstOf(headers['location']);
    this.#encoding = firstOf(headers['content-encoding']);
    this.#retryAfterMs = readRetryAfter(firstOf(headers['retry-after']), this.#clock());
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    const room = this.#request.responseBytesMax - this.#bytes;
    const isCut = chunk.length > room;
    // Copied: a slice would keep the whole read buffer in memory.
    this.#chunks.push(Buffer.from(isCut ? chunk.subarray(0, room) : chunk));
    this.#bytes += chunk.length;
    if (!isCut) return;
    // A truncated compressed body cannot be decoded.
    this.#finishWithBody({
      bytes: this.#isEncoded() ? noBytes : Buffer.concat(this.#chunks),
      isCut,
    });
    this.#cut();
  }

  onResponseEnd(): void {
    const bytes = Buffer.concat(this.#chunks);
    if (!this.#isEncoded() || bytes.length === 0) {
      this.#finishWithBody({ bytes, isCut: false });
      return;
    }
    // The deadline includes the decompression.
    void decode(bytes, this.#encoding!, this.#request.responseBytesMax).then((decoded) =>
      this.#finishWithBody(decoded),
    );
  }

  #isEncoded(): boolean {
    return this.#encoding !== undefined && !/^\s*(identity)?\s*$/i.test(this.#encoding);
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(reasonOf(error), describeError(error));
  }

  fail(reason: FailureReason, detail: string): void {
    this.#finish({ kind: 'failed', reason, detail, latencyMs: this.#latency() });
  }

  #finishWithBody({ bytes, isCut, unreadable }: Decoded): void {
    this.#finish({
      kind: 'responded',
      status: this.#status,
      retryAfterMs: this.#retryAfterMs,
      ...(this.#location === undefined ? {} : { location: this.#location }),
      ...this.#bodyOf(bytes, isCut),
      isCut,
      ...(unreadable === undefined ? {} : { unreadable }),
      latencyMs: this.#latency(),
    });
  }

  #bodyOf(bytes: Buffer, isCut: boolean): { body: string; bytes?: Buffer; isGarbled?: boolean } {
    if (this.#request.wantsBytes) return { body: '', bytes };
    return { body: asText(bytes), ...(isCut || isUtf8(bytes) ? {} : { isGarbled: true }) };
  }

  #expire(): void {
    const { timeoutMs } = this.#request;
    this.fail(
      'timeout',
      this.#status === 0
        ? `no response within ${timeoutMs} ms`
        : `status ${this.#status}, but the response did not end within ${timeoutMs} ms`,
    );
    this.#cut();
  }

  #cut(): void {
    this.#controller?.abort(new Error('not wanted any more'));
  }

  #finish(response: OutgoingResponse): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#deadline);
    this.#resolve(response);
  }

  #latency(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}

/** Reads a URL. @returns a text about what is wrong with it, if anything. */
function readUrl(text: string): URL | string {
  const url = URL.parse(text);
  if (url === null) return `${text} is not a URL`;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return `${url.protocol} cannot be called; use https:`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'a user name or password in the URL is not sent; use a header';
  }
  return url;
}

const firstOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** Decodes UTF-8; drops a character that was cut at the end. */
const asText = (bytes: Buffer): string =>
  bytes.length === 0 ? '' : new TextDecoder().decode(bytes, { stream: true });
