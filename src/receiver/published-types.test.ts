// What an app gets that imports `parley/receiver` from the package: built as `npm run build` builds it, found
// through the package's exports, checked by the compiler with the types of real servers, and run.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'parley-receiver-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const installed = join(folder, 'node_modules', 'parley');

const compiler = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin',
  'tsc',
);

function run(...words: string[]): string {
  const ran = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  return ran.stdout;
}

function install(): void {
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true });
  for (const name of [
    'typebox',
    'fastify',
    'express',
    'undici-types',
    '@types/node',
    '@types/express',
  ]) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const settings = {
    extends: join(root, 'tsconfig.types.json'),
    compilerOptions: {
      rootDir: join(root, 'src'),
      outDir: join(installed, 'dist'),
      emitDeclarationOnly: false,
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    files: [join(root, 'src', 'receiver', 'receiver.ts')],
  };
  writeFileSync(join(folder, 'build.json'), JSON.stringify(settings));
  run(compiler, '--project', 'build.json');
  const { name, type, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ name, type, exports }));
}
install();

const app = `
import { createServer } from 'node:http';
import express from 'express';
import fastify from 'fastify';
import { createReceiver, type EventOf } from 'parley/receiver';

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
import { createReceiver } from 'parley/receiver';
export const { fetch } = createReceiver({ secrets: 'x', onEvent: ({ event_id: id }) => void id.trim() });
`;

const strictly = ['--noEmit', '--strict', '--target', 'es2022', '--ignoreConfig'];

test('types: an app with node:http, Express and Fastify, checked with every library', () => {
  writeFileSync(join(folder, 'app.ts'), app);
  run(compiler, ...strictly, '--module', 'nodenext', '--types', 'node', 'app.ts');
});

test('types: a fetch-style app without the types of Node, checked with every library', () => {
  writeFileSync(join(folder, 'fetch-only.ts'), fetchOnly);
  const web = ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'];
  run(compiler, ...strictly, ...web, '--types', '', 'fetch-only.ts');
});

test('package: the built receiver, it imports no package, no builtin and no other room', () => {
  const built = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  const code = built.filter((name) => name.endsWith('.js') && name.startsWith('receiver'));
  assert.ok(code.length > 5, code.join());
  const foreign = code.flatMap((name) =>
    [...readFileSync(join(installed, 'dist', name), 'utf8').matchAll(/from '([^']+)'/g)]
      .map(([, from]) => from!)
      .filter((from) => !from.startsWith('./')),
  );
  assert.deepEqual(foreign, []);
});

test('package: parley/receiver, imported and required', () => {
  const use =
    "({ createReceiver }) => console.log(typeof createReceiver({ secrets: 'x', on: {} }).fetch)";
  assert.equal(run('-e', `import('parley/receiver').then(${use})`), 'function\n');
  assert.equal(
    run('--input-type=commonjs', '-e', `(${use})(require('parley/receiver'))`),
    'function\n',
  );
});
