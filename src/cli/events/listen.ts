// `parley listen`: a callback for a laptop that the server cannot reach. Reads the event stream of a running server and
// posts each event to a local URL, signed as the server would, one at a time and in order. Keeps nothing.

import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../base/clock.ts';
import { newSigningSecret, newUniqueName } from '../../base/random.ts';
import { ownUserAgent } from '../../base/release.ts';
import { classifyResponse } from '../../core/delivery-verdict.ts';
import { eventRequest } from '../../outgoing/event-request.ts';
import type { OutgoingHttp, OutgoingResponse } from '../../outgoing/http-client.ts';
import { adviceFor } from '../channels/callback-advice.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { localServerUrl } from '../kit/local-server.ts';
import { textOption } from '../kit/read-options.ts';
import { checkToken, serverUrlOf } from '../kit/server-address.ts';
import { waitForStopRequest } from '../kit/stop-request.ts';
import { writeError } from '../kit/terminal.ts';
import { onOneLine } from './events-show.ts';
import { readEventStream, type StreamAddress, type StreamMessage } from './events-stream-client.ts';

const RECONNECT_DELAYS_MS = [1_000, 2_000, 5_000];
const RETRY_DELAYS_MS = [500, 1_000, 3_000];
const TIMEOUT_MS = 15_000;
/** The user typed the URL on their own machine. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

export const listen: Command = {
  name: 'listen',
  about: 'Forward the events of a running server to an app on this machine.',
  details: [
    'For development: the app needs no public address and the channel no callback. Events arrive with the headers of a',
    'callback, signed with --secret, or else with a secret that is printed. An event that the app does not accept',
    `is sent ${RETRY_DELAYS_MS.length} more times and then skipped. Reconnects by itself after an outage of server or network.`,
  ].join('\n'),
  options: {
    'forward-to': {
      type: 'string',
      placeholder: 'url',
      about: 'The URL at which the app receives events.',
    },
    url: {
      type: 'string',
      placeholder: 'url',
      about: 'The server; PARLEY_URL, or port PARLEY_PORT (3000) of this machine, if omitted.',
    },
    token: {
      type: 'string',
      placeholder: 'token',
      about: 'The token of the channel; PARLEY_TOKEN if omitted.',
    },
    secret: { type: 'string', placeholder: 'whsec_…', about: 'The secret that signs the events.' },
    conversation: { type: 'string', placeholder: 'id', about: 'Only this conversation.' },
    after: {
      type: 'string',
      placeholder: 'event_id',
      about: 'Start after this event; 0 starts with the first.',
    },
  },
  examples: ['parley listen --forward-to http://localhost:4000/parley/events'],
  remote: true,
  run: listenAndForward,
};

async function listenAndForward(call: CommandCall): Promise<number> {
  const forwardTo = readForwardTo(call);
  const address: StreamAddress = {
    url: serverUrlOf(call, process.env) ?? localServerUrl(process.env),
    token: textOption(call, 'token') ?? process.env.PARLEY_TOKEN ?? '',
    conversationId: textOption(call, 'conversation'),
  };
  if (address.token === '') throw new CommandFailed('give --token, or set PARLEY_TOKEN', 2);
  checkToken(address.token, '--token, PARLEY_TOKEN');
  const secret = textOption(call, 'secret') ?? newSigningSecret();
  if (secret === '') throw new CommandFailed('--secret must not be empty', 2);
  const stopping = new AbortController();
  void waitForStopRequest().then(() => stopping.abort());
  if (call.isJson)
    call.print(JSON.stringify({ listening: address.url, forward_to: forwardTo, secret }));
  else
    call.print(
      `Forwarding events of ${address.url} to ${forwardTo}\nSigned with ${secret}\nPress Ctrl-C to stop.`,
    );
  // Loaded only when something is sent: the other commands start sooner without it.
  const { OutgoingHttp } = await import('../../outgoing/http-client.ts');
  const http = new OutgoingHttp({ clock: systemClock });
  const forwarder = new Forwarder(http, call, forwardTo, secret, stopping.signal);
  try {
    await forwarder.run(address, textOption(call, 'after') ?? null);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    await forwarder.close();
  }
  return 0;
}

class Forwarder {
  readonly #http: OutgoingHttp;
  readonly #call: CommandCall;
  readonly #url: string;
  readonly #secret: string;
  readonly #stopping: AbortSignal;

  constructor(
    http: OutgoingHttp,
    call: CommandCall,
    url: string,
    secret: string,
    stopping: AbortSignal,
  ) {
    this.#http = http;
    this.#call = call;
    this.#url = url;
    this.#secret = secret;
    this.#stopping = stopping;
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  /** Forwards until stopped; reconnects from the last event when the connection breaks. */
  async run(address: StreamAddress, after: string | null): Promise<void> {
    let lastId = after;
    for (let failures = 0; !this.#stopping.aborted; failures += 1) {
      try {
        for await (const message of readEventStream(address, lastId, this.#stopping)) {
          failures = 0;
          await this.#forward(message);
          lastId = message.id ?? lastId;
        }
        this.#say('the stream ended');
      } catch (error) {
        if (error instanceof CommandFailed || this.#stopping.aborted) throw error;
        this.#say(describe(error));
      }
      const delayMs = RECONNECT_DELAYS_MS[Math.min(failures, RECONNECT_DELAYS_MS.length - 1)]!;
      await pause(delayMs, undefined, { signal: this.#stopping });
    }
  }

  async #forward(message: StreamMessage): Promise<void> {
    if (message.data === null) return;
    // Ephemeral events, such as typing, are outdated when retried.
    const delays = message.id === null ? [] : RETRY_DELAYS_MS;
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#send(message, message.data);
      const delayMs = classifyResponse(response) === 'retry' ? delays[attempt] : undefined;
      this.#report(message, response, delayMs !== undefined);
      if (delayMs === undefined) return;
      await pause(delayMs, undefined, { signal: this.#stopping });
    }
  }

  #send({ id, name }: StreamMessage, body: string): Promise<OutgoingResponse> {
    return this.#http.send(
      eventRequest(
        {
          url: this.#url,
          secrets: [this.#secret],
          tokenHeader: null,
          timeoutMs: TIMEOUT_MS,
          allowedCidrs: EVERYWHERE,
        },
        { id: id ?? newUniqueName(), name, body, userAgent: ownUserAgent(), nowMs: systemClock() },
      ),
    );
  }

  #report({ id, name }: StreamMessage, response: OutgoingResponse, isRepeated: boolean): void {
    const status = response.kind === 'responded' ? response.status : null;
    const { latencyMs } = response;
    if (this.#call.isJson) {
      const shown = { event_id: id, event_name: name, status, latency_ms: latencyMs };
      this.#call.print(JSON.stringify({ ...shown, repeated: isRepeated }));
      return;
    }
    const time = new Date(systemClock()).toISOString();
    const result = status === null ? 'no response' : String(status);
    this.#call.print(
      `${time}  ${name.padEnd(23)}  ${id ?? '(ephemeral)'}  ${result}  ${latencyMs} ms`,
    );
    const advice = adviceFor(response);
    if (advice === null) return;
    const said = response.kind === 'responded' ? response.body : response.detail;
    this.#call.print(`  ${onOneLine(said, 200)}`.trimEnd());
    this.#call.print(isRepeated ? '  Retrying.' : `  ${advice}`);
  }

  /** Writes to standard error, apart from the printed events. */
  #say(what: string): void {
    writeError(`parley: ${what}; reconnecting.`);
  }
}

function readForwardTo(call: CommandCall): string {
  const text = textOption(call, 'forward-to');
  if (text === undefined) {
    throw new CommandFailed('--forward-to is missing\nSee: parley listen --help', 2);
  }
  const url = URL.parse(text);
  if (url !== null && (url.username !== '' || url.password !== '')) {
    throw new CommandFailed('--forward-to must not have a user name or a password in it', 2);
  }
  if (/^https?:$/.test(url?.protocol ?? '')) return text;
  throw new CommandFailed(
    `--forward-to must be a URL such as http://localhost:4000, not "${text}"`,
    2,
  );
}

/** fetch hides the reason in the cause. */
function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } };
  return `the stream broke (${cause?.message ?? message ?? String(error)})`;
}
