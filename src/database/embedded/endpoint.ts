// The address at which this process reaches the cluster: its Unix socket, through a short link if the path is too long
// for the operating system (loopback on Windows). Only probes the connection.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Endpoint = { host: string; port: number; close(): void };

const unixPort = 5432;
/** The size of sun_path without its final zero byte. */
const longestSocketPathBytes = process.platform === 'linux' ? 107 : 103;

/** Opens the address of a cluster; close() removes the link if one was needed. */
export async function openEndpoint(clusterDir: string): Promise<Endpoint> {
  if (process.platform === 'win32') {
    return { host: '127.0.0.1', port: await freePort(), close: () => undefined };
  }
  const socketPath = join(clusterDir, `.s.PGSQL.${unixPort}`);
  if (Buffer.byteLength(socketPath) <= longestSocketPathBytes) {
    return { host: clusterDir, port: unixPort, close: () => undefined };
  }
  const folder = mkdtempSync(join(shortTemporaryFolder(), 'parley-'));
  const host = join(folder, 'c');
  symlinkSync(clusterDir, host);
  const remove = (): void => {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A leftover link in the temporary folder is harmless.
    }
  };
  process.once('exit', remove);
  const close = (): void => {
    process.off('exit', remove);
    remove();
  };
  return { host, port: unixPort, close };
}

/** Whether anything accepts connections there, even a server that this process cannot see. */
export function accepts(endpoint: Endpoint): Promise<boolean> {
  if (process.platform === 'win32') return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(join(endpoint.host, `.s.PGSQL.${endpoint.port}`));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function shortTemporaryFolder(): string {
  const usual = tmpdir();
  return Buffer.byteLength(join(usual, 'parley-XXXXXX', 'c', '.s.PGSQL.5432')) <=
    longestSocketPathBytes
    ? usual
    : '/tmp';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
