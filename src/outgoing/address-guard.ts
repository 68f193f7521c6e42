// Decides which addresses Parley may connect to for a user's URL: none in its own network, on this machine or of a
// cloud's metadata service, unless an operator allow-listed them.

import { isIPv4, isIPv6 } from 'node:net';
import { ipv4At, ipv6Bytes, mappedIpv4, RangeSet } from '../base/address-ranges.ts';

/** The addresses and ranges that are rejected, each with a description. */
const rejectedIpv4: readonly (readonly [cidr: string, what: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by a carrier (CGNAT)'],
  ['127.0.0.0/8', 'loopback'],
  // The only metadata service of a cloud with a public-looking address.
  ['168.63.129.16/32', 'cloud metadata'],
  ['169.254.169.254/32', 'cloud metadata'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
];

const rejectedIpv6: readonly (readonly [cidr: string, what: string])[] = [
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fd00:ec2::/32', 'cloud metadata'],
  ['fc00::/7', 'unique local'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
  ['2001:db8::/32', 'for documentation'],
  ['3fff::/20', 'for documentation'],
  // Includes Teredo (2001::/32), which can carry a private IPv4 address.
  ['2001::/23', 'reserved (Teredo, benchmarks and others)'],
];

/** Prefixes of IPv6 addresses that contain an IPv4 address at this byte offset and are judged as that address. */
const carriers: readonly (readonly [cidr: string, offset: number])[] = [
  ['64:ff9b::/96', 12],
  ['2002::/16', 2],
];

export class AddressGuard {
  readonly #allowed: RangeSet;

  /** @param allowedCidrs ranges that are allowed nevertheless; invalid ones allow nothing. */
  constructor(allowedCidrs: readonly string[]) {
    this.#allowed = new RangeSet(allowedCidrs);
  }

  /** Returns the reason why an address is rejected; null if it is allowed. */
  rejectionReason(address: string): string | null {
    // A zone names an interface of this machine: the address is in the local network.
    if (address.includes('%')) return `${address} has a zone`;
    if (isIPv4(address)) return this.#rejectionReasonOfIpv4(address, address);
    if (!isIPv6(address)) return `${address} is not an address`;
    const bytes = ipv6Bytes(address);
    const mapped = mappedIpv4(bytes);
    if (mapped !== null) return this.#rejectionReasonOfIpv4(mapped, address);
    if (this.#allowed.has(address, 'ipv6')) return null;
    for (const { range, offset } of carrierRanges) {
      if (range.has(address, 'ipv6')) {
        return this.#rejectionReasonOfIpv4(ipv4At(bytes, offset), address);
      }
    }
    for (const { range, what } of ipv6Ranges) {
      if (range.has(address, 'ipv6')) return `${address} is ${what}`;
    }
    // Only 2000::/3 is allocated; the rest is reserved, or unused forms of IPv4.
    return publicIpv6.has(address, 'ipv6') ? null : `${address} is reserved`;
  }

  #rejectionReasonOfIpv4(ipv4: string, asGiven: string): string | null {
    if (this.#allowed.has(ipv4, 'ipv4')) return null;
    const found = ipv4Ranges.find(({ range }) => range.has(ipv4, 'ipv4'));
    return found === undefined ? null : `${asGiven} is ${found.what}`;
  }
}

const asRanges = (table: readonly (readonly [string, string])[]) =>
  table.map(([cidr, what]) => ({ range: new RangeSet([cidr]), what }));

const ipv4Ranges = asRanges(rejectedIpv4);
const ipv6Ranges = asRanges(rejectedIpv6);
const carrierRanges = carriers.map(([cidr, offset]) => ({ range: new RangeSet([cidr]), offset }));
const publicIpv6 = new RangeSet(['2000::/3']);
