// An HTTP client that tells exactly what became of a request: answered, broken off, or left hanging. fetch hides the
// difference between a request that was never sent and one that was never answered.

import { Agent, request } from 'node:http';

export type Outcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by tests.
      readonly body: any;
      readonly durationMs: number;
    }
  | { readonly kind: 'broken'; readonly code: string; readonly sentAtMs: number | undefined };

/** Longer than anything that Parley promises: reaching it is a fault. */
const patienceMs = 25_000;

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
      const give = (code: string) => resolve({ kind: 'broken', code, sentAtMs });
      const late = setTimeout(() => {
        give('HUNG');
        call.destroy();
      }, patienceMs);
      call.on('finish', () => {
        sentAtMs = performance.now();
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        clearTimeout(late);
        give(error.code ?? error.message);
      });
      call.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => give('CUT_OFF'));
        response.on('end', () => {
          clearTimeout(late);
          resolve({
            kind: 'answered',
            status: response.statusCode!,
            headers: response.headers,
            body: parse(Buffer.concat(chunks).toString('utf8')),
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
/** The promise for an answer when PostgreSQL is away, however it is away. */
export const refusalLimitMs = 15_000;

/** What is wrong with a 503; undefined when it is as the contract has it and in time. */
export function faultOfRefusal(outcome: Outcome): string | undefined {
  if (outcome.kind !== 'answered') return `broken off: ${outcome.code}`;
  const { status, headers, body, durationMs } = outcome;
  const [error, ...more] = body?.errors ?? [];
  const isAsAgreed =
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
  if (!isAsAgreed) return `not the 503 of the contract: ${JSON.stringify(outcome)}`;
  return durationMs < refusalLimitMs ? undefined : `the 503 took ${Math.round(durationMs)} ms`;
}
