// The same backlog as jobs of graphile-worker: a named queue for each conversation keeps its jobs in order. They are
// added in one transaction, so that delivery starts with all of them there.

import { setTimeout as pause } from 'node:timers/promises';
import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import type { BacklogEvent } from './backlog.ts';

export type GraphileQueue = {
  readonly connection: pg.ClientConfig;
  /** Removes every job and queue; no worker may run. */
  empty(): Promise<void>;
  /** Removes every job that no worker has fetched yet; waits until the others are done. */
  drain(): Promise<void>;
  /** Queues events to post to a URL. */
  fill(events: readonly BacklogEvent[], url: string): Promise<void>;
  close(): Promise<void>;
};

/** Jobs start in the order of run_at, which must therefore differ: it is the time of the event. */
const addSql = `
select count(*) from graphile_worker.add_jobs(array(
  select ('deliver', json_build_object('url', $2::text, 'id', id, 'name', name, 'body', body),
    'conversation-' || "conversationId", to_timestamp("createdAt" / 1000.0), 25, null, 0, null
  )::graphile_worker.job_spec
  from json_to_recordset($1) as r(
    id text, name text, body text, "conversationId" bigint, "createdAt" bigint)))`;

/** Locks row by row, like a worker: a truncate would deadlock with it. */
const deleteSql = `
delete from graphile_worker._private_jobs where id in (
  select id from graphile_worker._private_jobs where is_available for update skip locked)`;

const TABLES = 'graphile_worker._private_jobs, graphile_worker._private_job_queues';
const CHUNK = 5_000;
const DRAIN_TIMEOUT_MS = 20_000;

/** Creates graphile-worker's tables in a database. */
export async function openGraphileQueue(connection: pg.ClientConfig): Promise<GraphileQueue> {
  const pool = new pg.Pool({ ...connection, max: 2 });
  pool.on('error', () => {});
  pool.on('connect', (client) => void client.on('error', () => {}));
  const utilities = await makeWorkerUtils({ pgPool: pool });
  await utilities.migrate();
  await utilities.release();
  return {
    connection,
    empty: async () => void (await pool.query(`truncate ${TABLES} restart identity`)),
    async drain() {
      await pool.query(deleteSql);
      const endMs = performance.now() + DRAIN_TIMEOUT_MS;
      while (
        (await pool.query('select from graphile_worker._private_jobs limit 1')).rowCount! > 0
      ) {
        if (performance.now() > endMs) throw new Error('graphile-worker does not finish its jobs');
        await pause(50);
      }
      await pool.query(`vacuum ${TABLES}`);
    },
    async fill(events, url) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (let done = 0; done < events.length; done += CHUNK) {
          const values = [JSON.stringify(events.slice(done, done + CHUNK)), url];
          await client.query(addSql, values);
        }
        await client.query(`analyze ${TABLES}`);
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}
