// Hostile values in every place of every route that a token opens: in each parameter of the path and the query, and in
// each value of the body. Whatever they are, the response is the caller's error or a success, never a 5xx.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '../../src/http/routes.ts';
import type { ApiRoute } from '../../src/http/server/route.ts';
import { addVictim, adminOf, pathOf, readIsolation } from '../support/isolation.ts';
import { startTestParley } from '../support/server.ts';

const parley = await startTestParley({ PARLEY_RATE_LIMIT: '1000000' });
const admin = await adminOf(parley.database, 1);
const isolation = await readIsolation();

/** Percent-encoded: a NUL, a lone surrogate, a line break, an id beyond every integer, a long text. */
const pathTexts = ['%00', 'a%00b', '%ED%A0%80', '%0A', '99999999999999999999', 'x'.repeat(300)];

const values: readonly unknown[] = [
  'a\u0000b\ud800',
  '\u0000',
  '',
  '9'.repeat(400),
  -1,
  1.5,
  2 ** 53,
  1e300,
  null,
  true,
  {},
  { a: { b: ['\u0000'] } },
  [],
  ['\u0000', 1e300],
];

/** Copies of a body with one value replaced, for each value in it, and with one name that has a NUL. */
function* variantsOf(body: unknown): Generator<unknown> {
  if (typeof body !== 'object' || body === null) return;
  const copyWith = (name: string, value: unknown): unknown =>
    Array.isArray(body)
      ? body.map((item, index) => (String(index) === name ? value : item))
      : { ...body, [name]: value };
  for (const [name, value] of Object.entries(body)) {
    for (const hostile of values) yield copyWith(name, hostile);
    for (const deeper of variantsOf(value)) yield copyWith(name, deeper);
  }
  if (!Array.isArray(body)) yield { ...body, 'a\u0000\ud800': '\u0000' };
}

/** Deletions last, so that the objects are there for the other routes. */
const isDeletion = ({ method, path }: ApiRoute): boolean =>
  method === 'DELETE' || /merge|archive|block/.test(path);
const ofToken = routes.filter((route): route is ApiRoute => route.access === 'token');
const ordered = [
  ...ofToken.filter((route) => !isDeletion(route)),
  ...ofToken.filter((route) => isDeletion(route)),
];

for (const [index, route] of ordered.entries()) {
  test(`${route.method} ${route.path}: hostile values never cause a 5xx`, async () => {
    const { victim } = await addVictim(parley, `victim_${index}`, admin);
    const wanted = isolation[`${route.method} ${route.path}`]?.(victim) ?? {};
    const send = async (path: string, body: unknown) => {
      const { status, body: response } = await parley.call(route.method, path, body);
      const request = `${path} ${JSON.stringify(body)}`.slice(0, 500);
      assert.ok(status < 500, `${status} ${JSON.stringify(response)}\n${request}`);
    };
    for (const text of pathTexts) {
      for (const name of Object.keys(wanted.parameters ?? {})) {
        const parameters = { ...wanted.parameters, [name]: text };
        await send(pathOf(route, { ...wanted, parameters }), wanted.body ?? route.bodyExample);
      }
      for (const { name } of route.parameters?.filter((one) => one.in === 'query') ?? []) {
        await send(pathOf(route, { ...wanted, query: `?${name}=${text}` }), wanted.body);
      }
    }
    const path = pathOf(route, wanted);
    for (const body of [route.bodyExample, wanted.body]) {
      for (const variant of variantsOf(body)) await send(path, variant);
    }
  });
}
