// `npm run pictures`: generates docs/pictures/first-minute.svg, the first minute as a terminal shows it. A real server
// starts in an empty folder and real commands run against it; only the token, the secret, the port and the folder are
// replaced, and long lines end in an ellipsis.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './compile.ts';

const COLUMNS = 92;
const target = join(root, 'docs', 'pictures', 'first-minute.svg');
const launcher = join(root, 'bin', 'parley.js');

type Line = { readonly kind: 'command' | 'output' | 'comment'; readonly text: string };

const folder = mkdtempSync(join(tmpdir(), 'parley-picture-'));
// The embedded PostgreSQL may run as another user, who needs access.
chmodSync(folder, 0o755);
const port = await freePort();
const environment = {
  PATH: process.env.PATH,
  HOME: folder,
  PARLEY_PORT: String(port),
  PARLEY_DATA_DIR: join(folder, 'data'),
  NO_COLOR: '1',
  COLUMNS: String(COLUMNS),
};

/** A command and its output. */
function record(greeting: string, token: string): readonly Line[] {
  const notify = (event: string, conversation: string) => {
    const body = {
      event_id: event,
      external_conversation_id: conversation,
      contact: { type: 'user', external_id: 'user_1', name: 'Jane', email: 'jane@example.com' },
    };
    const url = `http://127.0.0.1:${port}/custom_channel_events/notify_new_conversation`;
    const headers = [`Authorization: Bearer ${token}`, 'Content-Type: application/json'];
    const words = [
      ...['-sS', url],
      ...headers.flatMap((header) => ['-H', header]),
      ...['-d', JSON.stringify(body)],
    ];
    return execFileSync('curl', words, { encoding: 'utf8' });
  };
  const parley = (...words: string[]) =>
    execFileSync(process.execPath, [launcher, ...words], {
      cwd: root,
      env: environment,
      encoding: 'utf8',
    });
  const answer = notify('evt_1', 'conv_1');
  const files = ['workflows/order-help.yaml', 'scripts/eu-order.yaml'];
  const [workflow, talk] = files.map((file) => `examples/order-help/${file}`) as [string, string];
  const played = parley('simulate', workflow, '--script', talk);
  const path = 'http://127.0.0.1:3000/custom_channel_events/notify_new_conversation';
  return [
    command('npm ci && npm start'),
    ...output(greeting.slice(0, greeting.indexOf('Try it:')).trim()),
    nothing,
    comment('Your app says that a conversation began.'),
    command(`curl -sS ${path} \\`),
    more('-H "Authorization: Bearer $PARLEY_TOKEN" -H \'Content-Type: application/json\' \\'),
    more(`-d '{"event_id":"evt_1","external_conversation_id":"conv_1","contact":{…}}'`),
    ...output(answer),
    nothing,
    comment('A workflow answers. This one plays on paper first.'),
    command(`npm run parley -- simulate ${workflow} \\`),
    more(`--script ${talk}`),
    ...output(played.slice(played.indexOf('+0s')).trimEnd()),
  ];
}

const command = (text: string): Line => ({ kind: 'command', text: `$ ${text}` });
const more = (text: string): Line => ({ kind: 'command', text: `    ${text}` });
const nothing: Line = { kind: 'output', text: '' };
const comment = (text: string): Line => ({ kind: 'comment', text: `# ${text}` });
const output = (text: string): readonly Line[] =>
  text.split('\n').map((line) => ({ kind: 'output', text: line }));

function shorten({ kind, text }: Line, token: string): readonly Line[] {
  const plain = text
    .replaceAll(token, `${token.slice(0, 11)}…`)
    .replaceAll(String(port), '3000')
    .replaceAll(folder, '')
    .trimEnd();
  return [{ kind, text: plain.length > COLUMNS ? `${plain.slice(0, COLUMNS - 1)}…` : plain }];
}

async function untilGreeted({ stdout }: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of stdout!.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('Ctrl-C')) return text;
  }
  throw new Error('the server ended before it listened');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  while (probe.address() === null) await pause(1);
  const { port: free } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

/** Lines appear one after the other, unless the reader prefers no motion; without styles all are visible. */
function draw(lines: readonly Line[]): string {
  const [lineHeight, left, top] = [20, 22, 58];
  const width = COLUMNS * 8.43 + left * 2;
  const height = top + lines.length * lineHeight + 8;
  let delay = 0.2;
  const rows = lines.map(({ kind, text }, index) => {
    delay += kind === 'output' ? 0.07 : 0.7;
    const place = `x="${left}" y="${top + index * lineHeight}"`;
    const begin = `style="animation-delay:${delay.toFixed(2)}s"`;
    return `<text class="${kind}" ${begin} ${place}>${asText(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.round(width)} ${height}" role="img">
<title>The first minute with Parley, in a terminal</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre;fill:#c9d1d9}
.command{fill:#fff;font-weight:600}.comment{fill:#7fd6c4}
@media (prefers-reduced-motion:no-preference){text{animation:show .01s both}}
@keyframes show{from{opacity:0}to{opacity:1}}
</style>
<rect width="100%" height="100%" rx="10" fill="#14191c"/>
<g fill="#4a555c"><circle cx="24" cy="22" r="6"/><circle cx="44" cy="22" r="6"/><circle cx="64" cy="22" r="6"/></g>
${rows.join('\n')}
</svg>
`;
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Starts the server, runs the commands, and removes everything. */
async function makePicture(): Promise<void> {
  const server = spawn(process.execPath, [launcher, 'serve'], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const greeting = await untilGreeted(server);
    const token = /parley_[A-Za-z0-9_-]{20,}/.exec(greeting)![0];
    const svg = draw(record(greeting, token).flatMap((line) => shorten(line, token)));
    writeFileSync(target, svg);
    console.log(`${target}: ${svg.length} bytes`);
  } finally {
    server.kill('SIGTERM');
    await new Promise((resolve) => server.on('close', resolve));
    rmSync(folder, { recursive: true });
  }
}

await makePicture();
