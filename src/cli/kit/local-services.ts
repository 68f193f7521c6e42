// What operations need besides the database, on the machine of the server: its settings, and an engine of their own.

import type { Pool } from '../../database/pool.ts';
import type { OperationServices } from '../../management/operation.ts';
import { callbackStateOf } from '../../store/outbox/backlog.ts';
import { sendEventsNow } from '../../store/outbox/send-now.ts';
import { settingsOrFail } from './settings.ts';

/** Makes the services. @param pool a pool for the purpose `admin`. */
export function localServices(
  pool: Pool,
  secretKey: OperationServices['secretKey'],
): OperationServices {
  return {
    secretKey,
    proxy: settingsOrFail(),
    // Running servers notice by themselves, within two seconds, and send within one.
    configChanged: () => {},
    async sendNow(record, wish) {
      const result = await sendEventsNow(pool, record, wish);
      if (result === null) return null;
      const { backlog } = result;
      if (backlog === null) return { ...result, callbackState: 'none' };
      const { unreadable } = await secretKey();
      return { ...result, callbackState: callbackStateOf(backlog, unreadable) };
    },
    async withMoves(use) {
      // Loaded only here: other commands start twice as fast without the server.
      const { withStandaloneEngine } = await import('../../main/standalone-engine.ts');
      return withStandaloneEngine(pool, use);
    },
    waitingCounts: { get: (_, count) => count(), drop: () => {} },
  };
}
