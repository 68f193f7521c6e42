// Who may do what in the web app: every route with teammates of every role, without a session, and with a token.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTeammate } from '../../../test/support/app-client.ts';
import { request, startTestParley } from '../../../test/support/server.ts';
import { missingRight, roles } from '../../core/model/rights.ts';
import { openApiDocument } from '../openapi/document.ts';
import { routes } from '../routes.ts';
import { appRoutes } from './routes.ts';

const { url, token, database } = await startTestParley();

const sessionRoutes = appRoutes.flatMap((route) => (route.access === 'session' ? [route] : []));

/** A path whose objects do not exist. */
const pathOf = (path: string): string =>
  path.replace('/parley/v1/app', '').replaceAll(/:\w+/g, '999999999');

/** An Accept that the check after the rights rejects, so that no route does anything. */
const accept = 'text/html';

for (const role of roles) {
  test(`${role}: may call the routes of that role, and no other`, async () => {
    const teammate = await addTeammate(database, url, { role });
    for (const route of sessionRoutes) {
      const isMissing = missingRight(
        { scopes: ['read'], role },
        { scope: 'read', role: route.role },
      );
      // A stream takes other types, too.
      if ('open' in route && isMissing === null) continue;
      const headers = { accept };
      const response = await teammate.call(route.method, pathOf(route.path), undefined, headers);
      const at = `${route.method} ${route.path}: ${JSON.stringify(response.body)}`;
      assert.equal(response.status, isMissing === null ? 406 : 403, at);
      if (isMissing !== null) assert.ok(response.body.errors[0].message.includes(`"${role}"`), at);
    }
  });
}

test('routes: without a session 401, with a token 401, from another site 403', async () => {
  assert.ok(sessionRoutes.length > 5);
  const own = { 'sec-fetch-site': 'same-origin' };
  for (const { method, path } of sessionRoutes) {
    const send = (headers: Record<string, string>) =>
      request(`${url}/parley/v1/app${pathOf(path)}`, method, undefined, headers);
    for (const headers of [
      own,
      { ...own, authorization: `Bearer ${token}` },
      { ...own, cookie: `parley=${token}` },
      { ...own, cookie: 'parley=; parley=x' },
      { ...own, cookie: `parley=${'x'.repeat(4000)}` },
    ]) {
      assert.equal((await send(headers)).status, 401, `${method} ${path}`);
    }
    assert.equal((await send({ 'sec-fetch-site': 'cross-site' })).status, 403);
  }
});

test('routes: are not in the document of the API, and each has a path of its own', () => {
  const { paths } = openApiDocument(routes, { name: '', version: '', license: '' } as never);
  assert.deepEqual(
    Object.keys(paths).filter((path) => path.startsWith('/parley/v1/app')),
    [],
  );
  const names = appRoutes.map(({ method, path }) => `${method} ${path}`);
  assert.equal(new Set(names).size, names.length);
  for (const { path } of appRoutes) assert.match(path, /^\/parley\/v1\/app\//);
});
