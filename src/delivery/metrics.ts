// What delivery reports about itself, for whoever counts. Measures nothing.

import type { AttemptRow } from '../store/outbox/settle.ts';

export type DeliveryMetrics = {
  /** A try to deliver an event, and how long the receiver took. */
  observeAttempt(outcome: AttemptRow['outcome'], latencySeconds: number): void;
  /** An event went to the dead letters. */
  countDeadLetter(): void;
  /** A sign of life, such as typing: sent, failed, or not even tried because there is enough to do. */
  countEphemeral(outcome: 'sent' | 'failed' | 'dropped'): void;
  /** Results that could not be written down before their lease ended: they will be delivered again. */
  countLostResults(lanes: number): void;
};
