// All client connections: how many there may be, which are closed when there are too many, and which are cut because
// their client does not read. Checked once a second, so that it costs requests nothing.

import type { Socket } from 'node:net';
import { limits } from '../../base/limits.ts';
import { Connection } from './connection.ts';

const LOOK_INTERVAL_MS = 1_000;

/** The reason why a connection was cut. */
export type CutReason = 'stalled' | 'crowded' | 'memory';

type State = {
  /** Time at which a check last saw it in use. */
  usedAtMs: number;
  requestCount: number;
  taken: string;
  /** Since when the client has not read its unsent bytes; null: it reads. */
  stalledAtMs: number | null;
  /** Since when it only waits for the client to close its side. */
  closingAtMs: number | null;
  /** A request that did not arrive in time because Parley did not read it. */
  overdue: { sinceMs: number; readonly requestCount: number } | null;
};

export type ConnectionsOptions = {
  readonly connectionsMax: number;
  /** Time limit for a whole request. */
  readonly requestTimeoutMs: number;
  readonly onCut: (reason: CutReason) => void;
  readonly onLate: (connection: Connection) => void;
};

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #bySocket = new WeakMap<object, Connection>();
  /** Oldest first. */
  readonly #states = new Map<Connection, State>();
  #lookTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#states.size;
  }

  /** Adds a socket that the HTTP server has prepared. If there is no room, cuts the least useful connection. */
  add(socket: Socket): void {
    const connection = new Connection(socket);
    const isFull = this.#states.size >= this.#options.connectionsMax;
    if (isFull) this.#end(this.#leastUseful() ?? connection, 'crowded');
    if (socket.destroyed) return;
    this.#bySocket.set(socket, connection);
    this.#states.set(connection, {
      usedAtMs: performance.now(),
      requestCount: 0,
      taken: '',
      stalledAtMs: null,
      closingAtMs: null,
      overdue: null,
    });
    socket.on('close', () => this.#states.delete(connection));
    this.#lookTimer ??= setInterval(() => this.#look(), LOOK_INTERVAL_MS).unref();
  }

  of(socket: object): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  /**
   * Handles a request that did not arrive in time. If Parley did not read it, the client gets its time from now on,
   * since Node no longer checks it.
   * @returns whether the client is too slow.
   */
  isLate(connection: Connection): boolean {
    const state = this.#states.get(connection);
    if (state === undefined || !connection.isHoldingBack) return true;
    state.overdue = { sinceMs: performance.now(), requestCount: connection.requestCount };
    return false;
  }

  /** Cuts connections that only wait for their client sooner. */
  beginClosing(): void {
    this.#isClosing = true;
  }

  /** Cuts all connections at once. */
  cutAll(): void {
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
    for (const connection of this.#states.keys()) connection.cut();
  }

  #end(connection: Connection, reason: CutReason): void {
    this.#states.delete(connection);
    this.#options.onCut(reason);
    connection.cut();
  }

  /** Picks a rejected connection, else one that never sent a request, else the one idle for longest. */
  #leastUseful(): Connection | undefined {
    let silent: Connection | undefined;
    let idle: Connection | undefined;
    let idleSinceMs = Number.POSITIVE_INFINITY;
    for (const [connection, { usedAtMs }] of this.#states) {
      if (connection.isClosing) return connection;
      if (connection.pendingRequests > 0) continue;
      if (connection.requestCount === 0) silent ??= connection;
      else if (usedAtMs < idleSinceMs) {
        idle = connection;
        idleSinceMs = usedAtMs;
      }
    }
    return silent ?? idle;
  }

  #look(): void {
    const nowMs = performance.now();
    let keptBytes = 0;
    for (const [connection, state] of this.#states) {
      this.#lookAt(connection, state, nowMs);
      keptBytes += connection.keptBytes;
    }
    if (keptBytes > limits.keptForClientsBytesMax) this.#makeRoom(keptBytes);
    if (this.#states.size > 0) return;
    clearInterval(this.#lookTimer);
    this.#lookTimer = undefined;
  }

  #lookAt(connection: Connection, state: State, nowMs: number): void {
    const { requestCount, taken } = connection;
    if (requestCount !== state.requestCount || connection.pendingRequests > 0)
      state.usedAtMs = nowMs;
    state.requestCount = requestCount;
    const takesNothing = connection.unsentBytes > 0 && taken === state.taken;
    state.taken = taken;
    state.stalledAtMs = takesNothing ? (state.stalledAtMs ?? nowMs) : null;
    if (connection.isClosing && connection.unsentBytes === 0) state.closingAtMs ??= nowMs;
    const lingerMs = this.#isClosing ? LOOK_INTERVAL_MS : limits.lingerTimeoutMs;
    if (isOver(state.stalledAtMs, nowMs, limits.stalledClientTimeoutMs)) {
      this.#end(connection, 'stalled');
    } else if (isOver(state.closingAtMs, nowMs, lingerMs)) {
      connection.cut();
    } else if (state.overdue !== null) this.#lookAtOverdue(connection, state, nowMs);
  }

  #lookAtOverdue(connection: Connection, state: State, nowMs: number): void {
    const { overdue } = state;
    if (overdue === null) return;
    if (connection.requestCount !== overdue.requestCount) state.overdue = null;
    else if (connection.isHoldingBack) overdue.sinceMs = nowMs;
    else if (isOver(overdue.sinceMs, nowMs, this.#options.requestTimeoutMs)) {
      state.overdue = null;
      this.#options.onLate(connection);
    }
  }

  /** Cuts stalled clients first, by the memory they hold. */
  #makeRoom(keptBytes: number): void {
    let left = keptBytes;
    const stalled = [...this.#states].filter(([, { stalledAtMs }]) => stalledAtMs !== null);
    const sized = stalled.map(([connection]) => ({ connection, bytes: connection.keptBytes }));
    for (const { connection, bytes } of sized.toSorted((a, b) => b.bytes - a.bytes)) {
      if (left <= limits.keptForClientsBytesMax) return;
      left -= bytes;
      this.#end(connection, 'memory');
    }
  }
}

const isOver = (sinceMs: number | null, nowMs: number, limitMs: number): boolean =>
  sinceMs !== null && nowMs - sinceMs >= limitMs;
