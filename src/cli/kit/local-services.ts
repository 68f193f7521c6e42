// What operations need besides the database, on the machine of the server: its settings, and an engine of their own.

import type { Pool } from '../../database/pool.ts';
import type { OperationServices } from '../../management/operation.ts';
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
    sendNow: (record, wish) => sendEventsNow(pool, record, wish),
    async withMoves(use) {
      // Loaded only here: other commands start twice as fast without the server.
      const { withStandaloneEngine } = await import('../../main/standalone-engine.ts');
      return withStandaloneEngine(pool, use);
    },
    waitingCounts: { get: (_, count) => count(), drop: () => {} },
  };
}
