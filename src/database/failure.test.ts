import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { breaksConnection, classifyFailure } from './failure.ts';

const reported = (code: string) => Object.assign(new pg.DatabaseError('x', 1, 'error'), { code });
const nodeError = (code: string) => Object.assign(new Error('x'), { code });

test('failure: an error of PostgreSQL is classified by its code', () => {
  for (const code of [
    '57P01',
    '57P03',
    '57014',
    '53100',
    '53300',
    '08006',
    '28P01',
    '25006',
    '42501',
  ]) {
    assert.equal(classifyFailure(reported(code)), 'away', code);
  }
  for (const code of ['40001', '40P01', '23505']) {
    assert.equal(classifyFailure(reported(code)), 'conflict', code);
  }
  for (const code of ['22P05', '22021', '23502', '42601', 'XX000']) {
    assert.equal(classifyFailure(reported(code)), 'rejected', code);
  }
});

test('failure: a connection that broke or cannot be made is an outage', () => {
  for (const code of ['ECONNREFUSED', 'ENOENT', 'EPIPE', 'ECONNRESET']) {
    assert.equal(classifyFailure(nodeError(code)), 'away', code);
    assert.equal(breaksConnection(nodeError(code)), true, code);
  }
  const several = new AggregateError([nodeError('ECONNREFUSED'), nodeError('ECONNREFUSED')]);
  assert.equal(classifyFailure(several), 'away');
  assert.equal(classifyFailure(new Error('Connection terminated unexpectedly')), 'away');
});

test('failure: a bug of ours is never mistaken for an outage', () => {
  for (const bug of [
    new TypeError("Cannot read properties of undefined (reading 'connect')"),
    nodeError('ERR_INVALID_ARG_TYPE'),
    new Error('the socket of the kitchen timed out'),
    'not even an error',
    null,
  ]) {
    assert.equal(classifyFailure(bug), 'rejected', String(bug));
  }
});

test('failure: a rejected statement leaves its connection usable; a shutdown does not', () => {
  assert.equal(breaksConnection(reported('23505')), false);
  assert.equal(breaksConnection(reported('57P01')), true);
});
