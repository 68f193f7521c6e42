import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerNameFault, isHeaderValue } from './sendable-header.ts';

test('header: rejects a forbidden name in upper and lower case', () => {
  const never = ['Expect', 'Keep-Alive', 'Connection', 'Transfer-Encoding', 'Host', 'Upgrade'];
  const more = ['Content-Length', 'TE', 'Trailer', 'HTTP2-Settings', 'Content-Encoding'];
  const ofProxies = ['Proxy-Authorization', 'Proxy-Connection', 'Proxy-Authenticate'];
  const ours = ['Webhook-Id', 'webhook-signature', 'X-Hub-Signature', 'X-Hub-Signature-256'];
  const others = ['Parley-Attempt', 'parley-conversation-id', 'X-Event-Id'];
  for (const name of [...never, ...more, ...ofProxies, ...ours, ...others]) {
    for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.notEqual(headerNameFault(written), null, written);
    }
  }
});

test('header: rejects a name that is not an HTTP token', () => {
  for (const name of ['', 'a b', 'a:', 'ü', 'a\n', '"a"', '(a)', ':path', 'x'.repeat(101)]) {
    assert.equal(headerNameFault(name), 'is no name of a header', name);
  }
});

test('header: accepts common names', () => {
  const free = ['Authorization', 'Cookie', 'X-Api-Key', 'Accept', 'Content-Type', 'User-Agent'];
  for (const name of [...free, 'X-Parley-Token', 'Accept-Encoding', "a!#$%&'*+-.^_`|~1"]) {
    assert.equal(headerNameFault(name), null, name);
  }
});

test('header: a value is visible ASCII, with blanks only inside', () => {
  for (const value of ['x', 'Bearer abc', 'a\tb', '"{}"']) assert.ok(isHeaderValue(value), value);
  for (const value of ['', ' x', 'x ', 'a\nb', 'a\r', 'ä', '\u0000', 'a\u007f']) {
    assert.ok(!isHeaderValue(value), JSON.stringify(value));
  }
});
