// The stored idempotency keys: the request of each key, the lease of the server that processes it, and its response.
// The lease only prevents concurrent work on one request; effects are exact because each is stored with its own key
// (command-effects.ts, store/engine/).

import { limits } from '../../base/limits.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

/** A request with a key, of one workspace. */
export type KeyedRequest = {
  readonly workspaceId: number;
  /** The caller; each has its own keys. */
  readonly principal: string;
  readonly key: string;
  /** The SHA-256 in hex. */
  readonly requestHash: string;
};

export type StoredResponse = {
  readonly status: number;
  /** The text of the body; empty for none. */
  readonly body: string;
};

export type Claim =
  /** The caller must process the request, for it may not have been processed yet. */
  | { readonly state: 'claimed'; readonly keyId: number }
  | { readonly state: 'finished'; readonly response: StoredResponse }
  /** A server works on it. */
  | { readonly state: 'in_progress' }
  /** The key belongs to another request. */
  | { readonly state: 'other_request' };

/** SQL of a valid lease. One that ends later than a lease lasts was taken by a clock that was ahead. */
const isLeased = `(leased_until > now()
    and leased_until <= now() + ${limits.idempotencyLeaseMs} * interval '1 ms')`;

type KeyRow = {
  readonly id: number;
  readonly requestHash: string;
  readonly isLeased: boolean;
  readonly isExpired: boolean;
  readonly status: number | null;
  readonly body: string | null;
};

/** Claims a request for this server, or finds its response. In a transaction that may write. */
export async function claimKey(connection: Connection, request: KeyedRequest): Promise<Claim> {
  const { requestHash } = request;
  const created = await insertKey(connection, request);
  if (created !== null) return { state: 'claimed', keyId: created };
  const known = await findKey(connection, request);
  // It was removed meanwhile.
  if (known === null) return { state: 'in_progress' };
  if (known.isExpired && !known.isLeased) return replaceKey(connection, request, known.id);
  if (known.requestHash !== requestHash) return { state: 'other_request' };
  if (known.status !== null) {
    return { state: 'finished', response: { status: known.status, body: known.body ?? '' } };
  }
  if (known.isLeased) return { state: 'in_progress' };
  const isMine = await takeLease(connection, request.workspaceId, known.id);
  return isMine ? { state: 'claimed', keyId: known.id } : { state: 'in_progress' };
}

/** Inserts a key. @returns its id, or null if the key exists. */
async function insertKey(
  connection: Connection,
  { workspaceId, principal, key, requestHash }: KeyedRequest,
): Promise<number | null> {
  const { rows } = await connection.query<{ id: number }>(
    `insert into idempotency_keys (workspace_id, principal, key, request_hash, leased_until)
      values ($1, $2, $3, decode($4, 'hex'), now() + $5 * interval '1 ms')
      on conflict do nothing returning id`,
    [workspaceId, principal, key, requestHash, limits.idempotencyLeaseMs],
  );
  return rows[0]?.id ?? null;
}

async function findKey(
  connection: Connection,
  { workspaceId, principal, key }: KeyedRequest,
): Promise<KeyRow | null> {
  const { rows } = await connection.query<KeyRow>(
    `select id, encode(request_hash, 'hex') as "requestHash", status, body,
        coalesce(${isLeased}, false) as "isLeased",
        created_at < now() - $4 * interval '1 ms' as "isExpired"
      from idempotency_keys where workspace_id = $1 and principal = $2 and key = $3`,
    [workspaceId, principal, key, limits.idempotencyKeptMs],
  );
  return rows[0] ?? null;
}

/** Replaces a request whose time is over with a new one. */
async function replaceKey(
  connection: Connection,
  request: KeyedRequest,
  id: number,
): Promise<Claim> {
  await connection.query('delete from idempotency_keys where workspace_id = $1 and id = $2', [
    request.workspaceId,
    id,
  ]);
  const created = await insertKey(connection, request);
  return created === null ? { state: 'in_progress' } : { state: 'claimed', keyId: created };
}

/** Takes over from a server that did not finish. */
async function takeLease(
  connection: Connection,
  workspaceId: number,
  id: number,
): Promise<boolean> {
  const { rowCount } = await connection.query(
    `update idempotency_keys set leased_until = now() + $3 * interval '1 ms'
      where workspace_id = $1 and id = $2 and status is null
        and not coalesce(${isLeased}, false)`,
    [workspaceId, id, limits.idempotencyLeaseMs],
  );
  return rowCount === 1;
}

/**
 * Stores the response of a request, and ends the lease.
 * @returns the stored response: that of another server if it was faster.
 */
export async function storeResponse(
  connection: Connection,
  workspaceId: number,
  keyId: number,
  response: StoredResponse,
): Promise<StoredResponse> {
  const stored = await connection.query(
    `update idempotency_keys set status = $3, body = $4, leased_until = null
      where workspace_id = $1 and id = $2 and status is null`,
    [workspaceId, keyId, response.status, response.body],
  );
  if (stored.rowCount === 1) return response;
  const { rows } = await connection.query<StoredResponse>(
    'select status, body from idempotency_keys where workspace_id = $1 and id = $2',
    [workspaceId, keyId],
  );
  return rows[0] ?? response;
}

/** Ends the lease of a request without a response to keep: a repeat is processed at once. */
export async function releaseKey(
  connection: Connection,
  workspaceId: number,
  keyId: number,
): Promise<void> {
  await connection.query(
    `update idempotency_keys set leased_until = null
      where workspace_id = $1 and id = $2 and status is null`,
    [workspaceId, keyId],
  );
}

/** Removes old keys, the oldest first, and their stored effects. @param isOld has $1, and values from $3. */
const removeKeysSql = (isOld: string): string => `with old as materialized (
        select workspace_id, id from idempotency_keys
        where ${isOld} and not coalesce(${isLeased}, false)
        order by created_at limit $2 for update skip locked),
      removed as (
        delete from idempotency_keys k using old
        where k.workspace_id = old.workspace_id and k.id = old.id returning 1)
      select count(*) as count from removed`;

/**
 * Removes keys whose time is over.
 * @param pool a pool that sees all workspaces.
 * @returns how many it removed.
 */
export async function removeOldKeys(pool: Pool, keysMax: number): Promise<number> {
  const rows = await runStatement<{ count: number }>(pool, {
    name: 'remove_old_keys',
    text: removeKeysSql(`created_at < now() - $1 * interval '1 ms'`),
    values: [limits.idempotencyKeptMs, keysMax],
  });
  return rows[0]!.count;
}

/** Removes keys of a workspace that are older than a moment. @returns how many it removed. */
export async function removeKeysBefore(
  pool: Pool,
  workspaceId: number,
  beforeMs: number,
  keysMax: number,
): Promise<number> {
  const rows = await runStatement<{ count: number }>(pool, {
    text: removeKeysSql('created_at < from_ms($1) and workspace_id = $3'),
    values: [beforeMs, keysMax, workspaceId],
  });
  return rows[0]!.count;
}
