import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterAll } from '../../test/support/after-all.ts';
import { openTestDatabase } from '../../test/support/postgres.ts';
import { fail, ok } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import { openPool } from '../database/pool.ts';
import { insertTag } from '../store/resources/tags.ts';
import { type CommandContext, runCommand } from './command.ts';

const database = await openTestDatabase();
const [workspace] = await database.sql<{ id: number }>(
  "insert into workspaces (name) values ('commands') returning id",
);
const workspaceId = workspace!.id;
const pool = openPool(database.target, 'command', { max: 4, onError: () => {} });
afterAll(() => pool.end());

/** Builds the context of a request with an idempotency key, equal for each try. */
async function keyedRequest(): Promise<() => CommandContext> {
  const [key] = await database.sql<{ id: number }>(
    `insert into idempotency_keys (workspace_id, principal, key, request_hash)
     values ($1, 'channel 1 admin 1', gen_random_uuid(), '\\x00') returning id`,
    [workspaceId],
  );
  return () => {
    let count = 0;
    const nextEffectKey = () => {
      count += 1;
      return { keyId: key!.id, step: `command ${count}` };
    };
    return { pool: { pool, nextEffectKey }, workspaceId, actor: { type: 'admin', id: '1' } };
  };
}

/** A command that is not idempotent: it has an effect each time. */
const addTag = (context: CommandContext, prefix: string) =>
  runCommand(context, async (connection) => {
    const [{ count }] = (
      await connection.query<{ count: number }>(
        'select count(*)::int as count from tags where starts_with(name, $1)',
        [prefix],
      )
    ).rows as [{ count: number }];
    return ok((await insertTag(connection, workspaceId, `${prefix} ${count + 1}`))!);
  });

const tagsOf = (prefix: string) =>
  database.sql<{ id: number; name: string }>(
    'select id, name from tags where starts_with(name, $1) order by id',
    [prefix],
  );

test('command: a repeat gets the result of the first try', async () => {
  const next = await keyedRequest();
  const first = await addTag(next(), 'repeated');
  assert.deepEqual(await addTag(next(), 'repeated'), first);
  assert.deepEqual(await tagsOf('repeated'), [first.ok && first.value]);
});

test('command: the second command of a request is executed too', async () => {
  const next = await keyedRequest();
  const context = next();
  const results = [await addTag(context, 'two'), await addTag(context, 'two')];
  assert.deepEqual(
    await tagsOf('two'),
    results.map((result) => result.ok && result.value),
  );
  const again = next();
  assert.deepEqual([await addTag(again, 'two'), await addTag(again, 'two')], results);
});

test('command: one of several concurrent tries takes effect; all get its result', async () => {
  for (let round = 0; round < 10; round += 1) {
    const next = await keyedRequest();
    const prefix = `round ${round}:`;
    const results = await Promise.all([0, 1, 2].map(() => addTag(next(), prefix)));
    const tags = await tagsOf(prefix);
    assert.equal(tags.length, 1);
    for (const result of results) assert.deepEqual(result, ok(tags[0]));
  }
});

test('command: an error writes nothing, and the next try is executed', async () => {
  const next = await keyedRequest();
  const failed = await runCommand<null>(next(), async (connection) => {
    await insertTag(connection, workspaceId, 'failed');
    return fail(apiError('tooManyTags'));
  });
  assert.equal(failed.ok, false);
  assert.deepEqual(await tagsOf('failed'), []);
  assert.ok((await addTag(next(), 'failed')).ok);
  assert.equal((await tagsOf('failed')).length, 1);
});

test('command: a result that is null is found again', async () => {
  const next = await keyedRequest();
  let calls = 0;
  const remove = () =>
    runCommand<null>(next(), async () => {
      calls += 1;
      return ok(null);
    });
  assert.deepEqual([await remove(), await remove()], [ok(null), ok(null)]);
  assert.equal(calls, 1);
});

test('command: without an idempotency key each try is executed', async () => {
  const context = { pool: { pool }, workspaceId, actor: { type: 'admin', id: '1' } } as const;
  await addTag(context, 'plain');
  await addTag(context, 'plain');
  assert.equal((await tagsOf('plain')).length, 2);
});
