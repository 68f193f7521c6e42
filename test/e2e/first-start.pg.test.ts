// The first command of the README: a fresh data folder, the printed lines, Ctrl-C, and a second start.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { folderOfCurl } from '../docs/examples.ts';
import { afterAll } from '../support/after-all.ts';

const entry = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'parley-first-start-'));
chmodSync(folder, 0o711);
afterAll(async () => rmSync(folder, { recursive: true, force: true }));

type Started = {
  readonly child: ChildProcess;
  printed(): string;
  logged(): string;
  readonly startMs: number;
  readonly url: string;
};

/** Runs `parley serve` in the folder, as `npm start` does, until it listens. */
async function start(): Promise<Started> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [entry, 'serve'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PARLEY_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  afterAll(async () => child.kill('SIGKILL'));
  let [printed, logged] = ['', ''];
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    logged += chunk;
  });
  while (!printed.includes('Ctrl-C')) {
    if (child.exitCode !== null) throw new Error(`ended early: ${printed}${logged}`);
    await pause(10);
  }
  const url = /listening on (\S+)/.exec(printed)![1]!;
  await (await fetch(`${url}/me`)).text();
  const startMs = performance.now() - startedAt;
  return { child, printed: () => printed, logged: () => logged, startMs, url };
}

async function interrupt({ child }: Started): Promise<number | null> {
  const exited = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => resolve(code)),
  );
  child.kill('SIGINT');
  return exited;
}

/** Finds every file below a folder that contains a text. */
function filesWith(text: string, where: string): string[] {
  return readdirSync(where, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

test('first start: prints address, token and curl line; Ctrl-C stops everything', async (t) => {
  const first = await start();
  const token = /parley_[\w-]{43}/.exec(first.printed())![0];
  t.diagnostic(`first start to first answer: ${Math.round(first.startMs)} ms`);
  assert.match(first.url, /^http:\/\/127\.0\.0\.1:\d+$/);

  const line = first
    .printed()
    .split('\n')
    .find((one) => one.trim().startsWith('curl '))!;
  const response = JSON.parse(
    execFileSync('sh', ['-c', line], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folderOfCurl()}:${process.env['PATH']}` },
    }),
  );
  assert.match(response.conversation_id, /^\d+$/);
  const me = await fetch(`${first.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(((await me.json()) as { app: { name: string } }).app.name, 'default');

  assert.deepEqual(readdirSync(folder), ['.parley'], 'nothing but the data folder is made');
  assert.equal(await interrupt(first), 0);
  assert.doesNotMatch(first.logged(), new RegExp(token));
  assert.deepEqual(filesWith(token, folder), []);
  const left = filesWith('postmaster', folder).filter((file) => file.endsWith('postmaster.pid'));
  assert.deepEqual(left, [], 'PostgreSQL has stopped');

  const second = await start();
  t.diagnostic(`restart to first answer: ${Math.round(second.startMs)} ms`);
  assert.doesNotMatch(second.printed(), /parley_[\w-]{43}/);
  const again = await fetch(`${second.url}/me`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(again.status, 200);
  assert.equal(await interrupt(second), 0);
});

test('start: exits with 2 and names all invalid settings at once', () => {
  const result = spawnResult({
    PARLEY_PORT: 'http',
    PARLEY_RATE_LIMIT: 'x',
    PARLEY_BOOTSTRAP_TOKEN: 'short',
  });
  assert.equal(result.code, 2);
  for (const name of ['PARLEY_PORT', 'PARLEY_RATE_LIMIT', 'PARLEY_BOOTSTRAP_TOKEN']) {
    assert.match(result.stderr, new RegExp(name));
  }
});

test('start: keeps the first token for the next start when the address is in use', async () => {
  const { createServer } = await import('node:net');
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  rmSync(join(folder, '.parley'), { recursive: true, force: true });
  const result = await runAsync({
    PARLEY_PORT: String(port),
    PARLEY_DATA_DIR: join(folder, '.parley'),
  });
  taken.close();
  assert.equal(result.code, 1);
  assert.match(result.stderr, new RegExp(`the address 127.0.0.1:${port} is in use.*PARLEY_PORT`));
  const next = await start();
  assert.match(next.printed(), /parley_[\w-]{43}/);
  assert.equal(await interrupt(next), 0);
});

test('start: stops when only the npm process around it gets SIGTERM', async () => {
  const shell = spawn('sh', ['-c', `'${process.execPath}' '${entry}' serve & wait`], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PARLEY_PORT: '0', npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let printed = '';
  shell.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  while (!printed.includes('Ctrl-C')) await pause(20);
  const url = /listening on (\S+)/.exec(printed)![1]!;
  const closed = new Promise((resolve) => shell.stdout.once('close', resolve));
  shell.kill('SIGTERM');
  // The server holds the other end of this pipe: it closes when the server is gone.
  await closed;
  await assert.rejects(fetch(`${url}/healthz`));
});

function spawnResult(settings: Record<string, string>): { code: number; stderr: string } {
  try {
    execFileSync(process.execPath, [entry, 'serve'], {
      env: { PATH: process.env['PATH'], ...settings },
      stdio: 'pipe',
    });
    return { code: 0, stderr: '' };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { code: status, stderr: stderr.toString() };
  }
}

function runAsync(
  settings: Record<string, string>,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [entry, 'serve'], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}
