// An HTTP client that reports whether a request was answered, broke off or hung, and whether it was completely sent,
// which fetch hides.

import { Agent, request } from 'node:http';
import { checkResponse } from '../support/check-response.ts';

export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      // biome-ignore lint/suspicious/noExplicitAny: tests read bodies without types.
      readonly body: any;
      readonly durationMs: number;
    }
  | { readonly kind: 'broken'; readonly code: string; readonly sentAtMs: number | undefined };

/** Longer than any limit that Parley promises: reaching it is a violation. */
const timeoutMs = 25_000;

export class Client {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(url: string, token: string, connectionsMax = 64) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  }

  get(path: string, token = this.#token): Promise<Outcome> {
    return this.#send('GET', path, '', token);
  }

  post(path: string, body: unknown, token = this.#token): Promise<Outcome> {
    return this.#send('POST', path, JSON.stringify(body), token);
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string, token: string): Promise<Outcome> {
    const startedAtMs = performance.now();
    let sentAtMs: number | undefined;
    return new Promise((resolve) => {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      if (body !== '') headers['content-type'] = 'application/json';
      const call = request(this.#url + path, { method, agent: this.#agent, headers });
      const fail = (code: string) => resolve({ kind: 'broken', code, sentAtMs });
      const late = setTimeout(() => {
        fail('HUNG');
        call.destroy();
      }, timeoutMs);
      call.on('finish', () => {
        sentAtMs = performance.now();
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(late);
        fail(error.code ?? error.message);
      });
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => fail('CUT_OFF'));
        response.on('end', () => {
          clearTimeout(late);
          const text = Buffer.concat(chunks).toString('utf8');
          const status = response.statusCode!;
          const contentType = response.headers['content-type'] ?? '';
          checkResponse({ method, target: path, status, contentType, body: text });
          resolve({
            kind: 'answered',
            status,
            headers: response.headers,
            body: parse(text),
            durationMs: performance.now() - startedAtMs,
          });
        });
      });
      call.end(body);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The promised limit for a 503 while PostgreSQL is unavailable, for whatever reason. */
export const unavailableLimitMs = 15_000;

/** Checks a 503 against the contract and its time limit. @returns what is wrong; undefined if nothing is. */
export function find503Violation(outcome: Outcome): string | undefined {
  if (outcome.kind !== 'answered') return `broken off: ${outcome.code}`;
  const { status, headers, body, durationMs } = outcome;
  const [error, ...more] = body?.errors ?? [];
  const isAsDocumented =
    status === 503 &&
    headers['content-type'] === 'application/json; charset=utf-8' &&
    headers['retry-after'] === '1' &&
    headers['x-ratelimit-reset'] === undefined &&
    body.type === 'error.list' &&
    uuid.test(body.request_id) &&
    headers['x-request-id'] === body.request_id &&
    error?.code === 'service_unavailable' &&
    typeof error.message === 'string' &&
    more.length === 0;
  if (!isAsDocumented) return `not the 503 of the contract: ${JSON.stringify(outcome)}`;
  return durationMs < unavailableLimitMs ? undefined : `the 503 took ${Math.round(durationMs)} ms`;
}
