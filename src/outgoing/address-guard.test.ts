import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCidr } from '../base/address-ranges.ts';
import { AddressGuard } from './address-guard.ts';

const guard = new AddressGuard([]);

const blocked: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd12:3456::1', 'fc00::1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'febf::1', 'fec0::1'],
  'cloud metadata': ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254'],
  'shared by a carrier': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'unspecified and broadcast': ['0.0.0.0', '0.1.2.3', '::', '255.255.255.255', '250.1.1.1'],
  'documentation and benchmarks': [
    '192.0.2.1',
    '198.51.100.7',
    '203.0.113.9',
    '198.18.0.1',
    '198.19.255.255',
    '2001:db8::1',
    '3fff::1',
    '2001:2::1',
  ],
  'IPv4 in IPv6': [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::7f00:1',
    '::8.8.8.8',
    '::ffff:0:127.0.0.1',
  ],
  'carried by NAT64': ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b:1::808:808'],
  'carried by 6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:c0a8:101::1'],
  'carried by Teredo': ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
  'with a zone': ['fe80::1%eth0', '2a00:1450:4001:81b::200e%1'],
  'no address': ['', 'localhost', '1.2.3', 'example.com'],
};

for (const [what, addresses] of Object.entries(blocked)) {
  test(`address guard: blocks ${what}`, () => {
    for (const address of addresses) assert.notEqual(guard.rejectionReason(address), null, address);
  });
}

test('address guard: public addresses pass, also inside IPv6', () => {
  const addresses = [
    '8.8.8.8',
    '1.1.1.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '192.167.1.1',
    '169.253.1.1',
    '223.255.255.254',
    '2a00:1450:4001:81b::200e',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::1',
  ];
  for (const address of addresses) assert.equal(guard.rejectionReason(address), null, address);
});

test('address guard: an allow-listed range passes in every form, and no other', () => {
  const lenient = new AddressGuard(['10.1.0.0/16', 'fd00:1::/32', '127.0.0.1']);
  for (const address of [
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '64:ff9b::10.1.2.3',
    '2002:a01:203::1',
    'fd00:1::5',
    '127.0.0.1',
  ]) {
    assert.equal(lenient.rejectionReason(address), null, address);
  }
  for (const address of ['10.2.0.1', 'fd00:2::1', '127.0.0.2', '::1', 'fd00:1::5%eth0']) {
    assert.notEqual(lenient.rejectionReason(address), null, address);
  }
});

test('address guard: a range of all IPv6 allows no IPv4', () => {
  const lenient = new AddressGuard(['::/0']);
  assert.equal(lenient.rejectionReason('::1'), null);
  assert.notEqual(lenient.rejectionReason('127.0.0.1'), null);
  assert.notEqual(lenient.rejectionReason('::ffff:127.0.0.1'), null);
});

test('address guard: invalid ranges allow nothing', () => {
  for (const text of ['', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '::ffff:10.0.0.0/104', 'all']) {
    assert.equal(readCidr(text), null, text);
    assert.notEqual(new AddressGuard([text]).rejectionReason('10.0.0.1'), null, text);
  }
  assert.deepEqual(readCidr(' 10.0.0.0/8 '), { address: '10.0.0.0', prefix: 8, family: 'ipv4' });
  assert.deepEqual(readCidr('fd00::1'), { address: 'fd00::1', prefix: 128, family: 'ipv6' });
});
