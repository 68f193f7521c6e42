// Backpressure: when the queue of the engine is full, or a signal has waited in it for too long, the caller gets 503
// with Retry-After instead of a place in the queue.

import { limits } from '../base/limits.ts';
import { fail } from '../base/result.ts';
import { apiError } from '../contract/errors.ts';
import type { SignalResult } from './signal.ts';

/** Whether a queue takes no more signals. @param queue its signals and their approximate number of characters. */
export const isFull = (queue: { readonly length: number; readonly size: number }): boolean =>
  queue.length >= limits.waitingSignalsMax || queue.size >= limits.waitingCharactersMax;

/** The moment of the steady clock before which a signal that still waits was queued too long ago. */
export const queuedTooLongBefore = (nowMs: number): number => nowMs - limits.waitingSignalAgeMaxMs;

/** The result of a signal that is turned away. */
export const overloaded = (): SignalResult => fail(apiError('serviceUnavailable'));
