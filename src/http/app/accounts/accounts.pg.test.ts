// Signing in to the web app: links, passwords, sessions, roles, and everything that must not let a visitor in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppClient, addTeammate } from '../../../../test/support/app-client.ts';
import { addWorkspace, request, startTestParley } from '../../../../test/support/server.ts';
import { newSessionToken, sha256Hex } from '../../../base/random.ts';
import type { LinkPurpose } from '../../../store/accounts/account-links.ts';

const { url, token, database, call } = await startTestParley();
const other = await startTestParley({}, database);

const PASSWORD = 'correct horse 42';

let made = 0;

/** A link for a new teammate. */
async function makeLink(purpose: LinkPurpose = 'invite', role = 'teammate', workspaceId = 1) {
  made += 1;
  const email = `${purpose}.${made}@example.com`;
  const [admin] = await database.sql<{ id: number }>(
    'insert into admins (workspace_id, name, email, role) values ($1, $2, $3, $4) returning id',
    [workspaceId, `Invited ${made}`, email, role],
  );
  const code = newSessionToken();
  await database.sql(
    `insert into account_links (workspace_id, admin_id, purpose, code_hash, expires_at)
      values ($1, $2, $3, decode($4, 'hex'), now() + interval '1 hour')`,
    [workspaceId, admin!.id, purpose, sha256Hex(code)],
  );
  return { code, email, adminId: admin!.id };
}

/** A teammate with a password, signed in. */
async function makeAccount(role = 'teammate') {
  const { code, email, adminId } = await makeLink('invite', role);
  const client = new AppClient(url);
  const used = await client.post('/links/use', { code, password: PASSWORD });
  assert.equal(used.status, 200, JSON.stringify(used.body));
  return { client, email, adminId };
}

const forgetAttempts = () => database.sql('delete from sign_in_attempts');

test('link: sets a password once, signs in, and is void then', async () => {
  const { code, email, adminId } = await makeLink();
  const shown = await new AppClient(url).post('/links/check', { code });
  assert.deepEqual(
    [shown.body.purpose, shown.body.email, shown.body.workspace],
    ['invite', email, 'default'],
  );
  const client = new AppClient(url);
  const used = await client.post('/links/use', { code, password: PASSWORD, name: 'Anna\u0000 K' });
  assert.deepEqual(used.body.me, { id: String(adminId), name: 'Anna K', email, role: 'teammate' });
  assert.match(
    used.headers.get('set-cookie')!,
    /^parley=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
  );
  assert.deepEqual((await client.get('/session')).body, used.body);
  assert.equal((await client.get('/sessions')).body.data.length, 1);
  for (const path of ['/links/use', '/links/check']) {
    const again = await new AppClient(url).post(path, { code, password: PASSWORD });
    assert.deepEqual([again.status, again.body.errors[0].code], [404, 'link_invalid']);
    assert.equal(again.headers.get('set-cookie'), null);
  }
});

test('link: concurrent uses on two servers sign in one', async () => {
  const { code } = await makeLink();
  const uses = Array.from({ length: 4 }, (_, index) =>
    new AppClient(index % 2 === 0 ? url : other.url).post('/links/use', {
      code,
      password: PASSWORD,
    }),
  );
  const statuses = (await Promise.all(uses)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [200, 404, 404, 404]);
});

test('link: an expired one, one of a disabled teammate and a made-up one are 404', async () => {
  const expired = await makeLink();
  await database.sql(
    `update account_links set expires_at = now() - interval '1 s' where admin_id = $1`,
    [expired.adminId],
  );
  const disabled = await makeLink();
  await database.sql('update admins set disabled_at = now() where id = $1', [disabled.adminId]);
  for (const code of [expired.code, disabled.code, 'x', '\u0000', '\ud800']) {
    const used = await new AppClient(url).post('/links/use', { code, password: PASSWORD });
    assert.equal(used.status, 404, code);
  }
});

test('set-up: names the first owner, and voids the links of other starts', async () => {
  const [first, second] = [await makeLink('setup', 'owner'), await makeLink('setup', 'owner')];
  const client = new AppClient(url);
  const missing = await client.post('/links/use', { code: first.code, password: PASSWORD });
  assert.deepEqual([missing.status, missing.body.errors[0].field], [400, 'name']);
  const taken = { name: 'Eve', email: second.email, password: PASSWORD, code: first.code };
  assert.equal((await client.post('/links/use', taken)).status, 409);
  const given = { ...taken, email: 'Owner@example.com' };
  const used = await client.post('/links/use', given);
  assert.deepEqual([used.body.me.email, used.body.me.role], ['Owner@example.com', 'owner']);
  const late = await client.post('/links/use', { ...given, code: second.code });
  assert.equal(late.status, 404);
  await forgetAttempts();
  const signIn = { email: 'owner@EXAMPLE.com', password: PASSWORD };
  assert.equal((await new AppClient(url).post('/sign-in', signIn)).status, 200);
});

test('password: a weak one is rejected and does not use the link up', async () => {
  const { code, email } = await makeLink();
  const client = new AppClient(url);
  for (const [password, status] of [
    ['short', 400],
    ['aaaaaaaaaaaaaaaa', 422],
    ['1234567890123', 422],
    [email.toUpperCase(), 422],
    ['x'.repeat(201), 400],
    [42, 422],
  ] as const) {
    assert.equal(
      (await client.post('/links/use', { code, password })).status,
      status,
      `${password}`,
    );
  }
  assert.equal((await client.post('/links/use', { code, password: PASSWORD })).status, 200);
});

test('password: one that a keyboard writes in another way is the same', async () => {
  await forgetAttempts();
  const { code, email } = await makeLink();
  const client = new AppClient(url);
  const password = 'Schöne Grüße 7\ud83d\ude00';
  assert.equal((await client.post('/links/use', { code, password })).status, 200);
  const other = { email, password: password.normalize('NFD') };
  assert.equal((await client.post('/sign-in', other)).status, 200);
});

test('sign-in: right once, wrong and unknown alike, and nothing is stored in clear', async () => {
  await forgetAttempts();
  const { email } = await makeAccount();
  const client = new AppClient(url, 'parley=chosen_by_an_attacker');
  const right = await client.post('/sign-in', { email: email.toUpperCase(), password: PASSWORD });
  assert.equal(right.status, 200);
  assert.doesNotMatch(client.cookie, /chosen_by_an_attacker/);
  const wrong = await new AppClient(url).post('/sign-in', { email, password: 'wrong password' });
  const unknown = await new AppClient(url).post('/sign-in', { email: 'x@y.z', password: PASSWORD });
  assert.deepEqual([wrong.status, unknown.status], [401, 401]);
  assert.deepEqual(wrong.body.errors, unknown.body.errors);
  assert.equal(wrong.headers.get('set-cookie'), null);
  const secret = client.cookie.split('=')[1]!;
  const stored = await database.sql<{ row: string }>(
    `select s::text as row from sessions s union all select c::text from credentials c
      union all select l::text from account_links l union all select a::text from audit_log a`,
  );
  assert.ok(stored.length > 5);
  for (const { row } of stored) assert.ok(!row.includes(secret) && !row.includes(PASSWORD));
  const [hash] = await database.sql<{ hash: string }>(
    'select password_hash as hash from credentials',
  );
  assert.match(hash!.hash, /^\$scrypt\$ln=16,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
});

test('sign-in: five attempts for one account, on two servers together', async () => {
  await forgetAttempts();
  const { email } = await makeAccount();
  const attempts = Array.from({ length: 8 }, (_, index) =>
    new AppClient(index % 2 === 0 ? url : other.url).post('/sign-in', { email, password: 'guess' }),
  );
  const statuses = (await Promise.all(attempts)).map(({ status }) => status).toSorted();
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  const right = await new AppClient(url).post('/sign-in', { email, password: PASSWORD });
  assert.equal(right.status, 429);
  assert.ok(Number(right.headers.get('retry-after')) > 800);
  await database.sql(`update sign_in_attempts set began_at = now() - interval '16 minutes'`);
  assert.equal(
    (await new AppClient(url).post('/sign-in', { email, password: PASSWORD })).status,
    200,
  );
});

test('sign-in: twenty attempts from one address, whatever the account', async () => {
  await forgetAttempts();
  await database.sql(`insert into sign_in_attempts (key, count) values (decode($1, 'hex'), 20)`, [
    sha256Hex('network 127.0.0.1'),
  ]);
  const guess = { email: 'unknown@example.com', password: 'guess' };
  assert.equal((await new AppClient(url).post('/sign-in', guess)).status, 429);
  await forgetAttempts();
});

test('sign-in: hostile bodies are client errors', async () => {
  for (const body of [
    '',
    '{"email":',
    '[]',
    'null',
    '{}',
    { email: 'a@b', password: null },
    { email: ['a@b'], password: 'x' },
    { email: 'a@b\u0000', password: 'x' },
    { email: 'a@b', password: 'x'.repeat(100_000) },
    { email: 'a@b', password: 'x', workspace: 12 },
    `{"email":"a@b","password":${'['.repeat(5000)}${']'.repeat(5000)}}`,
  ]) {
    const { status } = await new AppClient(url).post('/sign-in', body);
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(body).slice(0, 50)}: ${status}`);
  }
  await forgetAttempts();
  const odd = { email: '\ud800@b', password: '\udfff\u0000', workspace: 'a\u0000\ud800' };
  assert.equal((await new AppClient(url).post('/sign-in', odd)).status, 401);
});

test('cookie: behind TLS it is Secure and has a name that browsers bind to the host', async () => {
  await forgetAttempts();
  const { email } = await makeAccount();
  const client = new AppClient(url);
  const tls = { 'x-forwarded-proto': 'https' };
  const signedIn = await client.post('/sign-in', { email, password: PASSWORD }, tls);
  assert.match(signedIn.headers.get('set-cookie')!, /^__Host-parley=.*; Secure$/);
  assert.equal((await client.call('GET', '/sessions', undefined, tls)).status, 200);
  // The same cookie proves nothing without TLS, nor the plain name with it.
  assert.equal((await client.get('/sessions')).status, 401);
  const plain = new AppClient(url, client.cookie.replace('__Host-', ''));
  assert.equal((await plain.call('GET', '/sessions', undefined, tls)).status, 401);
});

test('pages: requests of other sites change nothing and read nothing', async () => {
  const { client } = await makeAccount();
  const { cookie } = client;
  const send = (method: string, headers: Record<string, string>) =>
    request(`${url}/parley/v1/app/sessions`, method, undefined, { cookie, ...headers });
  const { host } = new URL(url);
  for (const [method, headers, status] of [
    ['DELETE', {}, 403],
    ['DELETE', { 'sec-fetch-site': 'cross-site' }, 403],
    ['DELETE', { 'sec-fetch-site': 'same-site' }, 403],
    ['DELETE', { 'sec-fetch-site': 'none' }, 403],
    ['DELETE', { origin: 'https://evil.example' }, 403],
    ['DELETE', { origin: 'null' }, 403],
    ['DELETE', { origin: `http://${host}.evil.example` }, 403],
    ['GET', { 'sec-fetch-site': 'cross-site' }, 403],
    ['GET', { origin: 'https://evil.example' }, 403],
    ['GET', {}, 200],
    ['GET', { 'sec-fetch-site': 'none' }, 200],
    ['DELETE', { origin: `http://${host}` }, 200],
    ['DELETE', { 'sec-fetch-site': 'same-origin' }, 200],
  ] as const) {
    const response = await send(method, headers);
    assert.equal(response.status, status, `${method} ${JSON.stringify(headers)}`);
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  }
  const form = { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' };
  const body = '{"email":"a@b","password":"x"}';
  assert.equal((await request(`${url}/parley/v1/app/sign-in`, 'POST', body, form)).status, 415);
});

test('host: a foreign name is rejected by a server that listens on loopback', async () => {
  const { client } = await makeAccount();
  const { port } = new URL(url);
  const { request: send } = await import('node:http');
  const statusFor = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const headers = { host, cookie: client.cookie };
      const path = '/parley/v1/app/sessions';
      send({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      })
        .on('error', reject)
        .end();
    });
  for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, 'parley.localhost']) {
    assert.equal(await statusFor(host), 200, host);
  }
  for (const host of ['evil.example', `localhost.evil.example:${port}`, '127.0.0.1.evil.example']) {
    assert.equal(await statusFor(host), 403, host);
  }
});

test('kinds: no endpoint takes both a cookie and a token', async () => {
  const { client } = await makeAccount('owner');
  const { cookie } = client;
  const bearer = { authorization: `Bearer ${token}`, 'sec-fetch-site': 'same-origin' };
  const app = await request(`${url}/parley/v1/app/sessions`, 'GET', undefined, bearer);
  assert.deepEqual([app.status, app.body.errors[0].code], [401, 'sign_in_needed']);
  const inCookie = { cookie: `parley=${token}` };
  const asCookie = await request(`${url}/parley/v1/app/sessions`, 'GET', undefined, inCookie);
  assert.equal(asCookie.status, 401);
  const api = await request(`${url}/me`, 'GET', undefined, { cookie });
  assert.equal(api.status, 401);
  const session = cookie.split('=')[1]!;
  const asToken = await call('GET', '/me', undefined, { authorization: `Bearer ${session}` });
  assert.equal(asToken.status, 401);
});

test('sign-out: ends the session on every server, and a repeat is 401', async () => {
  const { client } = await makeAccount();
  const kept = new AppClient(other.url, client.cookie);
  assert.equal((await kept.get('/sessions')).status, 200);
  const out = await client.post('/sign-out');
  assert.match(out.headers.get('set-cookie')!, /^parley=; .*Max-Age=0/);
  assert.equal((await kept.get('/sessions')).status, 401);
  assert.equal((await kept.post('/sign-out')).status, 401);
});

test('sessions: each is listed, and ended by its teammate alone', async () => {
  await forgetAttempts();
  const { client, email } = await makeAccount();
  const phone = new AppClient(url);
  const signIn = { email, password: PASSWORD };
  await phone.post('/sign-in', signIn, { 'user-agent': 'Phone'.repeat(100) });
  const { data } = (await client.get('/sessions')).body;
  assert.deepEqual(data.map((one: { is_this: boolean }) => one.is_this).toSorted(), [false, true]);
  const ofPhone = data.find((one: { is_this: boolean }) => !one.is_this);
  assert.equal(ofPhone.user_agent.length, 200);
  const colleague = await addTeammate(database, url, { role: 'owner' });
  assert.equal((await colleague.call('DELETE', `/sessions/${ofPhone.id}`)).status, 404);
  for (const id of ['0', '-1', 'x', '%00', '9007199254740993', '1'.repeat(40)]) {
    assert.equal((await client.call('DELETE', `/sessions/${id}`)).status, 404, id);
  }
  assert.equal((await client.call('DELETE', `/sessions/${ofPhone.id}`)).status, 200);
  assert.equal((await phone.get('/sessions')).status, 401);
  await phone.post('/sign-in', signIn);
  assert.deepEqual((await client.call('DELETE', '/sessions')).body, { ended: 1 });
  assert.equal((await client.get('/sessions')).status, 200);
});

test('sessions: end after 30 days without use and after 180 days in any case', async () => {
  for (const column of [
    `last_used_at = now() - interval '31 days'`,
    `created_at = now() - interval '181 days'`,
    'ended_at = now()',
  ]) {
    const teammate = await addTeammate(database, url);
    assert.equal((await teammate.get('/sessions')).status, 200);
    await database.sql(`update sessions set ${column} where admin_id = $1`, [teammate.adminId]);
    assert.equal((await teammate.get('/sessions')).status, 401, column);
  }
});

test('rotation: the token changes daily; the old one outlives a lost response only', async () => {
  const teammate = await addTeammate(database, url);
  const age = (interval: string) =>
    database.sql(`update sessions set rotated_at = now() - $2::interval where admin_id = $1`, [
      teammate.adminId,
      interval,
    ]);
  const first = new AppClient(url, teammate.cookie);
  await age('25 hours');
  const both = await Promise.all([teammate.get('/sessions'), first.get('/sessions')]);
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
  );
  // One of the two got the new token; the other was in flight.
  const cookies = new Set([teammate.cookie, first.cookie]);
  assert.equal(cookies.size, 2);
  const old = new AppClient(url, `parley=${sessionOfTest(cookies)}`);
  assert.equal((await old.get('/sessions')).status, 200);
  // The response with the new token never arrived: the old one gets another.
  await age('2 minutes');
  assert.equal((await old.get('/sessions')).status, 200);
  assert.doesNotMatch(old.cookie, /test_session/);
  // Now it is used, so after a minute the old one is worth nothing.
  assert.equal((await old.get('/sessions')).status, 200);
  const stolen = new AppClient(url, `parley=${sessionOfTest(cookies)}`);
  assert.equal((await stolen.get('/sessions')).status, 200);
  await age('2 minutes');
  assert.equal((await stolen.get('/sessions')).status, 401);
  assert.equal((await old.get('/sessions')).status, 200);
});

const sessionOfTest = (cookies: ReadonlySet<string>): string =>
  [...cookies].find((one) => one.includes('test_session'))!.split('=')[1]!;

test('password: a change needs the current one and ends the other sessions', async () => {
  await forgetAttempts();
  const { client, email } = await makeAccount();
  const phone = new AppClient(url);
  await phone.post('/sign-in', { email, password: PASSWORD });
  const next = 'another good one 9';
  const wrong = await client.post('/password', { current_password: 'x', password: next });
  assert.deepEqual([wrong.status, wrong.body.errors[0].field], [400, 'current_password']);
  const same = { current_password: PASSWORD, password: PASSWORD };
  assert.equal((await client.post('/password', same)).status, 422);
  const right = { current_password: PASSWORD, password: next };
  assert.equal((await client.post('/password', right)).status, 200);
  assert.equal((await client.get('/sessions')).status, 200);
  assert.equal((await phone.get('/sessions')).status, 401);
  await forgetAttempts();
  assert.equal((await phone.post('/sign-in', { email, password: PASSWORD })).status, 401);
  assert.equal((await phone.post('/sign-in', { email, password: next })).status, 200);
});

test('invitation: an owner makes a link; a repeat, an account and another role do not', async () => {
  const owner = await addTeammate(database, url, { role: 'owner' });
  const body = { email: 'new@example.com', name: 'New', role: 'operator' };
  const made = await owner.post('/invites', body);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  const code = made.body.path.replace('/app/invite/', '');
  const client = new AppClient(other.url);
  const used = await client.post('/links/use', { code, password: PASSWORD });
  assert.deepEqual([used.body.me.name, used.body.me.role], ['New', 'operator']);
  assert.equal((await owner.post('/invites', body)).status, 409);
  assert.equal((await client.post('/invites', { ...body, email: 'x@example.com' })).status, 403);
  assert.equal((await owner.post('/invites', { ...body, role: 'root' })).status, 400);
  await database.sql(
    `update sessions set created_at = now() - interval '13 hours' where admin_id = $1`,
    [owner.adminId],
  );
  const late = await owner.post('/invites', { ...body, email: 'late@example.com' });
  assert.deepEqual([late.status, late.body.errors[0].code], [403, 'sign_in_again']);
});

test('disabled: sessions, passwords and own tokens of a teammate stop', async () => {
  await forgetAttempts();
  const { client, email, adminId } = await makeAccount();
  await database.sql(
    `insert into access_tokens (workspace_id, admin_id, name, token_hash, token_hint, scopes)
      values (1, $1, 'own', decode($2, 'hex'), 'hint', '{read}')`,
    [adminId, sha256Hex('token_of_a_disabled_one')],
  );
  await database.sql('update admins set disabled_at = now() where id = $1', [adminId]);
  assert.equal((await client.get('/sessions')).status, 401);
  assert.equal((await client.post('/sign-in', { email, password: PASSWORD })).status, 401);
  const own = { authorization: 'Bearer token_of_a_disabled_one' };
  assert.equal((await call('GET', '/me', undefined, own)).status, 401);
});

test('workspaces: the password, or the name, chooses among those of one e-mail', async () => {
  await forgetAttempts();
  const { email } = await makeAccount();
  const acme = await addWorkspace(database, 'acme_accounts');
  const { code, adminId } = await makeLink('invite', 'teammate', acme.workspaceId);
  await database.sql('update admins set email = $2 where id = $1', [adminId, email]);
  const password = 'of the other one 5';
  await new AppClient(url).post('/links/use', { code, password });
  const client = new AppClient(url);
  const there = await client.post('/sign-in', { email, password });
  assert.equal(there.body.workspace.name, 'acme_accounts');
  const wrong = await client.post('/sign-in', { email, password, workspace: 'default' });
  assert.equal(wrong.status, 401);
  const named = await client.post('/sign-in', { email, password: PASSWORD, workspace: 'default' });
  assert.equal(named.body.workspace.name, 'default');
});

test('audit: has the sign-ins, invitations and passwords, with their address', async () => {
  const { adminId } = await makeAccount();
  const entries = await database.sql<{ action: string; source: string }>(
    `select action, source from audit_log where actor_type = 'admin' and actor_id = $1 order by id`,
    [String(adminId)],
  );
  assert.deepEqual(entries, [
    { action: 'admin.password_set', source: '127.0.0.1' },
    { action: 'session.started', source: '127.0.0.1' },
  ]);
});
