// The closed loop: each connection sends its next request after the response to the last one. Ends by itself.

import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type KnownConversation, requestsTo } from './requests.ts';
import { ResponseReader } from './response-reader.ts';
import { type LatencyMs, Tally } from './tally.ts';

export type LoadOptions = {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Conversations that get messages; without them every request creates a conversation. */
  readonly messagesTo?: readonly KnownConversation[];
  /** Called with the rate at intervals, for long runs. */
  readonly progress?: { readonly everySeconds: number; readonly tell: (report: Progress) => void };
};

export type Progress = { readonly atSeconds: number; readonly perSecond: number };

export type LoadResult = {
  /** Responses a second within the measured time. */
  readonly perSecond: number;
  readonly answers: number;
  readonly acknowledged: number;
  /** Everything except a 200, including the warm-up. */
  readonly errors: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly latencyMs: LatencyMs;
  /** Processor time of the generator itself, of one core. */
  readonly generatorCpu: number;
};

/** How long the last requests may take after the time is up. */
const DRAIN_TIMEOUT_MS = 10_000;

/** Runs the load. Bounded in time: warm-up, measurement, and at most ten seconds for the last responses. */
export async function generateLoad(options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds, warmUpSeconds } = options;
  const tally = new Tally();
  const startMs = performance.now();
  const fromMs = startMs + warmUpSeconds * 1000;
  const untilMs = fromMs + seconds * 1000;
  const window: Window = { fromMs, untilMs };
  const nextRequest = requestsTo(options.url, options.token, options.messagesTo);
  const stopTelling = tellProgress(options, tally);

  const loops = Array.from({ length: connections }, () =>
    runConnection(options.url, nextRequest, window, tally),
  );
  await pause(fromMs - performance.now());
  const cpu = process.cpuUsage();
  await pause(untilMs - performance.now());
  const used = process.cpuUsage(cpu);
  await Promise.all(loops.map((loop) => loop.drained(DRAIN_TIMEOUT_MS)));
  stopTelling();
  return {
    perSecond: tally.answers / seconds,
    answers: tally.answers,
    acknowledged: tally.acknowledged,
    errors: tally.errors,
    statuses: tally.statuses,
    latencyMs: tally.latencyMs(),
    generatorCpu: (used.user + used.system) / 1e6 / seconds,
  };
}

type Window = { readonly fromMs: number; readonly untilMs: number };

type Loop = { drained(timeoutMs: number): Promise<void> };

/** Runs one connection. If it breaks, that is counted, and it is reopened after a pause. */
function runConnection(url: string, nextRequest: () => string, window: Window, tally: Tally): Loop {
  const { hostname, port } = new URL(url);
  const done = Promise.withResolvers<void>();
  let end = (): void => {};
  const open = (): void => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const reader = new ResponseReader();
    let sentAtMs = 0;
    let isDone = false;
    end = () => {
      isDone = true;
      socket.destroy();
      done.resolve();
    };
    const send = (nowMs: number): void => {
      if (nowMs >= window.untilMs) {
        end();
      } else {
        sentAtMs = nowMs;
        socket.write(nextRequest(), 'latin1');
      }
    };
    const receive = (status: number): void => {
      const nowMs = performance.now();
      const isMeasured = nowMs >= window.fromMs && nowMs <= window.untilMs;
      tally.countAnswer(status, nowMs - sentAtMs, isMeasured);
      send(nowMs);
    };
    socket.on('connect', () => send(performance.now()));
    socket.on('data', (piece) => {
      try {
        reader.push(piece, receive);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (isDone) return;
      tally.countBroken();
      if (performance.now() >= window.untilMs) done.resolve();
      else setTimeout(open, 100);
    });
  };
  open();
  return {
    drained(timeoutMs) {
      const late = setTimeout(() => {
        tally.countBroken();
        end();
      }, timeoutMs);
      return done.promise.finally(() => clearTimeout(late));
    },
  };
}

function tellProgress({ progress }: LoadOptions, tally: Tally): () => void {
  if (progress === undefined) return () => {};
  const startMs = performance.now();
  let lastMs = startMs;
  let lastCount = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const count = tally.acknowledged;
    progress.tell({
      atSeconds: (nowMs - startMs) / 1000,
      perSecond: (count - lastCount) / ((nowMs - lastMs) / 1000),
    });
    lastMs = nowMs;
    lastCount = count;
  }, progress.everySeconds * 1000);
  return () => clearInterval(timer);
}
