// Judges the result of a webhook call: the run continues with the response, the call is retried, or it failed. Pure.

import { cleanText } from '../../contract/text.ts';
import { classifyResponse } from '../../core/delivery-verdict.ts';
import { nextDelayMs } from '../../core/retry-schedule.ts';
import { readResponseJson } from '../../core/workflow/steps/response-json.ts';
import type { OutgoingResponse } from '../../outgoing/http-client.ts';
import type { JobVerdict } from '../job-handler.ts';

/** The progress of a call, and the limits of its step. */
export type Progress = {
  /** The number of attempts, this one included. */
  readonly attempt: number;
  readonly retryDelaysMs: readonly number[];
  /** The time limit of each attempt. */
  readonly timeoutMs: number;
  /** The time limit of all attempts together, if the step has one. */
  readonly withinMs?: number | undefined;
  /** The time since the run reached the step. */
  readonly elapsedMs: number;
};

/** Judges a response. */
export function judgeResponse(
  response: OutgoingResponse,
  progress: Progress,
  random01: number,
): JobVerdict {
  const verdict = classifyResponse(response);
  if (response.kind === 'responded' && verdict === 'delivered') {
    const { status, body, isCut, isGarbled, unreadable } = response;
    if (isCut) return failed('its response is too large: at most 256 KB are read');
    if (unreadable !== undefined) return failed(`its response cannot be read: ${unreadable}`);
    const read = isGarbled ? { answer: null, unusable: 'is not UTF-8' } : readResponseJson(body);
    return { do: 'finish', outcome: { ok: true, status, ...read } };
  }
  if (verdict !== 'retry' || isFinal(response)) return failed(reasonOf(response));
  const ownDelayMs = nextDelayMs(progress.retryDelaysMs, progress.attempt, random01, null);
  if (ownDelayMs === null) return failed(reasonOf(response));
  const askedMs = (response.kind === 'responded' ? response.retryAfterMs : null) ?? 0;
  const delayMs = Math.max(ownDelayMs, askedMs);
  const leftMs = timeLeftMs(progress, delayMs > ownDelayMs);
  if (delayMs < leftMs) return { do: 'retry', delayMs };
  const why =
    delayMs > ownDelayMs
      ? `, and asks for a pause of ${describeSpan(askedMs)}, longer than the step may take`
      : ', and the time of the step is over before the next try';
  return failed(`${reasonOf(response)}${why}`);
}

const failed = (reason: string): JobVerdict => ({ do: 'finish', outcome: { ok: false, reason } });

/**
 * Returns the longest delay before the next attempt. Without a time limit in the step, a receiver cannot ask for more
 * time than all attempts of the step would take; the step's own delays always fit.
 */
function timeLeftMs(progress: Progress, isAsked: boolean): number {
  const { retryDelaysMs, timeoutMs, withinMs, elapsedMs } = progress;
  if (withinMs !== undefined) return withinMs - elapsedMs;
  if (!isAsked) return Number.POSITIVE_INFINITY;
  const pausesMs = retryDelaysMs.reduce((sum, delayMs) => sum + delayMs, 0);
  return pausesMs + retryDelaysMs.length * timeoutMs - elapsedMs;
}

const describeSpan = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;

/** Whether retries are useless because the workflow or the allow-list must be changed first. */
const isFinal = (response: OutgoingResponse): boolean =>
  response.kind === 'failed' &&
  (response.reason === 'address_refused' || response.reason === 'url');

/** Returns the reason of a failure, for the trace. It may quote a certificate, so it is cleaned. */
function reasonOf(response: OutgoingResponse): string {
  if (response.kind === 'failed') return cleanText(response.detail);
  const isRedirect = response.status >= 300 && response.status < 400;
  return isRedirect
    ? `its response had status ${response.status}, and redirects are not followed`
    : `its response had status ${response.status}`;
}
