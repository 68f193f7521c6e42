import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { systemClock } from '../../base/clock.ts';
import { newSigningSecret } from '../../base/random.ts';
import type { WebhookCall } from '../../core/conversation/signal.ts';
import type { ClaimedJob } from '../../store/workflows/jobs.ts';
import { webhookRequest } from './webhook-request.ts';

const nowMs = systemClock();
const jobWith = (fields: Partial<WebhookCall> = {}): ClaimedJob => ({
  workspaceId: 1,
  id: 515,
  conversationId: 257,
  channelId: 3,
  kind: 'call_webhook',
  attempt: 2,
  externalId: 'thread',
  allowedCidrs: ['10.1.0.0/16'],
  ageMs: 0,
  secretsSealed: new Map(),
  secretSealed: null,
  previousSecretSealed: null,
  content: {
    url: 'https://example.com/orders',
    method: 'POST',
    headers: {},
    body: '{"order":"Ä-1"}',
    timeoutMs: 2_000,
    retryDelaysMs: [],
    ...fields,
  },
});

test('webhook request: a call without a secret is not signed and names its job', () => {
  const { headers, ...rest } = webhookRequest(jobWith(), null, nowMs);
  assert.deepEqual(rest, {
    url: 'https://example.com/orders',
    method: 'POST',
    body: '{"order":"Ä-1"}',
    timeoutMs: 2_000,
    allowedCidrs: ['10.1.0.0/16'],
    responseBytesMax: 262_144,
  });
  assert.match(headers['user-agent']!, /^Parley\/\d/);
  const { 'user-agent': _, ...others } = headers;
  assert.deepEqual(others, {
    accept: 'application/json',
    'content-type': 'application/json',
    'webhook-id': 'job_515',
    'Parley-Conversation-Id': '257',
    'Parley-Attempt': '2',
  });
});

test('webhook request: receivers with either secret accept a call', () => {
  const secrets = [newSigningSecret(), newSigningSecret()] as const;
  for (const body of ['{"order":"Ä-1"}', null]) {
    const { headers } = webhookRequest(jobWith({ body }), secrets, nowMs);
    for (const secret of secrets) new Webhook(secret).verify(body ?? '', headers);
    assert.throws(() => new Webhook(newSigningSecret()).verify(body ?? '', headers), /signature/);
  }
});

test('webhook request: headers of the workflow do not replace signature headers', () => {
  const given = {
    'Content-Type': 'application/x-ndjson',
    'User-Agent': 'ours',
    authorization: 'Bearer x',
    'WEBHOOK-ID': 'job_1',
    'parley-conversation-id': '1',
  };
  const { headers } = webhookRequest(jobWith({ headers: given }), null, nowMs);
  assert.deepEqual(headers, {
    accept: 'application/json',
    'Content-Type': 'application/x-ndjson',
    'User-Agent': 'ours',
    authorization: 'Bearer x',
    'webhook-id': 'job_515',
    'Parley-Conversation-Id': '257',
    'Parley-Attempt': '2',
  });
});

test('webhook request: a call without a body has no content type', () => {
  const { headers } = webhookRequest(jobWith({ method: 'GET', body: null }), null, nowMs);
  assert.equal(headers['content-type'], undefined);
});
