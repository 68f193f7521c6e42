// The rows of jobs: claims due ones with a lease, and postpones them. The engine inserts the rows, and deletes each
// with the group that takes its result. Uses only the clock of the database, so servers need not agree on the time.

import type { Job } from '../../core/conversation/signal.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

export type JobKey = { readonly workspaceId: number; readonly id: number };

export type ClaimedJob = JobKey & {
  readonly conversationId: number;
  readonly channelId: number;
  readonly kind: Job['kind'];
  /** The content, with timeoutMs for every kind: the time limit of an attempt. */
  readonly content: Job['content'];
  /** Claims so far, this one included. It identifies the lease: no other claim of the job has the same number. */
  readonly attempt: number;
  /** The time since the run reached the step, by the clock of the database. */
  readonly ageMs: number;
  /** The app's id of the conversation; null if the conversation was deleted. */
  readonly externalId: string | null;
  readonly allowedCidrs: readonly string[];
  readonly secretSealed: Buffer | null;
  /** The previous secret, during a rotation. */
  readonly previousSecretSealed: Buffer | null;
  /** The current secrets that the content names; deleted ones are missing. */
  readonly secretsSealed: ReadonlyMap<string, Buffer>;
};

export type ChannelLoad = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly running: number;
};

export type Claim = {
  /** A lease lasts for the time limit of an attempt plus this margin. */
  readonly leaseMarginMs: number;
  readonly limit: number;
  readonly perChannelMax: number;
  /** The jobs that the caller has in flight: a channel with fewer goes first. */
  readonly loads: readonly ChannelLoad[];
};

// Goes from channel to channel through the index, and takes no more of each than its free slots: the backlog of a
// channel is never scanned. Skips locked rows, so servers never wait for each other.
export const claimJobsSql = `
with recursive channel as (
  (select workspace_id, channel_id from jobs order by workspace_id, channel_id limit 1)
  union all
  select n.workspace_id, n.channel_id from channel as c
  cross join lateral (
    select workspace_id, channel_id from jobs
    where (workspace_id, channel_id) > (c.workspace_id, c.channel_id)
    order by workspace_id, channel_id limit 1) as n),
due as (
  select j.workspace_id, j.id
  from channel as c
  left join json_to_recordset($1) as b("workspaceId" bigint, "channelId" bigint, running bigint)
    on b."workspaceId" = c.workspace_id and b."channelId" = c.channel_id
  cross join lateral (
    select workspace_id, id, due_at from jobs
    where workspace_id = c.workspace_id and channel_id = c.channel_id and due_at <= now()
    order by due_at limit greatest($2 - coalesce(b.running, 0), 0)
    for update skip locked) as j
  order by coalesce(b.running, 0) + row_number() over (
    partition by c.workspace_id, c.channel_id order by j.due_at)
  limit $3)
update jobs as j set
  attempt = j.attempt + 1,
  is_leased = true,
  due_at = now() + make_interval(secs => ($4 + (j.content ->> 'timeoutMs')::bigint) / 1000.0)
from due
where j.workspace_id = due.workspace_id and j.id = due.id
returning j.workspace_id as "workspaceId", j.id, j.conversation_id as "conversationId",
  j.channel_id as "channelId", j.kind, j.content, j.attempt,
  (extract(epoch from now() - j.created_at) * 1000)::bigint as "ageMs",
  case when j.content -> 'secretNames' is not null then (
    select json_object_agg(s.name, encode(s.sealed, 'base64')) from secrets as s
    where s.workspace_id = j.workspace_id
      and s.name in (select json_array_elements_text(j.content -> 'secretNames'))) end as "secrets",
  (select external_id from conversations
   where workspace_id = j.workspace_id and id = j.conversation_id and deleted_at is null)
    as "externalId",
  (select row_to_json(c) from (
     select allowed_cidrs as "allowedCidrs", encode(secret_sealed, 'base64') as secret,
       case when previous_secret_until > now()
         then encode(previous_secret_sealed, 'base64') end as "previousSecret"
     from channel_callbacks
     where workspace_id = j.workspace_id and channel_id = j.channel_id) as c) as callback`;

type ClaimedRow = Omit<
  ClaimedJob,
  'allowedCidrs' | 'secretSealed' | 'previousSecretSealed' | 'secretsSealed'
> & {
  readonly secrets: Readonly<Record<string, string>> | null;
  readonly callback: {
    readonly allowedCidrs: readonly string[];
    readonly secret: string;
    readonly previousSecret: string | null;
  } | null;
};

/** Claims due jobs: until their lease ends, no other server finds them. */
export async function claimJobs(pool: Pool, claim: Claim): Promise<ClaimedJob[]> {
  const { loads, perChannelMax, limit, leaseMarginMs } = claim;
  const rows = await runStatement<ClaimedRow>(pool, {
    name: 'claim_jobs',
    text: claimJobsSql,
    values: [JSON.stringify(loads), perChannelMax, limit, leaseMarginMs],
  });
  return rows.map(({ callback, secrets, ...job }) => ({
    ...job,
    secretsSealed: new Map(
      Object.entries(secrets ?? {}).map(([name, sealed]) => [name, Buffer.from(sealed, 'base64')]),
    ),
    allowedCidrs: callback?.allowedCidrs ?? [],
    secretSealed: fromBase64(callback?.secret),
    previousSecretSealed: fromBase64(callback?.previousSecret),
  }));
}

const fromBase64 = (text: string | null | undefined): Buffer | null =>
  text === null || text === undefined ? null : Buffer.from(text, 'base64');

/** Ends a lease: the job is due again after a delay. Does nothing if the lease has been lost. */
export async function postponeJob(
  pool: Pool,
  { workspaceId, id, attempt }: ClaimedJob,
  delayMs: number,
): Promise<void> {
  await runStatement(pool, {
    name: 'postpone_job',
    text: `update jobs set due_at = now() + make_interval(secs => $4 / 1000.0), is_leased = false
      where workspace_id = $1 and id = $2 and attempt = $3 and is_leased`,
    values: [workspaceId, id, attempt, delayMs],
  });
}

/** Ends all leases, when the only server starts. Retries keep their time. */
export async function releaseJobs(pool: Pool): Promise<void> {
  await runStatement(pool, {
    text: 'update jobs set due_at = now(), is_leased = false where is_leased',
  });
}

/** Deletes a job whose conversation was deleted. */
export async function deleteJob(pool: Pool, { workspaceId, id }: JobKey): Promise<void> {
  await runStatement(pool, {
    name: 'delete_job',
    text: 'delete from jobs where workspace_id = $1 and id = $2',
    values: [workspaceId, id],
  });
}

/** Finds when a job that waits for a retry is due; null: it is in flight or does not exist. */
export async function findNextTry(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  id: number,
): Promise<number | null> {
  const { rows } = await connection.query<{ dueAt: number }>(
    `select due_at as "dueAt" from jobs
      where workspace_id = $1 and id = $2 and attempt > 0 and not is_leased`,
    [workspaceId, id],
  );
  return rows[0]?.dueAt ?? null;
}
