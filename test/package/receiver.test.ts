// The package of the receiver from an app's view: packed, installed into an empty folder by npm, imported and required
// by each Node, and type-checked with real servers.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../cli/run-parley.ts';
import { nodesToTry } from './nodes.ts';
import { install, type Packed, pack } from './npm.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = temporaryFolder('receiver');
const installed = join(folder, 'node_modules', '@parley-server', 'receiver');
const sizeMaxBytes = 32 * 1024;
let packed: Packed;

const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);

before(() => {
  packed = pack(join(root, 'packages', 'receiver'), folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  install(folder, packed);
});

function run(node: string, ...words: string[]): string {
  const ran = spawnSync(node, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  return ran.stdout;
}

test('receiver: installs nothing else and is small', (t) => {
  const paths = packed.files.map(({ path }) => path).toSorted();
  t.diagnostic(`${packed.size} bytes packed, ${packed.unpackedSize} unpacked: ${paths.join(' ')}`);
  assert.ok(packed.size < sizeMaxBytes, `${packed.size} bytes`);
  for (const wanted of [
    'LICENSE',
    'README.md',
    'dist/receiver.d.ts',
    'dist/outbound-events.d.ts',
  ]) {
    assert.ok(paths.includes(wanted), `${wanted} is missing`);
  }
  const others = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  assert.deepEqual(others, ['@parley-server']);
  assert.deepEqual(readdirSync(join(folder, 'node_modules', '@parley-server')), ['receiver']);
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  assert.equal(dependencies, undefined);
});

test('receiver: code and types import no package and no builtin', () => {
  const foreign = readdirSync(join(installed, 'dist')).flatMap((name) =>
    [
      ...readFileSync(join(installed, 'dist', name), 'utf8').matchAll(
        /(?:from|import\()\s*'([^']+)'/g,
      ),
    ]
      .map(([, from]) => from!)
      .filter((from) => !/^\.\/[\w-]+\.js$/.test(from))
      .map((from) => `${name}: ${from}`),
  );
  assert.deepEqual(foreign, []);
});

const use =
  "({ createReceiver }) => console.log(typeof createReceiver({ secrets: 'x', on: {} }).fetch)";

for (const { title, node, nodeArguments } of nodesToTry) {
  test(`receiver: ${title} imports and requires it, and receives a delivery`, () => {
    const name = '@parley-server/receiver';
    assert.equal(run(node, ...nodeArguments, '-e', `import('${name}').then(${use})`), 'function\n');
    writeFileSync(join(folder, 'required.cjs'), `(${use})(require('${name}'))`);
    assert.equal(run(node, ...nodeArguments, '--no-warnings', 'required.cjs'), 'function\n');
    writeFileSync(join(folder, 'delivery.mjs'), delivery);
    assert.equal(run(node, ...nodeArguments, 'delivery.mjs'), 'hello dana\n200 200 401\n');
  });
}

/** Sends an event twice, signed by Standard Webhooks, and once with a wrong signature. */
const delivery = `
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createReceiver } from '@parley-server/receiver';
const secret = 'whsec_' + Buffer.from('a secret of thirty-two bytes, ok').toString('base64');
const receiver = createReceiver({
  secrets: secret,
  on: { new_message: (event) => console.log(event.message.body_text) },
});
const server = createServer(receiver.node).listen(0, '127.0.0.1', async () => {
  const body = JSON.stringify({
    event_name: 'new_message', event_id: 'evt_1', workspace_id: '1', conversation_id: '7',
    external_conversation_id: 'c', sequence: 1, created_at_ms: new Date().toISOString(),
    contact: { type: 'user', external_id: 'u', id: 'x' },
    message: { id: '1', author: { type: 'bot', id: '1', name: null, from_ai_agent: false },
      body: '<p>hello dana</p>', body_text: 'hello dana', attachments: [], created_at_ms: '' },
  });
  const seconds = String(Math.floor(Date.now() / 1000));
  const sign = (text) => 'v1,' + createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update('evt_1.' + seconds + '.' + text).digest('base64');
  const post = (signature) => fetch('http://127.0.0.1:' + server.address().port, {
    method: 'POST', body,
    headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1',
      'webhook-timestamp': seconds, 'webhook-signature': signature },
  });
  const first = await post(sign(body));
  const again = await post(sign(body));
  const wrong = await post(sign(body + ' '));
  console.log(first.status, again.status, wrong.status);
  server.close();
  server.closeAllConnections();
});
`;

/** Types that the apps below would have installed. */
function installTypes(): void {
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  const names = ['fastify', 'express', 'undici-types', '@types/node', '@types/express'];
  for (const name of names) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
}

const app = `
import { createServer } from 'node:http';
import express from 'express';
import fastify from 'fastify';
import { createReceiver, type EventOf } from '@parley-server/receiver';

const receiver = createReceiver({
  secrets: ['whsec_c2VjcmV0'],
  on: {
    quick_replies_presented(event) {
      const ids: string[] = event.quick_reply_options.map(({ id }) => id);
      console.log(ids);
    },
  },
  onEvent: async (event, { missing, isLate }) => {
    switch (event.event_name) {
      case 'new_message': {
        const text: string | null = event.message.body_text;
        return console.log(text, missing?.from, isLate);
      }
      case 'typing_started':
        return console.log(event.expires_in_ms satisfies number);
      case 'quick_replies_presented':
      case 'attribute_requested':
      case 'conversation_assigned':
      case 'status_updated':
      case 'typing_stopped':
      case 'contact_merged':
      case 'message_redacted':
      case 'conversation_deleted':
      case 'ping':
        return;
      default:
        event satisfies never;
    }
  },
});
createServer(receiver.node);
express().post('/parley', receiver.express);
await fastify().register(receiver.fastify, { prefix: '/parley' });
export const POST: (request: Request) => Promise<Response> = receiver.fetch;
export type Assigned = EventOf<'conversation_assigned'>['assignee']['name'];

// @ts-expect-error a name that no event has
createReceiver({ secrets: 'x', on: { newMessage() {} } });
// @ts-expect-error no secret
createReceiver({ onEvent() {} });
// @ts-expect-error a field that its event lacks
createReceiver({ secrets: 'x', on: { status_updated: (event) => event.message } });
`;

const fetchOnly = `
import { createReceiver } from '@parley-server/receiver';
export const { fetch } = createReceiver({ secrets: 'x', onEvent: ({ event_id: id }) => void id.trim() });
`;

const strictly = ['--noEmit', '--strict', '--target', 'es2022', '--ignoreConfig'];

test('receiver: types compile in a fetch-style app without the types of Node', () => {
  writeFileSync(join(folder, 'fetch-only.ts'), fetchOnly);
  const web = ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'];
  run(process.execPath, compiler, ...strictly, ...web, '--types', '', 'fetch-only.ts');
});

test('receiver: types compile in apps with node:http, Express and Fastify', () => {
  installTypes();
  writeFileSync(join(folder, 'app.ts'), app);
  const node = ['--module', 'nodenext', '--types', 'node', 'app.ts'];
  run(process.execPath, compiler, ...strictly, ...node);
});

test('receiver: event types match the schemas in both directions', () => {
  const ours = join(installed, 'dist', 'outbound-events.js');
  const source = join(root, 'src', 'contract', 'outbound-events.ts');
  writeFileSync(
    join(folder, 'same.ts'),
    `import type { OutboundEvent as Packed } from '${ours}';
import type { OutboundEvent } from '${source}';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = T extends object ? { [K in keyof T]: Flat<T[K]> } : T;
export const there = (event: Packed): OutboundEvent => event;
export const back = (event: OutboundEvent): Packed => event;
export const same: Same<Flat<Packed>, Flat<OutboundEvent>> = true;
`,
  );
  const options = ['--module', 'nodenext', '--allowImportingTsExtensions', '--skipLibCheck'];
  const typeRoots = ['--typeRoots', join(root, 'node_modules', '@types'), '--types', 'node'];
  run(process.execPath, compiler, ...strictly, ...options, ...typeRoots, 'same.ts');
});
