// Processes requests with an idempotency key: once each, however often and wherever they arrive. Claims the key, runs
// the route, stores its response; a twin waits for the response and gets it. What keeps an effect from being applied
// twice is not here: each effect is stored with its own key (core/model/effect-key.ts).
//
// A request is in one of these states, on all servers together:
//   claimed      a server runs its route. Leaves to finished; or to open, when the response is not one to keep or the
//                server is killed and its lease ends.
//   open         not known how far it came. A repeat claims it: effects that are there already are not applied again.
//   finished     its response is stored, for limits.idempotencyKeptMs.

import { setTimeout as pause } from 'node:timers/promises';
import { steadyClock } from '../../base/clock.ts';
import { withDeadline } from '../../base/deadline.ts';
import { passFaultPoint } from '../../base/fault-points.ts';
import { limits } from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import { assertNever, fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import {
  claimKey,
  type KeyedRequest,
  releaseKey,
  type StoredResponse,
  storeResponse,
} from '../../store/idempotency/keys.ts';
import { writeAs } from '../../store/sql/row-level-security.ts';
import { errorBody } from './error-response.ts';

/**
 * The response of a request; `isReplay`: of an earlier try. Null: a twin is still in progress. Or an error that is not
 * one to keep.
 */
type Outcome = Result<
  { readonly response: StoredResponse; readonly isReplay: boolean } | null,
  ContractError
>;

/**
 * Runs the route.
 * @param keyId of the stored key, for the names of the route's effects.
 * @returns the text of the body, empty for none.
 */
type Run = (keyId: number) => Promise<Result<string, ContractError>>;

type InFlight = { readonly requestHash: string; readonly outcome: Promise<Outcome> };

/** Statuses that say nothing of what the request asks for. */
const undecided = new Set([401, 403, 408, 429]);
const isDecided = (status: number): boolean => status < 500 && !undecided.has(status);

export class IdempotentRequests {
  /** For the purpose `command`. */
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #waitMaxMs: number;
  /** What this server works on: twins that arrive here wait without asking the database. */
  readonly #inFlight = new Map<string, InFlight>();

  constructor(pool: Pool, log: Log, waitMaxMs: number = limits.idempotencyWaitMaxMs) {
    this.#pool = pool;
    this.#log = log;
    this.#waitMaxMs = waitMaxMs;
  }

  /**
   * Processes a request, or finds its response.
   * @param requestId for the body of an error.
   * @throws when the database is unavailable, and what the route throws.
   */
  async process(request: KeyedRequest, requestId: string, run: Run): Promise<Outcome> {
    const { workspaceId, principal, key, requestHash } = request;
    const name = `${workspaceId} ${principal} ${key}`;
    const endMs = steadyClock() + this.#waitMaxMs;
    for (;;) {
      const twin = this.#inFlight.get(name);
      if (twin === undefined) break;
      if (twin.requestHash === requestHash) {
        const outcome = await withDeadline(endMs - steadyClock(), twin.outcome);
        if (outcome === undefined) return ok(null);
        return outcome.ok && outcome.value !== null
          ? ok({ ...outcome.value, isReplay: true })
          : outcome;
      }
      // Whether it has the key by right, the database says.
      const isOver = twin.outcome.then(
        () => true,
        () => true,
      );
      if ((await withDeadline(endMs - steadyClock(), isOver)) === undefined) return ok(null);
    }
    const outcome = this.#claimAndRun(request, requestId, run, endMs);
    this.#inFlight.set(name, { requestHash, outcome });
    return outcome.finally(() => this.#inFlight.delete(name));
  }

  async #claimAndRun(
    request: KeyedRequest,
    requestId: string,
    run: Run,
    endMs: number,
  ): Promise<Outcome> {
    for (;;) {
      const claim = await this.#write(request, (connection) => claimKey(connection, request));
      if (claim.state === 'claimed') {
        return this.#runClaimed(request, claim.keyId, requestId, () => run(claim.keyId));
      }
      if (claim.state === 'finished') return ok({ response: claim.response, isReplay: true });
      if (claim.state === 'other_request') {
        return fail(apiError('idempotencyKeyReused', 'Idempotency-Key'));
      }
      // Another server works on it.
      if (steadyClock() >= endMs) return ok(null);
      await pause(limits.idempotencyPollMs);
    }
  }

  async #runClaimed(
    request: KeyedRequest,
    keyId: number,
    requestId: string,
    run: () => ReturnType<Run>,
  ): Promise<Outcome> {
    let isKept = false;
    try {
      const result = await run();
      if (!result.ok && !isDecided(result.error.status)) return result;
      const response = result.ok
        ? { status: 200, body: result.value }
        : { status: result.error.status, body: errorBody(result.error, requestId) };
      passFaultPoint('before_response_stored');
      const { workspaceId } = request;
      const stored = await this.#write(request, (connection) =>
        storeResponse(connection, workspaceId, keyId, response),
      ).catch((error: unknown) => {
        // What was done is done and can be told; a repeat finds it, too.
        this.#log.warn({ err: error, requestId }, 'request.response_not_stored');
        return response;
      });
      isKept = true;
      return ok({ response: stored, isReplay: stored !== response });
    } finally {
      if (!isKept) await this.#release(request, keyId);
    }
  }

  /** Lets a repeat begin at once. If that fails, it begins when the lease ends. */
  async #release(request: KeyedRequest, keyId: number): Promise<void> {
    await this.#write(request, (connection) =>
      releaseKey(connection, request.workspaceId, keyId),
    ).catch(() => {});
  }

  async #write<Value>(
    { workspaceId }: KeyedRequest,
    work: (connection: Connection) => Promise<Value>,
  ): Promise<Value> {
    const written = await writeAs<Value, never>(this.#pool, workspaceId, async (connection) =>
      ok(await work(connection)),
    );
    return written.ok ? written.value : assertNever(written.error);
  }
}
