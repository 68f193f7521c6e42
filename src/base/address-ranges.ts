// Ranges of IP addresses as settings write them: parses `10.0.0.0/8`, `fd00::/8` or a single address, and checks
// whether an address is in one of them. Knows no policy: callers decide what a range is for.

import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** A range of addresses; a single address is a range of one. */
export type Cidr = { readonly address: string; readonly prefix: number; readonly family: Family };

type Family = 'ipv4' | 'ipv6';

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address; null for anything else. Mapped IPv4 must be written as IPv4. */
export function readCidr(text: string): Cidr | null {
  const match = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text.trim());
  if (match === null) return null;
  const address = match[1]!;
  const family = familyOf(address);
  if (family === null || (family === 'ipv6' && mappedIpv4(ipv6Bytes(address)) !== null))
    return null;
  const widest = family === 'ipv4' ? 32 : 128;
  const prefix = match[2] === undefined ? widest : Number(match[2]);
  return prefix <= widest ? { address, prefix, family } : null;
}

function familyOf(address: string): Family | null {
  if (isIPv4(address)) return 'ipv4';
  return isIPv6(address) ? 'ipv6' : null;
}

/** A set of ranges, IPv4 and IPv6 apart: in one BlockList a range of mapped addresses would cover all of IPv4. */
export class RangeSet {
  readonly #lists: Readonly<Record<Family, BlockList>> = {
    ipv4: new BlockList(),
    ipv6: new BlockList(),
  };

  constructor(cidrs: readonly string[]) {
    for (const text of cidrs) {
      const cidr = readCidr(text);
      if (cidr !== null) {
        this.#lists[cidr.family].addSubnet(cidr.address, cidr.prefix, cidr.family);
      }
    }
  }

  has(address: string, family: Family): boolean {
    return this.#lists[family].check(address, family);
  }
}

/** Returns the 16 bytes of a valid IPv6 address without a zone. */
export function ipv6Bytes(address: string): readonly number[] {
  // A dotted quad at the end is the last two groups.
  const text = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
      .map((group) => group.toString(16))
      .join(':'),
  );
  const [head, tail] = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const missing = tail === undefined ? 0 : 8 - head!.length - tail.length;
  const groups = [...head!, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
  return groups.flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}

/** Reads the IPv4 address in four of the bytes. */
export const ipv4At = (bytes: readonly number[], offset: number): string =>
  bytes.slice(offset, offset + 4).join('.');

/** Reads the IPv4 address in `::ffff:a.b.c.d`; null for any other. */
export function mappedIpv4(bytes: readonly number[]): string | null {
  const isMapped =
    bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? ipv4At(bytes, 12) : null;
}
