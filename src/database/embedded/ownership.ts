// The lock that makes a process the owner of a cluster: a PostgreSQL advisory lock on a superuser connection. It ends
// with the process, however that ends, so no stale lock can remain. Never starts or stops a server.
import pg from 'pg';
import type { EmbeddedContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { EmbeddedPostgresError, errorCode, errorMessage } from './embedded-error.ts';

export type Holder = { name: string; isServe: boolean };

export type LockAttempt =
  | { kind: 'owner'; lock: OwnershipLock; fingerprint: string | null }
  | { kind: 'held'; holder: Holder }
  | { kind: 'unreachable'; reason: string };

// 'PARL' in ASCII. Lock 1 is the ownership itself, lock 2 marks the owner as a server.
const lockSpace = 0x5041524c;
const ownershipLock = 1;
const serveMark = 2;

const connectTimeoutMs = 5_000;

/** A held ownership: the connection that has the lock, which reports its end exactly once. */
export class OwnershipLock {
  readonly client: pg.Client;
  #isEnded = false;
  #onEnd: () => void = () => undefined;

  constructor(client: pg.Client) {
    this.client = client;
    client.on('end', () => this.#end());
    client.on('error', () => this.#end());
    // An idle lock must not keep the process alive.
    (client as pg.Client & { unref(): void }).unref();
  }

  get isHeld(): boolean {
    return !this.#isEnded;
  }

  /** Calls back when the connection is lost; at once if it is already lost. */
  onEnd(callback: () => void): void {
    this.#onEnd = callback;
    if (this.#isEnded) callback();
  }

  /** Releases the ownership. */
  async close(): Promise<void> {
    this.#onEnd = () => undefined;
    await closeQuietly(this.client);
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
  }
}

/** Tries once to become the owner; if that fails, returns the holder. */
export async function tryLock(
  context: EmbeddedContext,
  credentials: Credentials,
): Promise<LockAttempt> {
  const client = superuserClient(context, credentials, 'postgres');
  try {
    await client.connect();
    const got = await client.query<{ isOwner: boolean; fingerprint: string | null }>(
      `select pg_try_advisory_lock($1, $2) as "isOwner",
              current_setting('parley.fingerprint', true) as fingerprint`,
      [lockSpace, ownershipLock],
    );
    const { isOwner, fingerprint } = got.rows[0]!;
    if (isOwner) {
      // Waits only until the former owner's session has ended.
      if (context.purpose === 'serve') {
        await client.query('select pg_advisory_lock($1, $2)', [lockSpace, serveMark]);
      }
      return { kind: 'owner', lock: new OwnershipLock(client), fingerprint };
    }
    const holder = await readHolder(client);
    await closeQuietly(client);
    // No holder: it released the lock between the two statements.
    return holder ? { kind: 'held', holder } : { kind: 'unreachable', reason: 'owner just left' };
  } catch (error) {
    await closeQuietly(client);
    return judgeConnectError(context, error);
  }
}

/** Creates a superuser connection of this folder; errors after connecting are never unhandled. */
export function superuserClient(
  context: EmbeddedContext,
  credentials: Credentials,
  database: string,
): pg.Client {
  const client = new pg.Client({
    host: context.endpoint.host,
    port: context.endpoint.port,
    user: 'postgres',
    password: credentials.superuserPassword,
    database,
    ssl: false,
    application_name: context.ownName,
    // Also overrides PGOPTIONS in the environment.
    options: '-c idle_session_timeout=0 -c statement_timeout=0 -c lock_timeout=0',
    connectionTimeoutMillis: connectTimeoutMs,
  });
  client.on('error', () => undefined);
  return client;
}

/** Ends a connection, whatever state it is in. */
export async function closeQuietly(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}

async function readHolder(client: pg.Client): Promise<Holder | undefined> {
  const result = await client.query<{ name: string; isServe: boolean }>(
    `select a.application_name as name, exists (
         select from pg_locks m where m.pid = l.pid and m.locktype = 'advisory'
         and m.classid = $1::int::oid and m.objid = $3::int::oid and m.granted) as "isServe"
       from pg_locks l join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.classid = $1::int::oid and l.objid = $2::int::oid
        and l.granted`,
    [lockSpace, ownershipLock, serveMark],
  );
  return result.rows[0];
}

function judgeConnectError(context: EmbeddedContext, error: unknown): LockAttempt {
  // A wrong password stays wrong; anything else may be a server that starts or stops.
  if (errorCode(error) !== '28P01') return { kind: 'unreachable', reason: errorMessage(error) };
  const { clusterDir } = context.location;
  throw new EmbeddedPostgresError(
    'credentials_refused',
    `The embedded database in ${clusterDir} rejects the password in parley-credentials.json of ` +
      'that folder: put the file back that belongs to this cluster, or set the password of the ' +
      'role postgres to the one in the file.',
    { cause: error },
  );
}
