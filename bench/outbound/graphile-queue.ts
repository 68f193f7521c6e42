// The same backlog as jobs of graphile-worker: a named queue for each conversation, which keeps its jobs in order. They
// come in one transaction, so that it begins with everything there too.

import { makeWorkerUtils } from 'graphile-worker';
import pg from 'pg';
import type { BacklogEvent } from './backlog.ts';

export type GraphileQueue = {
  readonly connection: pg.ClientConfig;
  /** Away with every job and queue. What a worker has fetched by then it still does. */
  empty(): Promise<void>;
  /** Queues events, to be posted to a URL. */
  fill(events: readonly BacklogEvent[], url: string): Promise<void>;
  close(): Promise<void>;
};

/** Its jobs start in the order of run_at, which must differ for that: the moment at which the event was made. */
const addSql = `
select count(*) from graphile_worker.add_jobs(array(
  select ('deliver', json_build_object('url', $2::text, 'id', id, 'name', name, 'body', body),
    'conversation-' || "conversationId", to_timestamp("createdAt" / 1000.0), 25, null, 0, null
  )::graphile_worker.job_spec
  from json_to_recordset($1) as r(
    id text, name text, body text, "conversationId" bigint, "createdAt" bigint)))`;

const CHUNK = 5_000;

/** Makes its tables in a database. */
export async function openGraphileQueue(connection: pg.ClientConfig): Promise<GraphileQueue> {
  const pool = new pg.Pool({ ...connection, max: 2 });
  const utilities = await makeWorkerUtils({ pgPool: pool });
  await utilities.migrate();
  await utilities.release();
  const empty = async () => {
    await pool.query(
      'truncate graphile_worker._private_jobs, graphile_worker._private_job_queues restart identity',
    );
  };
  return {
    connection,
    empty,
    async fill(events, url) {
      await empty();
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (let done = 0; done < events.length; done += CHUNK) {
          const values = [JSON.stringify(events.slice(done, done + CHUNK)), url];
          await client.query(addSql, values);
        }
        await client.query(
          'analyze graphile_worker._private_jobs, graphile_worker._private_job_queues',
        );
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    close: () => pool.end(),
  };
}

