// Signatures, checked by the library that receivers use, and the explanations of failing ones.

import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { systemClock } from '../base/clock.ts';
import { explainSignature } from './explain-signature.ts';
import { signatureHeaders } from './sign.ts';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const secret = newSecret();
const other = newSecret();
const id = '019ab5c0-0000-7000-8000-000000200001';
const body = JSON.stringify({
  event_id: id,
  event_name: 'new_message',
  name: 'Žofia',
  list: [1, 2],
});
const nowSeconds = Math.floor(systemClock() / 1000);
const headers = signatureHeaders({ secrets: [secret], id, timestampSeconds: nowSeconds, body });

const explain = (fields: Partial<Parameters<typeof explainSignature>[0]>) =>
  explainSignature({ secrets: [secret], headers, body, nowSeconds, ...fields });

function assertInvalid(fields: Parameters<typeof explain>[0], finding: RegExp): void {
  const { isValid, findings } = explain(fields);
  assert.equal(isValid, false, findings.join('\n'));
  assert.match(findings.join('\n'), finding);
  assert.ok(!findings.join().includes(secret));
}

test('sign: the library of Standard Webhooks accepts the signature', () => {
  assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
  assert.throws(() => new Webhook(secret).verify(`${body} `, headers));
  assert.throws(() => new Webhook(other).verify(body, headers));
});

test('sign: receivers with either secret accept it during a rotation', () => {
  const rotating = signatureHeaders({
    secrets: [other, secret],
    id,
    timestampSeconds: nowSeconds,
    body,
  });
  for (const known of [secret, other]) new Webhook(known).verify(body, rotating);
  assert.throws(() => new Webhook(newSecret()).verify(body, rotating));
  const hub = createHmac('sha256', secret).update(body).digest('hex');
  assert.equal(rotating['X-Hub-Signature-256'], `sha256=${hub}`);
});

test('sign: X-Hub-Signature is the hex HMAC of the body', () => {
  const hub = (algorithm: string) => createHmac(algorithm, secret).update(body).digest('hex');
  assert.equal(headers['X-Hub-Signature'], `sha1=${hub('sha1')}`);
  assert.equal(headers['X-Hub-Signature-256'], `sha256=${hub('sha256')}`);
});

test('explain: signatures of either secret and of X-Hub-Signature alone are valid', () => {
  assert.deepEqual(explain({}), { isValid: true, findings: ['The signature fits this body.'] });
  const withPrevious = explain({ secrets: [other, secret] });
  assert.equal(withPrevious.isValid, true);
  assert.match(withPrevious.findings[0]!, /previous/);
  const upperCase = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  );
  assert.equal(explain({ headers: upperCase }).isValid, true);
  const hubOnly = { 'X-Hub-Signature': headers['X-Hub-Signature'] };
  assert.equal(explain({ headers: hubOnly }).isValid, true);
});

test('explain: names another secret and a missing signature', () => {
  assertInvalid({ secrets: [other] }, /the secret is another one/);
  assertInvalid({ secrets: [''] }, /no secret/);
  assertInvalid({ headers: {} }, /No signature/);
  assertInvalid({ headers: { ...headers, 'webhook-id': undefined } }, /webhook-id is missing/);
});

test('explain: names the change of a body in transit', () => {
  const pretty = JSON.stringify(JSON.parse(body), null, 2);
  assertInvalid({ body: pretty }, /as compact JSON/);
  assertInvalid({ body: `${body}\n` }, /line break at its end/);
  assertInvalid({ body: `  ${body} ` }, /spaces and line breaks around/);
  assertInvalid({ body: body.replace('new_message', 'old_message') }, /body was altered/);
});

test('explain: names the form of the body that was signed', () => {
  const python = body.replaceAll('":', '": ').replaceAll(',"', ', "').replace('1,2', '1, 2');
  const signed = signatureHeaders({
    secrets: [secret],
    id,
    timestampSeconds: nowSeconds,
    body: python,
  });
  assertInvalid({ headers: signed }, /space after each comma/);
});

test('explain: names timestamps that are too old, too new or unreadable', () => {
  assertInvalid({ nowSeconds: nowSeconds + 301 }, /301 seconds old/);
  assertInvalid({ nowSeconds: nowSeconds - 301 }, /ahead/);
  const at = (text: string) => ({ headers: { ...headers, 'webhook-timestamp': text } });
  assertInvalid(at(String(nowSeconds * 1000)), /milliseconds/);
  assertInvalid(at('2026-01-01T00:00:00Z'), /whole seconds/);
});

test('explain: names an id of another event', () => {
  const wrong = { headers: { ...headers, 'webhook-id': '019ab5c0-0000-7000-8000-000000200002' } };
  assertInvalid(wrong, /the signature fits .*200001, the id in the body/);
});

test('explain: names signatures of other schemes', () => {
  const base64 = headers['webhook-signature']!.slice('v1,'.length);
  const hex = Buffer.from(base64, 'base64').toString('hex');
  const written = (text: string) => ({ headers: { ...headers, 'webhook-signature': text } });
  assertInvalid(written(`v1,${hex}`), /in hex/);
  assertInvalid(written(`sha256=${hex}`), /X-Hub-Signature/);
  assertInvalid(written(base64), /lacks its version/);
  assertInvalid(written(`v1a,${base64}`), /v1a is not a version/);
  assertInvalid(written(''), /empty/);
});

test('explain: names how the receiver misread a secret', () => {
  const signed = `${id}.${nowSeconds}.${body}`;
  const keyedWith = (key: string | Buffer) => ({
    headers: {
      ...headers,
      'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    },
  });
  assertInvalid(keyedWith(secret), /whsec_ included/);
  assertInvalid(keyedWith(secret.slice('whsec_'.length)), /behind whsec_ as the key/);
  assertInvalid({ secrets: [secret.slice('whsec_'.length)] }, /perhaps that was lost/);
  const hub = `sha1=${createHmac('sha1', Buffer.from(secret.slice(6), 'base64'))
    .update(body)
    .digest('hex')}`;
  assertInvalid({ headers: { 'x-hub-signature': hub } }, /not with its decoded bytes/);
});
