import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localServerUrl } from './local-server.ts';

test('local server: has the default port without settings', () => {
  assert.equal(localServerUrl({}), 'http://127.0.0.1:3000');
  assert.equal(localServerUrl({ PARLEY_PORT: '', PARLEY_HOST: '' }), 'http://127.0.0.1:3000');
});

test('local server: follows the port and address of the settings', () => {
  assert.equal(localServerUrl({ PARLEY_PORT: '8080' }), 'http://127.0.0.1:8080');
  const onAll = { PARLEY_HOST: '0.0.0.0', PARLEY_PORT: '80' };
  assert.equal(localServerUrl(onAll), 'http://127.0.0.1:80');
  assert.equal(localServerUrl({ PARLEY_HOST: '::' }), 'http://[::1]:3000');
  assert.equal(localServerUrl({ PARLEY_HOST: 'box.lan' }), 'http://box.lan:3000');
});

test('local server: explains what to do if the port is invalid or unknown', () => {
  assert.throws(() => localServerUrl({ PARLEY_PORT: '0' }), /use --url/);
  assert.throws(() => localServerUrl({ PARLEY_PORT: 'x' }), /PARLEY_PORT must be a whole number/);
  // Other invalid settings do not matter.
  assert.equal(localServerUrl({ PARLEY_TOKEN: 'short' }), 'http://127.0.0.1:3000');
});
