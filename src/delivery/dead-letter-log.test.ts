import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Log } from '../base/log.ts';
import { DeadLetterLog } from './dead-letter-log.ts';

test('dead letter log: thousands of events give a line at once and one a minute', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const lines: unknown[] = [];
  const log = {
    warn: ({ channelId, count, reason }: Record<string, unknown>) =>
      lines.push([channelId, count, reason]),
  } as unknown as Log;
  const deadLetterLog = new DeadLetterLog(log);
  for (let count = 0; count < 1_000; count += 1) {
    deadLetterLog.note({ workspaceId: 1, channelId: 1 }, `status ${count === 0 ? 400 : 422}`);
    deadLetterLog.note({ workspaceId: 1, channelId: 2 }, 'timeout');
  }
  deadLetterLog.logPending();
  assert.deepEqual(lines.splice(0), [
    [1, 1, 'status 400'],
    [2, 1, 'timeout'],
  ]);
  now = 60_000;
  deadLetterLog.logPending();
  assert.deepEqual(lines.splice(0), [
    [1, 999, 'status 422'],
    [2, 999, 'timeout'],
  ]);
  now = 120_000;
  deadLetterLog.logPending();
  assert.deepEqual(lines, []);
  deadLetterLog.note({ workspaceId: 1, channelId: 1 }, 'status 413');
  assert.deepEqual(lines, [[1, 1, 'status 413']]);
});
