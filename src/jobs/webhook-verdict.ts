// What the end of a webhook call means: the run goes on with the answer, the call is made again, or it has failed.
// Pure.

import { cleanText } from '../contract/text.ts';
import { cleanJson } from '../core/clean-json.ts';
import type { Json } from '../core/model.ts';
import { classifyAnswer, nextDelayMs } from '../core/retry-schedule.ts';
import type { JobOutcome } from '../core/signal.ts';
import type { OutgoingAnswer } from '../outgoing/http-client.ts';

export type Verdict =
  | { readonly do: 'finish'; readonly outcome: JobOutcome }
  | { readonly do: 'retry'; readonly delayMs: number };

/** Deeper than any pointer in a workflow leads; far below what would be too deep for those who handle it. */
const depthMax = 64;

/** Judges an answer. @param attempt calls so far, this one included. */
export function judgeAnswer(
  answer: OutgoingAnswer,
  attempt: number,
  retryDelaysMs: readonly number[],
  random01: number,
): Verdict {
  const verdict = classifyAnswer(answer);
  if (answer.kind === 'answered' && verdict === 'delivered') {
    const { status, body, isCut } = answer;
    const json = isCut ? null : readJson(body);
    return { do: 'finish', outcome: { ok: true, status, answer: json } };
  }
  const retryAfterMs = answer.kind === 'answered' ? answer.retryAfterMs : null;
  const mayPass = verdict === 'retry' && !isFinal(answer);
  const delayMs = mayPass ? nextDelayMs(retryDelaysMs, attempt, random01, retryAfterMs) : null;
  if (delayMs !== null) return { do: 'retry', delayMs };
  return { do: 'finish', outcome: { ok: false, reason: reasonOf(answer) } };
}

/** Somebody has to change the workflow or the allow-list; meanwhile a person waits. */
const isFinal = (answer: OutgoingAnswer): boolean =>
  answer.kind === 'failed' && (answer.reason === 'address_refused' || answer.reason === 'url');

/** For the trace. A certificate can be quoted in it, with whatever its owner wrote there. */
function reasonOf(answer: OutgoingAnswer): string {
  if (answer.kind === 'failed') return cleanText(answer.detail);
  const isRedirect = answer.status >= 300 && answer.status < 400;
  return isRedirect
    ? `it was answered with ${answer.status}, and redirects are not followed`
    : `it was answered with ${answer.status}`;
}

/** Null when it is not JSON. */
function readJson(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return isDeeperThan(value, depthMax) ? null : cleanJson(value);
  } catch {
    return null;
  }
}

function isDeeperThan(value: Json, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((one) => isDeeperThan(one, depth - 1));
}
