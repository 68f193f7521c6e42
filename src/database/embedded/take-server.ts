// The loop that leads to a running server with a known owner: finds or creates the cluster, finds, adopts or starts
// PostgreSQL, and takes the ownership lock or learns who holds it. Another process may overtake every step, so after
// each result the loop looks again.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedContext } from './context.ts';
import { type Credentials, readCredentials } from './credentials.ts';
import { DataFolderInUse, EmbeddedPostgresError } from './embedded-error.ts';
import { accepts } from './endpoint.ts';
import { closeCluster } from './folder-rights.ts';
import { initializeCluster } from './initialize-cluster.ts';
import { type Holder, type OwnershipLock, tryLock } from './ownership.ts';
import { findPostmaster, type Postmaster, stopPostmaster } from './postmaster.ts';
import { serverArguments } from './server-settings.ts';
import { checkMajorVersion, startServer } from './start-server.ts';

export type Taken =
  | { kind: 'owner'; lock: OwnershipLock; credentials: Credentials }
  | { kind: 'guest'; holder: Holder; credentials: Credentials };

const pollMs = 60;
const recoveryLimitMs = 15 * 60 * 1000;

/** The result of one round of the loop: an end, or a reason for another round. */
type Round = Taken | { kind: 'again'; reason: string; holder?: Holder; isProgress?: boolean };

/** Becomes the owner of a running server, or its guest if the purpose allows that. */
export async function takeServer(context: EmbeddedContext, signal?: AbortSignal): Promise<Taken> {
  const { waitTimeoutMs } = context;
  let deadlineMs = performance.now() + waitTimeoutMs;
  const lastDeadlineMs = deadlineMs + recoveryLimitMs;
  for (;;) {
    if (signal?.aborted) {
      throw new EmbeddedPostgresError(
        'released',
        'The embedded PostgreSQL was released meanwhile.',
      );
    }
    const round = await goRound(context, signal);
    if (round.kind !== 'again') return round;
    if (round.isProgress) deadlineMs = Math.min(performance.now() + waitTimeoutMs, lastDeadlineMs);
    if (performance.now() > deadlineMs) throw outOfTime(context, round.reason, round.holder);
    if (!round.isProgress) await pause(pollMs);
  }
}

async function goRound(context: EmbeddedContext, signal?: AbortSignal): Promise<Round> {
  const { location, endpoint } = context;
  const running = await findPostmaster(location.clusterDir, location.runAs);
  if (running === undefined && !(await accepts(endpoint))) return startHere(context, signal);
  if (running?.status === 'stopping') return { kind: 'again', reason: 'it is stopping' };
  if (running?.status === 'starting') {
    await pause(pollMs);
    return { kind: 'again', reason: 'it is starting', isProgress: true };
  }
  if (process.platform === 'win32' && running?.port) endpoint.port = running.port;
  const credentials = await readCredentials(location.clusterDir);
  const attempt = await tryLock(context, credentials);
  if (attempt.kind === 'unreachable') return { kind: 'again', reason: attempt.reason };
  if (attempt.kind === 'held') return meetHolder(context, attempt.holder, credentials);
  return settleAsOwner(context, running, attempt, credentials);
}

async function startHere(context: EmbeddedContext, signal?: AbortSignal): Promise<Round> {
  const { location, binaries, log } = context;
  if (!existsSync(join(location.clusterDir, 'PG_VERSION'))) {
    const startMs = performance.now();
    const outcome = await initializeCluster(location, binaries);
    const durationMs = Math.round(performance.now() - startMs);
    log(
      'info',
      { clusterDir: location.clusterDir, outcome, durationMs },
      'PostgreSQL cluster made.',
    );
  }
  await checkMajorVersion(context);
  if (await closeCluster(location.clusterDir)) {
    log(
      'info',
      { clusterDir: location.clusterDir },
      "The group's right to write to the cluster was taken back: PostgreSQL does not start with it.",
    );
  }
  const outcome = await startServer(context, signal);
  if (outcome === 'ready') return { kind: 'again', reason: 'started', isProgress: true };
  return { kind: 'again', reason: `another server holds ${location.clusterDir}` };
}

function meetHolder(context: EmbeddedContext, holder: Holder, credentials: Credentials): Round {
  if (!holder.isServe) return { kind: 'again', reason: `${holder.name} uses it`, holder };
  if (context.purpose === 'command') return { kind: 'guest', holder, credentials };
  throw new DataFolderInUse(context.location.dataDir, holder.name);
}

async function settleAsOwner(
  context: EmbeddedContext,
  running: Postmaster | undefined,
  attempt: { lock: OwnershipLock; fingerprint: string | null },
  credentials: Credentials,
): Promise<Round> {
  const { location, binaries, log } = context;
  const { clusterDir, runAs } = location;
  const found = running ?? (await findPostmaster(clusterDir, runAs));
  if (found === undefined) {
    await attempt.lock.close();
    throw new DataFolderInUse(
      location.dataDir,
      'a PostgreSQL that this process cannot see or stop (in another container?)',
    );
  }
  const { fingerprint } = serverArguments({
    postgres: binaries.postgres,
    clusterDir,
    port: context.endpoint.port,
    extraSettings: context.extraSettings,
  });
  if (attempt.fingerprint === fingerprint) {
    return { kind: 'owner', lock: attempt.lock, credentials };
  }
  log(
    'info',
    { pid: found.pid, clusterDir },
    'PostgreSQL runs with other settings or from another place, starting it anew.',
  );
  const stopped = await stopPostmaster({ pid: found.pid, clusterDir, runAs, binaries, log });
  await attempt.lock.close();
  return { kind: 'again', reason: 'the old server does not stop', isProgress: stopped };
}

function outOfTime(context: EmbeddedContext, reason: string, holder?: Holder): Error {
  const { dataDir, clusterDir, logFile } = context.location;
  if (holder !== undefined) return new DataFolderInUse(dataDir, holder.name, 'is still in use by');
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL in ${clusterDir} could not be used within ${context.waitTimeoutMs} ms ` +
      `(${reason}): see ${logFile}, and end a PostgreSQL that still runs there.`,
  );
}
