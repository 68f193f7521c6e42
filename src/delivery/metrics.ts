// The metrics that delivery reports. Types only.

import type { AttemptRow } from '../store/outbox/settle.ts';

export type DeliveryMetrics = {
  /** Counts an attempt to deliver an event, with the receiver's latency. */
  observeAttempt(outcome: AttemptRow['outcome'], latencySeconds: number): void;
  /** Counts an event that was dead-lettered. */
  countDeadLetter(): void;
  /** Counts an ephemeral event, such as typing: sent, failed, or dropped because the server is busy. */
  countEphemeral(outcome: 'sent' | 'failed' | 'dropped'): void;
  /** Counts results that were not recorded before their lease ended: their events are delivered again. */
  countLostResults(lanes: number): void;
};
