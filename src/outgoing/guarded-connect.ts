// Connects for the outgoing HTTP client: looks a name up, and opens connections only to addresses that the guard lets
// pass. What was checked is what is connected to, so a name that changes its mind in between gains nothing.

import { type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { type LookUp, LookUpLine } from './look-up-line.ts';

export type { LookUp } from './look-up-line.ts';

/** The address, or every address of the name, is one that must not be reached. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

const connectTimeoutMs = 10_000;

/** One for the whole process, as the threads that look names up are. */
const line = new LookUpLine(
  (hostname) =>
    new Promise((resolve, reject) => {
      systemLookup(hostname, { all: true }, (error, addresses) => {
        if (error) reject(error);
        else resolve(addresses);
      });
    }),
);

/** The look-up of the operating system, as everything else on this machine uses it. */
export const lookUpInSystem: LookUp = (hostname) => line.lookUp(hostname);

/** A connector for undici behind a guard. HTTP/1.1 only; certificates are verified. */
export function guardedConnect(guard: AddressGuard, lookUp: LookUp): buildConnector.connector {
  const connect = buildConnector({
    lookup: guardedLookup(guard, lookUp),
    timeout: connectTimeoutMs,
    allowH2: false,
    rejectUnauthorized: true,
  });
  return (options, callback) => {
    // A literal address is never looked up, so the lookup would not see it.
    const literal = options.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(literal) !== 0 || literal.includes('%')) {
      const refusal = guard.refusal(literal);
      if (refusal !== null) return callback(new AddressRefused(refusal), null);
    }
    connect(options, (...answer) => {
      const [error, socket] = answer;
      if (error !== null) return callback(error, null);
      const refusal =
        socket.remoteAddress === undefined ? null : guard.refusal(socket.remoteAddress);
      if (refusal === null) return callback(null, socket);
      socket.destroy();
      callback(new AddressRefused(refusal), null);
    });
  };
}

function guardedLookup(guard: AddressGuard, lookUp: LookUp): LookupFunction {
  return (hostname, options, callback) => {
    lookUp(hostname).then(
      (found) => {
        const family = wantedFamily(options);
        const wanted = found.filter((one) => family === 0 || one.family === family);
        const refusals = wanted.map(({ address }) => guard.refusal(address));
        const usable = wanted.filter((_, index) => refusals[index] === null);
        if (usable.length > 0) {
          if (options.all === true) callback(null, usable);
          else callback(null, usable[0]!.address, usable[0]!.family);
          return;
        }
        const reason = refusals[0] ?? 'no address';
        callback(new AddressRefused(`${hostname}: ${reason}`), []);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

const wantedFamily = ({ family }: LookupOptions): number =>
  family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);
