// A browser of the web app, without the browser: it has a cookie, sends what browsers send, and compares each response
// with the schema of its route.

import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import { sha256Hex } from '../../src/base/random.ts';
import type { Role } from '../../src/core/model/rights.ts';
import { appRoutes } from '../../src/http/app/routes.ts';
import type { TestDatabase } from './postgres.ts';
import { type ApiResponse, request } from './server.ts';

const ajv = new Ajv({ strict: false });
const checks = appRoutes
  .flatMap((route) => ('open' in route ? [] : [route]))
  .map((route) => ({
    method: route.method,
    form: new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`),
    // A path without parameters goes before one that has them.
    weight: route.path.split(':').length,
    validate: route.response === null ? null : ajv.compile(route.response),
  }));
checks.sort((a, b) => a.weight - b.weight);

export class AppClient {
  readonly url: string;
  cookie: string;

  constructor(url: string, cookie = '') {
    this.url = url;
    this.cookie = cookie;
  }

  /** Sends a request to `/parley/v1/app` as a page of the server does. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiResponse> {
    const full = `/parley/v1/app${path}`;
    const response = await request(`${this.url}${full}`, method, body, {
      ...(this.cookie === '' ? {} : { cookie: this.cookie }),
      'sec-fetch-site': 'same-origin',
      ...headers,
    });
    const [given] = response.headers.getSetCookie();
    if (given !== undefined) this.cookie = given.split(';')[0]!;
    if (response.status === 200) checkBody(method, full, response.body);
    return response;
  }

  get = (path: string): Promise<ApiResponse> => this.call('GET', path);
  post = (
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiResponse> => this.call('POST', path, body, headers);
}

function checkBody(method: string, path: string, body: unknown): void {
  const pathname = path.split('?')[0]!;
  const found = checks.find((one) => one.method === method && one.form.test(pathname));
  if (found === undefined) return;
  if (found.validate === null) assert.equal(body, '', `${method} ${pathname} has a body`);
  else if (!found.validate(body)) {
    assert.fail(`${method} ${pathname}: ${ajv.errorsText(found.validate.errors)}`);
  }
}

let count = 0;

/** Adds a teammate who is signed in, without a password. */
export async function addTeammate(
  database: TestDatabase,
  url: string,
  {
    role = 'teammate',
    workspaceId = 1,
  }: { readonly role?: Role; readonly workspaceId?: number } = {},
): Promise<AppClient & { readonly adminId: number; readonly name: string }> {
  count += 1;
  const name = `${role} ${process.pid}-${count}`;
  const [admin] = await database.sql<{ id: number }>(
    'insert into admins (workspace_id, name, email, role) values ($1, $2, $3, $4) returning id',
    [workspaceId, name, `${name.replace(' ', '-')}@example.com`, role],
  );
  const token = `test_session_${process.pid}_${count}`;
  await database.sql(
    `insert into sessions (workspace_id, admin_id, token_hash, source, user_agent)
      values ($1, $2, decode($3, 'hex'), '127.0.0.1', 'test')`,
    [workspaceId, admin!.id, sha256Hex(token)],
  );
  return Object.assign(new AppClient(url, `parley=${token}`), { adminId: admin!.id, name });
}
