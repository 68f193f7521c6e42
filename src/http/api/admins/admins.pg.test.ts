// Away mode and the activity log over a real socket: through the official SDK as it is, and on the wire.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intercom, IntercomClient } from 'intercom-client';
import { addWorkspace, startTestParley } from '../../../../test/support/server.ts';

const { url, token, call, notify, database } = await startTestParley();
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });
const me = Number((await client.admins.identify())!.id);
const logs = '/admins/activity_logs';

const away = (enabled: boolean, reassign: boolean) =>
  client.admins.away({ admin_id: me, away_mode_enabled: enabled, away_mode_reassign: reassign });

test('SDK: away mode is set and shown everywhere at once', async () => {
  const set = await client.admins.away({
    admin_id: me,
    away_mode_enabled: true,
    away_mode_reassign: true,
    away_status_reason_id: 12345,
  });
  assert.deepEqual(
    [set!.away_mode_enabled, set!.away_mode_reassign, set!.away_status_reason_id],
    [true, true, 12345],
  );
  assert.deepEqual(await client.admins.find({ admin_id: me }), set);
  const { admins } = await client.admins.list();
  assert.deepEqual(
    admins!.find((admin) => admin!.id === String(me)),
    set,
  );
  assert.equal((await client.admins.identify())!.away_mode_enabled, true);
  const back = await away(false, false);
  assert.deepEqual([back!.away_mode_enabled, back!.away_status_reason_id], [false, null]);
});

test('PUT /admins/:id/away: rejects unknown teammates and incomplete bodies', async () => {
  const body = { away_mode_enabled: true, away_mode_reassign: true };
  for (const id of ['999999', 'abc', '0']) {
    const { status, body: response } = await call('PUT', `/admins/${id}/away`, body);
    assert.deepEqual([status, response.errors[0].code], [404, 'admin_not_found'], id);
  }
  await assert.rejects(client.admins.away({ admin_id: 999_999, ...body }), Intercom.NotFoundError);
  const path = `/admins/${me}/away`;
  assert.equal((await call('PUT', path, { away_mode_enabled: true })).status, 400);
  assert.equal((await call('PUT', path, {})).status, 400);
  assert.equal((await call('PUT', path)).status, 400);
  assert.equal((await call('PUT', path, { ...body, away_mode_enabled: 'yes' })).status, 422);
});

test('SDK: the activity log names actor and action, newest first, without contacts', async () => {
  const tag = await client.tags.create({ name: 'Logged' });
  const { body: ids } = await notify('new_conversation');
  await client.tags.tagContact({ contact_id: ids.contact_id, id: tag.id });
  await away(true, false);
  // A repeat is no activity.
  await away(true, false);
  const list = await client.admins.listAllActivityLogs({ created_at_after: '0' });
  const [first, second] = list.activity_logs!;
  assert.deepEqual(
    [first!.activity_type, first!.metadata],
    ['admin_away_mode_change', { away_mode: true, reassign_conversations: false }],
  );
  assert.equal(first!.activity_description, 'Admin turned away mode on for Admin.');
  const { type, id, email } = first!.performed_by!;
  assert.deepEqual([type, id, email], ['admin', String(me), 'admin@default.invalid']);
  assert.equal(second!.activity_type as string, 'tag_created');
  assert.equal(second!.activity_description, `Admin created the tag ${tag.id}.`);
  assert.ok(list.activity_logs!.every((one) => !/contact/.test(one!.activity_type!)));
});

test('activity log: takes unix seconds and ISO 8601, both ends included', async () => {
  await database.sql('delete from audit_log');
  await away(false, true);
  const { activity_logs: all } = await client.admins.listAllActivityLogs({ created_at_after: '0' });
  const at = all![0]!.created_at!;
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  const count = async (after: string | number, before?: string | number) => {
    const end = before === undefined ? '' : `&created_at_before=${encodeURIComponent(before)}`;
    const path = `${logs}?created_at_after=${encodeURIComponent(after)}${end}`;
    return (await call('GET', path)).body.activity_logs.length;
  };
  assert.deepEqual(
    [
      await count(at),
      await count(at + 1),
      await count(0, at),
      await count(0, at - 1),
      await count(iso(at), iso(at)),
      await count(iso(at + 1)),
      await count(iso(at).slice(0, 10), iso(at + 86_400).slice(0, 19)),
      await count('1970-01-01T00:00:00+02:00'.replace('1970', '1971')),
    ],
    [1, 0, 1, 0, 1, 0, 1, 1],
  );
  for (const wrong of [
    '',
    'yesterday',
    '2026-13-01',
    '-5',
    '9'.repeat(13),
    '2026-11-28T25:00:00Z',
  ]) {
    const { status } = await call('GET', `${logs}?created_at_after=${wrong}`);
    assert.equal(status, 400, wrong);
  }
  assert.equal((await call('GET', logs)).status, 400);
});

test('activity log: pages by cursor, without a gap while others are added', async () => {
  await database.sql('delete from audit_log');
  for (let n = 0; n < 5; n += 1) await away(n % 2 === 0, true);
  const seen: string[] = [];
  let cursor = '';
  do {
    const path = `${logs}?created_at_after=0&per_page=2${cursor}`;
    const { body } = await call('GET', path);
    seen.push(...body.activity_logs.map(({ id }: { id: string }) => id));
    await away(seen.length % 4 === 0, false);
    const { next } = body.pages;
    cursor = next === null ? '' : `&starting_after=${next.starting_after}`;
  } while (cursor !== '');
  assert.equal(seen.length, 5);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => Number(b) - Number(a)),
  );
  for (const wrong of ['per_page=0', 'per_page=151', 'starting_after=x', 'starting_after=%00']) {
    assert.equal((await call('GET', `${logs}?created_at_after=0&${wrong}`)).status, 400, wrong);
  }
});

test('activity log: another workspace sees only its own', async () => {
  const other = await addWorkspace(database, 'activity_strangers');
  const headers = { authorization: `Bearer ${other.token}` };
  const { body } = await call('GET', `${logs}?created_at_after=0`, undefined, headers);
  assert.deepEqual(body.activity_logs, []);
});
