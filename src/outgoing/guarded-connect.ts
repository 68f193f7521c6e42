// Connects for the outgoing HTTP client: looks a name up, and connects only to addresses that the guard allows. The
// checked address is the one connected to, which defeats DNS rebinding. If the operator's proxy connects, it gets a
// name only if the guard allows all addresses that the name has here, or if only the proxy can look the name up.

import { type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { DnsLookupQueue, type Lookup } from './dns-lookup.ts';
import type { ProxyRules } from './proxy-rules.ts';
import { openTunnel } from './proxy-tunnel.ts';

export type { Lookup } from './dns-lookup.ts';

/** The guard rejects the address, or every address of the name. */
export class AddressRejected extends Error {
  override readonly name = 'AddressRejected';
}

const connectTimeoutMs = 10_000;

/** One queue for the whole process, like the threads for lookups. */
const line = new DnsLookupQueue(
  (hostname) =>
    new Promise((resolve, reject) => {
      systemLookup(hostname, { all: true }, (error, addresses) => {
        if (error) reject(error);
        else resolve(addresses);
      });
    }),
);

/** Looks names up with the operating system. */
export const lookupInSystem: Lookup = (hostname) => line.lookUp(hostname);

/** Creates a connector for undici behind a guard. HTTP/1.1 only; certificates are verified. */
export function guardedConnect(
  guard: AddressGuard,
  lookUp: Lookup,
  proxies: ProxyRules | null = null,
): buildConnector.connector {
  const connect = buildConnector({
    lookup: guardedLookup(guard, lookUp),
    timeout: connectTimeoutMs,
    allowH2: false,
    rejectUnauthorized: true,
  });
  return (options, callback) => {
    // A literal address is never looked up, so it is checked here.
    const literal = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0 || literal.includes('%')) {
      const reason = guard.rejectionReason(literal);
      if (reason !== null) return callback(new AddressRejected(reason), null);
    }
    const proxy = proxies?.proxyFor(options.protocol, options.hostname, options.port) ?? null;
    if (proxy !== null) {
      throughProxy(proxy, options, guard, lookUp).then(
        // The certificate must be that of the host at the other end.
        (httpSocket) => {
          if (options.protocol === 'https:') connect({ ...options, httpSocket }, callback);
          else callback(null, httpSocket.setNoDelay(true));
        },
        (error: Error) => callback(error, null),
      );
      return;
    }
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null) return callback(error, null);
      const reason =
        socket.remoteAddress === undefined ? null : guard.rejectionReason(socket.remoteAddress);
      if (reason === null) return callback(null, socket);
      socket.destroy();
      callback(new AddressRejected(reason), null);
    });
  };
}

async function throughProxy(
  proxy: URL,
  { hostname, port, protocol }: buildConnector.Options,
  guard: AddressGuard,
  lookUp: Lookup,
): Promise<Socket> {
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(literal) === 0) await checkName(literal, guard, lookUp);
  const target = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  return openTunnel(proxy, target, connectTimeoutMs);
}

/** Whether a name exists only inside a network, where a proxy would know it too. */
const isInner = (name: string): boolean =>
  !name.replace(/\.$/, '').includes('.') ||
  /\.(localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)\.?$/i.test(name);

/** Checks a name for a proxy, which may choose any address: all must be allowed. @throws AddressRejected. */
async function checkName(name: string, guard: AddressGuard, lookUp: Lookup): Promise<void> {
  const found = await lookUp(name).catch(() => []);
  const reason = found
    .map(({ address }) => guard.rejectionReason(address))
    .find((one) => one !== null);
  if (reason !== undefined) throw new AddressRejected(`${name}: ${reason}`);
  if (found.length === 0 && isInner(name)) {
    throw new AddressRejected(`${name}: it has no address here, and is a name of an inner network`);
  }
}

function guardedLookup(guard: AddressGuard, lookUp: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname).then(
      (found) => {
        const family = wantedFamily(options);
        const wanted = found.filter((one) => family === 0 || one.family === family);
        const reasons = wanted.map(({ address }) => guard.rejectionReason(address));
        const usable = wanted.filter((_, index) => reasons[index] === null);
        if (usable.length > 0) {
          if (options.all === true) callback(null, usable);
          else callback(null, usable[0]!.address, usable[0]!.family);
          return;
        }
        const reason = reasons[0] ?? 'no address';
        callback(new AddressRejected(`${hostname}: ${reason}`), []);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

function wantedFamily({ family }: LookupOptions): number {
  if (family === 'IPv4') return 4;
  return family === 'IPv6' ? 6 : (family ?? 0);
}
