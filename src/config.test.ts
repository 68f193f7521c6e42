import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { readConfig, settings, showSetting, unknownSettings } from './config.ts';

test('settings: have defaults', () => {
  const config = readConfig({});
  assert.ok(config.ok);
  assert.equal(config.value.host, '127.0.0.1');
  assert.equal(config.value.port, 3000);
  assert.equal(config.value.dataDir, resolve('.parley'));
  assert.equal(config.value.databaseUrl, undefined);
  assert.equal(config.value.rateLimit, 600_000);
  assert.equal(config.value.bodyLimitBytes, 1_048_576);
});

test('settings: an empty value counts as not set', () => {
  const config = readConfig({ PARLEY_PORT: '', PARLEY_BOOTSTRAP_TOKEN: '' });
  assert.ok(config.ok);
  assert.deepEqual([config.value.port, config.value.bootstrapToken], [3000, undefined]);
});

test('settings: all faults are in one list that repeats no secret', () => {
  const config = readConfig({
    PARLEY_HOST: 'http://x/',
    PARLEY_PORT: '70000',
    PARLEY_DATABASE_URL: 'mysql://u:secret_in_url@h/d',
    PARLEY_BOOTSTRAP_TOKEN: 'short',
    PARLEY_SECRET_KEY: 'too_little_of_a_key',
    PARLEY_LOG_LEVEL: 'loud',
    PARLEY_RATE_LIMIT: '-1',
    PARLEY_BODY_LIMIT: '1MB',
    PARLEY_GROUP_SIZE: '0',
    PARLEY_GROUPS_IN_FLIGHT: 'many',
  });
  assert.ok(!config.ok);
  assert.equal(config.error.length, 10);
  assert.match(
    config.error.join('\n'),
    /PARLEY_PORT must be a whole number from 0 to 65535, not "70000"/,
  );
  assert.doesNotMatch(config.error.join('\n'), /secret_in_url|short|too_little/);
});

test('settings: are shown with masked secrets', () => {
  const config = readConfig({
    PARLEY_BOOTSTRAP_TOKEN: 'a_token_that_is_secret',
    PARLEY_SECRET_KEY: 'a_key_of_32_characters_and_more_0',
    PARLEY_DATABASE_URL: 'postgresql://me:pass_word@db:5432/parley?sslpassword=other_secret',
  });
  assert.ok(config.ok);
  const shown = settings.map((setting) => showSetting(setting, config.value)).join('\n');
  assert.doesNotMatch(shown, /a_token_that_is_secret|a_key_of|pass_word|other_secret/);
  assert.match(shown, /postgresql:\/\/me:\*+@db:5432\/parley/);
});

test('settings: a misspelt name is found; names set by Kubernetes are ignored', () => {
  const names = unknownSettings({
    PARLEY_PROT: '1',
    PARLEY_PORT_3000_TCP: 'x',
    PARLEY_SERVICE_HOST: 'x',
    PARLEY_HOST: 'x',
  });
  assert.deepEqual(names, ['PARLEY_PROT']);
});

test('settings: a secret key has at least 32 visible characters', () => {
  const mixed = 'Ym9sZHNlY3JldHRoYXRpc21hZGVmb3J0';
  const of = (length: number) => readConfig({ PARLEY_SECRET_KEY: mixed.slice(0, length) });
  const enough = of(32);
  assert.ok(enough.ok);
  assert.equal(enough.value.secretKey, mixed.slice(0, 32));
  const tooShort = of(31);
  assert.ok(!tooShort.ok);
  assert.match(tooShort.error[0]!, /^PARLEY_SECRET_KEY must have 32 to 1000 visible/);
});

test('settings: the path of PARLEY_CONFIG is made absolute', () => {
  const config = readConfig({ PARLEY_CONFIG: 'conf/parley.yaml' });
  assert.ok(config.ok);
  assert.equal(config.value.configFile, resolve('conf/parley.yaml'));
});

test('settings: trusted proxies are a list of addresses and ranges', () => {
  const of = (list: string) => readConfig({ PARLEY_TRUSTED_PROXIES: list });
  const good = of('10.0.0.0/8, 192.0.2.7,fd00::/8');
  assert.ok(good.ok);
  assert.deepEqual(good.value.trustedProxies, ['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);
  const proxies = settings.find(({ key }) => key === 'trustedProxies')!;
  assert.equal(showSetting(proxies, good.value), '10.0.0.0/8,192.0.2.7,fd00::/8');
  const none = readConfig({});
  assert.equal(none.ok && showSetting(proxies, none.value), '(not set)');
  for (const list of [
    ...['*', 'true', 'loopback', '10.0.0.0/33', '10.0.0', '10.0.0.1,', ',', 'proxy.example'],
    // Every peer would be trusted, or none would ever match.
    ...['0.0.0.0/0', '::/0', '::ffff:10.0.0.0/104', '10.0.0.1 10.0.0.2'],
  ]) {
    assert.equal(of(list).ok, false, list);
  }
});
