// Submits a signal that may give a user an e-mail which the request does not name: that of a lead, read before.

import { emailChanged, type SignalResult } from '../../../engine/signal.ts';

/** Reads and submits again while the lead gets another e-mail in between; at last the result is a 503. */
export async function submitWithEmail(submit: () => Promise<SignalResult>): Promise<SignalResult> {
  for (let tries = 1; ; tries += 1) {
    const result = await submit();
    const isOutdated = !result.ok && result.error === emailChanged;
    if (!isOutdated || tries === TRIES_MAX) return result;
  }
}

const TRIES_MAX = 10;
