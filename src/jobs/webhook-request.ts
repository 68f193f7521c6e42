// The request of a webhook call: what the workflow's author wrote, and what proves to the receiver who calls. Sends
// nothing.

import { readRelease } from '../base/release.ts';
import type { OutgoingRequest } from '../outgoing/http-client.ts';
import { signatureHeaders } from '../outgoing/sign.ts';
import type { ClaimedJob } from '../store/jobs.ts';

/** A longer answer is not used. */
const answerBytesMax = 256 * 1024;

const { version } = readRelease();

/**
 * Puts the request together.
 * @param secrets of the channel: the current one, and the one before while both are valid; null: it is not signed.
 */
export function webhookRequest(
  job: ClaimedJob,
  secrets: readonly [current: string, previous?: string] | null,
  nowMs: number,
): OutgoingRequest {
  const { content } = job;
  const { url, method, body, timeoutMs } = content;
  const id = `job_${job.id}`;
  const timestampSeconds = Math.floor(nowMs / 1000);
  const own = {
    ...(secrets === null
      ? {}
      : signatureHeaders({ secrets, id, timestampSeconds, body: body ?? '' })),
    'webhook-id': id,
    'Parley-Conversation-Id': String(job.conversationId),
    'Parley-Attempt': String(job.attempt),
  };
  const usual = {
    accept: 'application/json',
    'user-agent': `Parley/${version}`,
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  };
  return {
    url,
    method: method as OutgoingRequest['method'],
    headers: { ...without(usual, content.headers), ...without(content.headers, own), ...own },
    body,
    timeoutMs,
    allowedCidrs: job.allowedCidrs,
    answerBytesMax,
  };
}

type Headers = Readonly<Record<string, string>>;

/** Those headers that the others do not have, however they are written. */
function without(headers: Headers, others: Headers): Headers {
  const names = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())),
  );
}
