// Whose request it is: the address of the client, seen through the proxies that the operator trusts and through no
// others. Decides nothing with it.

import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Bytes, mappedIpv4, RangeSet } from '../../base/address-ranges.ts';

/** What a request says about where it came from. */
export type Caller = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** When the connection is gone before its address was asked for. */
const UNKNOWN = 'unknown';

/**
 * The client address of a request: the peer, or, if that is a trusted proxy, the nearest address in X-Forwarded-For
 * that is none. What stands further left in the header was written by that client, and proves nothing.
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
      // A trusted proxy passed on what is no address: it is the last that is known.
      if (next === null) break;
      address = next;
    }
    return address;
  };
}

const peerAddress = ({ remoteAddress }: Caller['socket']): string | null =>
  remoteAddress === undefined ? null : readAddress(remoteAddress.replace(/%.*$/, ''));

/** An entry of the header; some proxies add the port. */
function readHop(text: string): string | null {
  const entry = text.trim();
  const [, bracketed, dotted] = /^\[([0-9a-f:.]+)\](?::\d+)?$|^([\d.]+):\d+$/i.exec(entry) ?? [];
  return readAddress(bracketed ?? dotted ?? entry);
}

/** The address in its usual form: IPv4 that is mapped into IPv6 is IPv4. */
function readAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  if (!isIPv6(text) || text.includes('%')) return null;
  return mappedIpv4(ipv6Bytes(text)) ?? text.toLowerCase();
}

/**
 * Whom an address counts for where callers take turns: an IPv6 caller has a network of 2^64 addresses (/64), and could
 * be a new caller with every request.
 */
export function callerNetwork(address: string): string {
  if (!isIPv6(address)) return address;
  const network = ipv6Bytes(address).slice(0, 8);
  return `${Buffer.from(network).toString('hex')}/64`;
}
