// A connection path to the test's database that can be cut and restored, to make a real outage.

import { createConnection, createServer, type Socket } from 'node:net';
import { afterAll } from '../../test/support/after-all.ts';
import type { TestDatabase } from '../../test/support/postgres.ts';

/** Opens a path; it is closed at the end of the file. */
export async function openDatabaseWay(database: TestDatabase) {
  const { host, port } = database.target;
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const there = host.startsWith('/')
      ? createConnection(`${host}/.s.PGSQL.${port}`)
      : createConnection(port, host);
    for (const one of [socket, there]) sockets.add(one.on('error', () => {}));
    socket.pipe(there).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  afterAll(async () => {
    cut();
    server.close();
  });
  const mend = () => {
    isCut = false;
  };
  return { port: (server.address() as { port: number }).port, cut, mend };
}
