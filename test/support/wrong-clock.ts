// A PostgreSQL with a shifted clock: tests cannot set the machine's clock, so statements get another time.

import type { Pool } from '../../src/database/pool.ts';
import type { TestDatabase } from './postgres.ts';

type Statement = string | { readonly text: string };

/** The clock of a test database. */
export async function openWrongClock(database: TestDatabase) {
  await database.sql('create table public.clock (ahead interval not null)');
  await database.sql(`insert into public.clock values (interval '0')`);
  await database.sql('grant select on public.clock to public');
  const told = (text: string): string =>
    text.replaceAll(/\b(now|clock_timestamp)\(\)/g, '($1() + (select ahead from public.clock))');
  return {
    /** Sets the clock ahead; a negative number sets it back. */
    async set(aheadMs: number): Promise<void> {
      await database.sql('update public.clock set ahead = make_interval(secs => $1 / 1000.0)', [
        aheadMs,
      ]);
    },
    /** A pool whose statements use this clock. */
    through: (pool: Pool): Pool =>
      ({
        async connect() {
          const connection = await pool.connect();
          return {
            query: (statement: Statement, values?: unknown[]) =>
              typeof statement === 'string'
                ? connection.query(told(statement), values)
                : connection.query({ ...statement, text: told(statement.text) } as never),
            release: (error?: Error) => connection.release(error),
          };
        },
      }) as unknown as Pool,
  };
}
