import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddressReader } from './client-address.ts';

/** Reads the client address of a request from a peer with an X-Forwarded-For header. */
function addressOf(trusted: readonly string[], peer: string | undefined, header?: string): string {
  const headers = header === undefined ? {} : { 'x-forwarded-for': header };
  return clientAddressReader(trusted)({ headers, socket: { remoteAddress: peer } });
}

test('client address: ignores the header without trusted proxies', () => {
  assert.equal(addressOf([], '198.51.100.7', '203.0.113.9'), '198.51.100.7');
  assert.equal(addressOf([], '::ffff:198.51.100.7'), '198.51.100.7');
  assert.equal(addressOf([], 'fe80::1%eth0'), 'fe80::1');
  assert.equal(addressOf([], undefined, '203.0.113.9'), 'unknown');
});

test('client address: ignores the header of an untrusted peer', () => {
  assert.equal(addressOf(['10.0.0.0/8'], '198.51.100.7', '203.0.113.9'), '198.51.100.7');
  assert.equal(addressOf(['10.0.0.1'], '10.0.0.2', '203.0.113.9'), '10.0.0.2');
  // A range of all of IPv6 does not include IPv4.
  assert.equal(addressOf(['::/1'], '::ffff:10.0.0.1', '203.0.113.9'), '10.0.0.1');
  assert.equal(addressOf(['10.0.0.0/8'], undefined, '203.0.113.9'), 'unknown');
});

for (const [header, expected] of [
  ['203.0.113.9', '203.0.113.9'],
  // The left part was written by the client itself.
  ['127.0.0.1, 203.0.113.9', '203.0.113.9'],
  ['10.9.9.9, 203.0.113.9', '203.0.113.9'],
  // A second trusted proxy stands before the first.
  ['203.0.113.9, 10.1.2.3', '203.0.113.9'],
  ['evil, 203.0.113.9,10.1.2.3 , 10.1.2.4', '203.0.113.9'],
  // Only trusted proxies: the first of them sent the request itself.
  ['10.1.2.3, 10.1.2.4', '10.1.2.3'],
  // With ports, and IPv6.
  ['203.0.113.9:49152', '203.0.113.9'],
  ['[2001:DB8::5]:49152', '2001:db8::5'],
  ['[2001:db8::5]', '2001:db8::5'],
  ['2001:db8::5, fd00::2', '2001:db8::5'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  // Anything that is not an address is ignored.
  ['unknown', '10.0.0.1'],
  ['203.0.113.9, <script>', '10.0.0.1'],
  ['203.0.113.9, ', '10.0.0.1'],
  ['fe80::1%eth0', '10.0.0.1'],
  ['203.0.113.9\t10.0.0.1', '10.0.0.1'],
  ['999.0.113.9', '10.0.0.1'],
  ['', '10.0.0.1'],
  [undefined, '10.0.0.1'],
] as const) {
  test(`client address: X-Forwarded-For "${header}" of a trusted proxy gives ${expected}`, () => {
    assert.equal(addressOf(['10.0.0.0/8', 'fd00::/8'], '10.0.0.1', header), expected);
    assert.equal(addressOf(['10.0.0.0/8', 'fd00::/8'], '::ffff:10.0.0.1', header), expected);
  });
}
