// Processes requests with an idempotency key: once each, however often and wherever they arrive. Claims the key, runs
// the route, stores its response; a concurrent repeat waits for that response. Effects are not applied twice because
// each is stored with its own key (core/model/effect-key.ts), not because of this file.
//
// A request is in one of these states, on all servers together:
//   claimed      a server runs its route. Leaves to finished; or to open, when the response is not to be kept or the
//                server is killed and its lease ends.
//   open         some effects may be applied. A repeat claims it, and effects that exist are not applied again.
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
 * The response of a request; `isReplay`: of an earlier try. Null: the earlier try is still in progress. Or an error
 * that is not to be kept.
 */
type Outcome = Result<
  { readonly response: StoredResponse; readonly isReplay: boolean } | null,
  ContractError
>;

/**
 * Runs the route.
 * @param keyId the id of the stored key, for the names of the route's effects.
 * @returns the text of the body, empty for none.
 */
type Run = (keyId: number) => Promise<Result<string, ContractError>>;

type InFlight = { readonly requestHash: string; readonly outcome: Promise<Outcome> };

/** Statuses of requests that were not processed. */
const undecided = new Set([401, 403, 408, 429]);
const isDecided = (status: number): boolean => status < 500 && !undecided.has(status);

export class IdempotentRequests {
  /** The pool for the purpose `command`. */
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #waitMaxMs: number;
  /** Requests in flight on this server: repeats that arrive here wait without asking the database. */
  readonly #inFlight = new Map<string, InFlight>();

  constructor(pool: Pool, log: Log, waitMaxMs: number = limits.idempotencyWaitMaxMs) {
    this.#pool = pool;
    this.#log = log;
    this.#waitMaxMs = waitMaxMs;
  }

  /**
   * Processes a request, or finds its response.
   * @param requestId the request id for the body of an error.
   * @throws when the database is unavailable, and what the route throws.
   */
  async process(request: KeyedRequest, requestId: string, run: Run): Promise<Outcome> {
    const { workspaceId, principal, key, requestHash } = request;
    const name = `${workspaceId} ${principal} ${key}`;
    const endMs = steadyClock() + this.#waitMaxMs;
    for (;;) {
      const earlier = this.#inFlight.get(name);
      if (earlier === undefined) break;
      if (earlier.requestHash === requestHash) {
        const outcome = await withDeadline(endMs - steadyClock(), earlier.outcome);
        if (outcome === undefined) return ok(null);
        return outcome.ok && outcome.value !== null
          ? ok({ ...outcome.value, isReplay: true })
          : outcome;
      }
      // The database decides which of the two requests may use the key.
      const isOver = earlier.outcome.then(
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
        // The effects are applied, so the response is valid; a repeat finds the same effects.
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
