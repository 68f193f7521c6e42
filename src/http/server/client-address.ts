// Determines the client address of a request, seen through the proxies that the operator trusts and no others.

import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Bytes, mappedIpv4, RangeSet } from '../../base/address-ranges.ts';

/** The parts of a request that show its origin. */
export type Caller = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** Stands for the address when the connection closed before it was read. */
const UNKNOWN = 'unknown';

/**
 * Creates a reader of client addresses. The result is the peer or, if that is a trusted proxy, the last address in
 * X-Forwarded-For that is not one. Addresses before it were written by the client and prove nothing.
 * @param trustedProxies addresses and ranges.
 */
export function clientAddressReader(trustedProxies: readonly string[]): (caller: Caller) => string {
  if (trustedProxies.length === 0) return ({ socket }) => peerAddress(socket) ?? UNKNOWN;
  const trusted = new RangeSet(trustedProxies);
  const isTrusted = (address: string) => trusted.has(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  return ({ headers, socket }) => {
    let address = peerAddress(socket);
    if (address === null) return UNKNOWN;
    const hops = String(headers['x-forwarded-for'] ?? '').split(',');
    while (hops.length > 0 && isTrusted(address)) {
      const next = readHop(hops.pop()!);
      // A trusted proxy passed on something that is not an address: the proxy is the last known one.
      if (next === null) break;
      address = next;
    }
    return address;
  };
}

const peerAddress = ({ remoteAddress }: Caller['socket']): string | null =>
  remoteAddress === undefined ? null : readAddress(remoteAddress.replace(/%.*$/, ''));

/** Reads an entry of the header; some proxies add the port. */
function readHop(text: string): string | null {
  const entry = text.trim();
  const [, bracketed, dotted] = /^\[([0-9a-f:.]+)\](?::\d+)?$|^([\d.]+):\d+$/i.exec(entry) ?? [];
  return readAddress(bracketed ?? dotted ?? entry);
}

/** Normalises an address: IPv4 mapped into IPv6 becomes IPv4. */
function readAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  return mappedIpv4(ipv6Bytes(text)) ?? text.toLowerCase();
}

/**
 * Maps an address to the caller it counts as where callers are served in turn. An IPv6 client owns a network of 2^64
 * addresses (/64), and could otherwise be a new caller with every request.
 */
export function callerNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const network = ipv6Bytes(address).slice(0, 8);
  return `${Buffer.from(network).toString('hex')}/64`;
}
