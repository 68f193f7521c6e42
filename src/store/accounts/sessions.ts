// The sessions of the web app. A session ends when it is not used for a while, at a fixed age, or when it is ended. Its
// token is replaced once a day: the one before stays valid until the browser has used the new one, and a moment longer
// for requests in flight.

import type { Role } from '../../core/model/rights.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export const IDLE_DAYS_MAX = 30;
const AGE_DAYS_MAX = 180;
const ROTATION_HOURS = 24;
const GRACE_SECONDS = 60;
/** How exact the time of the last use is. */
const USE_SECONDS = 60;
/** How long an ended session is kept for the list. */
const KEPT_DAYS = 30;

/** SQL of a session `s` that has not ended. */
const isAlive = `s.ended_at is null and s.last_used_at > now() - interval '${IDLE_DAYS_MAX} days'
  and s.created_at > now() - interval '${AGE_DAYS_MAX} days'`;

export type FoundSession = {
  readonly id: number;
  readonly workspaceId: number;
  readonly adminId: number;
  readonly role: Role;
  readonly createdAt: number;
  /** Whether its token is due to be replaced. */
  readonly isRotationDue: boolean;
  /** Whether the use is worth a write. */
  readonly isUseDue: boolean;
};

/**
 * Finds the session of a token, unless it has ended or its teammate is disabled.
 * @param pool a pool that sees all workspaces: the token determines the workspace.
 * @param tokenHash SHA-256, hex.
 */
export async function findSession(pool: Pool, tokenHash: string): Promise<FoundSession | null> {
  const rows = await runStatement<FoundSession>(pool, {
    name: 'find_session',
    text: `select s.id, s.workspace_id as "workspaceId", s.admin_id as "adminId", a.role,
        s.created_at as "createdAt",
        case when s.token_hash = decode($1, 'hex') then s.rotated_at < now() - interval '${ROTATION_HOURS} hours'
          else s.rotated_at < now() - interval '${GRACE_SECONDS} s' end as "isRotationDue",
        s.last_used_at < now() - interval '${USE_SECONDS} s'
          or (s.token_hash = decode($1, 'hex') and not s.is_confirmed) as "isUseDue"
      from (
        select * from sessions where token_hash = decode($1, 'hex')
        union all
        select * from sessions where previous_hash = decode($1, 'hex')
          and (not is_confirmed or rotated_at > now() - interval '${GRACE_SECONDS} s')) as s
      join admins a on a.workspace_id = s.workspace_id and a.id = s.admin_id
      where ${isAlive} and a.disabled_at is null`,
    values: [tokenHash],
  });
  return rows[0] ?? null;
}

/** Whether a session is still open, whatever its token is now. @param pool a pool that sees all workspaces. */
export async function isSessionOpen(pool: Pool, workspaceId: number, id: number): Promise<boolean> {
  const rows = await runStatement(pool, {
    name: 'is_session_open',
    text: `select from sessions s
      join admins a on a.workspace_id = s.workspace_id and a.id = s.admin_id
      where s.workspace_id = $1 and s.id = $2 and ${isAlive} and a.disabled_at is null`,
    values: [workspaceId, id],
  });
  return rows.length > 0;
}

/** Notes that a session is used with this token. */
export async function noteSessionUse(
  pool: Pool,
  { workspaceId, id }: Pick<FoundSession, 'workspaceId' | 'id'>,
  tokenHash: string,
): Promise<void> {
  await runStatement(pool, {
    name: 'note_session_use',
    text: `update sessions set last_used_at = now(), is_confirmed = is_confirmed or token_hash = decode($3, 'hex')
      where workspace_id = $1 and id = $2 and ended_at is null`,
    values: [workspaceId, id, tokenHash],
  });
}

/**
 * Replaces the token of a session.
 * @param presentedHash the one that the browser sent: it stays valid until the new one has arrived.
 * @returns false if another request replaced it meanwhile.
 */
export async function rotateSession(
  pool: Pool,
  { workspaceId, id }: Pick<FoundSession, 'workspaceId' | 'id'>,
  presentedHash: string,
  newHash: string,
): Promise<boolean> {
  const rows = await runStatement(pool, {
    name: 'rotate_session',
    text: `update sessions set token_hash = decode($4, 'hex'), previous_hash = decode($3, 'hex'),
        rotated_at = now(), is_confirmed = false
      where workspace_id = $1 and id = $2 and ended_at is null
        and case when token_hash = decode($3, 'hex') then rotated_at < now() - interval '${ROTATION_HOURS} hours'
          else previous_hash = decode($3, 'hex') and not is_confirmed
            and rotated_at < now() - interval '${GRACE_SECONDS} s' end
      returning id`,
    values: [workspaceId, id, presentedHash, newHash],
  });
  return rows.length > 0;
}

/** From where a session begins. */
export type SessionOrigin = { readonly source: string; readonly userAgent: string };

/** Stores a new session. @returns its id. */
export async function insertSession(
  connection: Connection,
  workspaceId: number,
  session: SessionOrigin & { readonly adminId: number; readonly tokenHash: string },
): Promise<number> {
  const { rows } = await connection.query<{ id: number }>({
    name: 'insert_session',
    text: `insert into sessions (workspace_id, admin_id, token_hash, source, user_agent)
      values ($1, $2, decode($3, 'hex'), $4, $5) returning id`,
    values: [workspaceId, session.adminId, session.tokenHash, session.source, session.userAgent],
  });
  return rows[0]!.id;
}

export type ListedSession = SessionOrigin & {
  readonly id: number;
  readonly createdAt: number;
  readonly lastUsedAt: number;
};

/** Lists the open sessions of a teammate, the last used first. @param pool a pool that sees all workspaces. */
export const listSessions = (
  pool: Pool,
  workspaceId: number,
  adminId: number,
): Promise<ListedSession[]> =>
  runStatement<ListedSession>(pool, {
    name: 'list_sessions',
    text: `select s.id, s.source, s.user_agent as "userAgent", s.created_at as "createdAt",
        s.last_used_at as "lastUsedAt"
      from sessions s where s.workspace_id = $1 and s.admin_id = $2 and ${isAlive}
      order by s.last_used_at desc, s.id desc`,
    values: [workspaceId, adminId],
  });

/**
 * Ends sessions of a teammate.
 * @param which one session, or all of them except one (null: all).
 * @returns how many it ended.
 */
export async function endSessions(
  connection: Connection,
  workspaceId: number,
  adminId: number,
  which: { readonly id: number } | { readonly exceptId: number | null },
): Promise<number> {
  const { rowCount } = await connection.query({
    name: 'end_sessions',
    text: `update sessions set ended_at = now()
      where workspace_id = $1 and admin_id = $2 and ended_at is null
        and ($3::bigint is null or id = $3) and ($4::bigint is null or id <> $4)`,
    values: [
      workspaceId,
      adminId,
      'id' in which ? which.id : null,
      'exceptId' in which ? which.exceptId : null,
    ],
  });
  return rowCount ?? 0;
}

/** Removes sessions that ended long ago. @param pool a pool that sees all workspaces. @returns how many. */
export async function removeOldSessions(pool: Pool, sessionsMax: number): Promise<number> {
  const rows = await runStatement<{ count: number }>(pool, {
    name: 'remove_old_sessions',
    text: `with old as materialized (
        select workspace_id, id from sessions
        where last_used_at < now() - interval '${IDLE_DAYS_MAX + KEPT_DAYS} days'
        order by last_used_at limit $1 for update skip locked),
      removed as (
        delete from sessions s using old where s.workspace_id = old.workspace_id and s.id = old.id returning 1)
      select count(*) as count from removed`,
    values: [sessionsMax],
  });
  return rows[0]!.count;
}
