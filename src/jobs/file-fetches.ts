// Fetches the files of attachments that came as addresses, behind the address guard, with leases: a file is fetched by
// one server at a time, and by another one when that server dies. Each try writes the bytes anew, under the file's own
// name, so an interrupted one leaves nothing that is served.
//
// A file is in one of these states, stored as state and due_at:
//   fetching  due, leased until due_at, or waiting for another try. Leaves to stored or failed.
//   stored    its bytes are in the store
//   failed    it cannot be fetched, and failure says why

import { Alarm } from '../base/alarm.ts';
import { steadyClock } from '../base/clock.ts';
import { passFaultPoint } from '../base/fault-points.ts';
import type { Log } from '../base/log.ts';
import { ownUserAgent } from '../base/release.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Pool } from '../database/pool.ts';
import type { Files } from '../files/files.ts';
import type { FailureReason } from '../outgoing/failure-reason.ts';
import type { OutgoingHttp, OutgoingResponse } from '../outgoing/http-client.ts';
import {
  claimFilesToFetch,
  type FileToFetch,
  failFile,
  postponeFile,
} from '../store/resources/files.ts';

/** Each may keep a whole file in memory. */
const FETCHES_MAX = 4;
const FETCHES_OF_WORKSPACE_MAX = 2;
const POLL_MS = 500;
const TRY_MS = 30_000;
/** Longer than a try and the writing of its bytes. */
const LEASE_SECONDS = 120;
const REDIRECTS_MAX = 5;
const RETRY_DELAYS_MS = [2_000, 15_000, 60_000, 300_000];

export type FileFetchesOptions = {
  /** A pool that sees all workspaces. */
  readonly pool: Pool;
  readonly log: Log;
  readonly files: Files;
  readonly http: Pick<OutgoingHttp, 'send'>;
};

/** Why there are no bytes. */
type Failure = {
  /** Completes a sentence; names no address of this network. */
  readonly failure: string;
  readonly mayRetry: boolean;
};

export class FileFetches {
  readonly #options: FileFetchesOptions;
  readonly #alarm = new Alarm(steadyClock);
  readonly #inFlight = new Map<Promise<void>, number>();
  #isStopping = false;
  #running: Promise<void> | undefined;

  constructor(options: FileFetchesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Stops claiming. Fetches in flight end with the HTTP client; their leases run out. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#alarm.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#claim();
      await this.#alarm.sleepUntil(steadyClock() + POLL_MS);
    }
  }

  async #claim(): Promise<void> {
    const { pool, log } = this.#options;
    const limit = Math.min(FETCHES_MAX - this.#inFlight.size, FETCHES_OF_WORKSPACE_MAX);
    if (limit <= 0) return;
    try {
      const claimed = await claimFilesToFetch(pool, limit, this.#busyWorkspaces(), LEASE_SECONDS);
      for (const file of claimed) this.#begin(file);
    } catch (error) {
      log.warn({ err: error }, 'files.claim_failed');
    }
  }

  #busyWorkspaces(): readonly number[] {
    const counts = new Map<number, number>();
    for (const id of this.#inFlight.values()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return [...counts].filter(([, count]) => count >= FETCHES_OF_WORKSPACE_MAX).map(([id]) => id);
  }

  #begin(file: FileToFetch): void {
    const { log } = this.#options;
    const work = this.#perform(file)
      .catch((error: unknown) => {
        // The lease ends by itself.
        log.warn({ err: error, workspaceId: file.workspaceId, file: file.id }, 'files.not_fetched');
      })
      .finally(() => {
        this.#inFlight.delete(work);
        if (!this.#isStopping) this.#alarm.setFor(steadyClock());
      });
    this.#inFlight.set(work, file.workspaceId);
  }

  async #perform(file: FileToFetch): Promise<void> {
    const { pool, files, log } = this.#options;
    const { workspaceId, id } = file;
    const fetched = await this.#fetch(file);
    if (this.#isStopping) return postponeFile(pool, file, 0);
    passFaultPoint('after_file_fetched');
    const end = fetched.ok ? await files.write({ workspaceId, id }, only(fetched.value)) : null;
    if (end?.ok === true) return;
    const rejected = end?.ok === false ? end.error.errors[0]!.message : '';
    const { failure, mayRetry } = fetched.ok
      ? { failure: rejected, mayRetry: false }
      : fetched.error;
    const delayMs = RETRY_DELAYS_MS[file.attempt - 1];
    log.debug({ workspaceId, file: id, attempt: file.attempt, failure }, 'files.fetch_failed');
    if (mayRetry && delayMs !== undefined) return postponeFile(pool, file, delayMs);
    return failFile(pool, file, failure);
  }

  /** Fetches the bytes; follows redirects, each behind the guard. */
  async #fetch({ url: first, allowedCidrs }: FileToFetch): Promise<Result<Buffer, Failure>> {
    const { http, files } = this.#options;
    const endMs = steadyClock() + TRY_MS;
    let url = first;
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const response = await http.send({
        url,
        method: 'GET',
        headers: { 'User-Agent': ownUserAgent(), Accept: '*/*', 'Accept-Encoding': 'identity' },
        body: null,
        timeoutMs: Math.max(Math.ceil(endMs - steadyClock()), 1),
        allowedCidrs,
        responseBytesMax: files.fileBytesMax,
        wantsBytes: true,
      });
      const next = targetOf(response, url);
      if (next === null) return bytesOf(response, files.fileBytesMax);
      // Nothing that came by https is continued in the open.
      if (url.startsWith('https:') && !next.startsWith('https:')) {
        return fail({
          failure: 'its server redirects to an address without https',
          mayRetry: false,
        });
      }
      url = next;
    }
    return fail({ failure: 'its server redirects too often', mayRetry: false });
  }
}

async function* only(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

const redirects = new Set([301, 302, 303, 307, 308]);

/** The target of a redirect; null if it is none. */
function targetOf(response: OutgoingResponse, url: string): string | null {
  if (response.kind === 'failed' || !redirects.has(response.status)) return null;
  return URL.parse(response.location ?? '', url)?.href ?? null;
}

function bytesOf(response: OutgoingResponse, bytesMax: number): Result<Buffer, Failure> {
  if (response.kind === 'failed') {
    const failure = failures[response.reason];
    return fail({
      failure,
      mayRetry: response.reason !== 'address_refused' && response.reason !== 'url',
    });
  }
  const { status, isCut, unreadable, bytes } = response;
  if (status !== 200) {
    const mayRetry = status === 408 || status === 429 || status >= 500;
    return fail({ failure: `its server responded with status ${status}`, mayRetry });
  }
  if (isCut) return fail({ failure: `it has more than ${bytesMax} bytes`, mayRetry: false });
  if (unreadable !== undefined || bytes === undefined || bytes.length === 0) {
    return fail({ failure: 'the response of its server has no usable content', mayRetry: false });
  }
  return ok(bytes);
}

const failures: Readonly<Record<FailureReason, string>> = {
  address_refused: 'its address is not allowed',
  timeout: 'it did not arrive in time',
  dns: 'the name of its server has no address',
  proxy: 'its server could not be reached',
  connection: 'its server could not be reached',
  tls: 'the certificate of its server is not valid',
  protocol: 'its server did not respond with valid HTTP',
  url: 'its address cannot be used',
};
