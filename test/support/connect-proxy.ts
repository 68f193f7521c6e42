// A forward proxy (CONNECT) as a process, with a log of its requests. It resolves every name to this machine, so tests
// need no DNS.

import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll } from './after-all.ts';

export type ConnectProxy = {
  readonly port: number;
  /** The log: `callback.example:8443 Basic …`, in order. */
  readonly asked: readonly string[];
};

/** Starts the proxy; it ends with the test file. Hosts named `denied.…` get 403. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  afterAll(async () => void child.kill());
  const asked: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the proxy ended with ${code}`)));
    child.on('message', (message) => {
      if (typeof message === 'number') resolve(message);
      else asked.push(String(message));
    });
  });
  return { port, asked };
}

function serve(): void {
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client, head) => {
    client.on('error', () => {});
    process.send?.(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    if (request.url!.startsWith('denied.')) {
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const target = connect(Number(request.url!.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

if (process.argv[2] === 'serve' && process.argv[1] === fileURLToPath(import.meta.url)) serve();
