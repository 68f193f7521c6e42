// Counts attempts to sign in, on all servers together: by account, whether there is one or not, and by network. An
// attempt is counted before its password is checked, so that concurrent guesses count too.

import { sha256Hex } from '../../base/random.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

const WINDOW = `interval '15 minutes'`;
const ATTEMPTS_OF_ACCOUNT_MAX = 5;
const ATTEMPTS_OF_NETWORK_MAX = 20;

/** The account and the network of an attempt, as keys. */
export type AttemptKeys = { readonly account: string; readonly network: string };

export const attemptKeys = (email: string, network: string): AttemptKeys => ({
  account: sha256Hex(`account ${email.toLowerCase()}`),
  network: sha256Hex(`network ${network}`),
});

/** Counts an attempt. @returns after how many seconds the next one is allowed; 0: this one is. */
export async function countAttempt(pool: Pool, { account, network }: AttemptKeys): Promise<number> {
  const rows = await runStatement<{ seconds: number }>(pool, {
    name: 'count_sign_in_attempt',
    // In the order of the keys, so that servers cannot deadlock.
    text: `with counted as (
        insert into sign_in_attempts as a (key, count)
        select decode(k, 'hex'), 1 from unnest(array[$1, $2]) as t(k) order by k
        on conflict (key) do update set
          count = case when a.began_at < now() - ${WINDOW} then 1 else a.count + 1 end,
          began_at = case when a.began_at < now() - ${WINDOW} then now() else a.began_at end
        returning key, count, began_at)
      select coalesce(max(ceil(extract(epoch from began_at + ${WINDOW} - now()))), 0)::int as seconds
      from counted
      where count > case when key = decode($1, 'hex') then ${ATTEMPTS_OF_ACCOUNT_MAX}
        else ${ATTEMPTS_OF_NETWORK_MAX} end`,
    values: [account, network],
  });
  return rows[0]!.seconds;
}

/** Forgets the attempts of an account, and one of the network: the password was right. */
export async function forgetAttempts(pool: Pool, { account, network }: AttemptKeys): Promise<void> {
  await runStatement(pool, {
    name: 'forget_sign_in_attempts',
    text: `delete from sign_in_attempts where key = decode($1, 'hex')`,
    values: [account],
  });
  await runStatement(pool, {
    name: 'forget_one_sign_in_attempt',
    text: `update sign_in_attempts set count = greatest(count - 1, 0) where key = decode($1, 'hex')`,
    values: [network],
  });
}

/** Removes what no longer counts. */
export async function removeOldAttempts(pool: Pool): Promise<void> {
  await runStatement(pool, {
    name: 'remove_old_sign_in_attempts',
    text: `delete from sign_in_attempts where began_at < now() - ${WINDOW}`,
  });
}
