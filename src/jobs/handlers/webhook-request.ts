// Creates the request of a webhook call from the step of the workflow, with the signature. Sends nothing.

import { readRelease } from '../../base/release.ts';
import type { OutgoingRequest } from '../../outgoing/http-client.ts';
import { signatureHeaders } from '../../outgoing/sign.ts';
import type { ClaimedJob } from '../../store/workflows/jobs.ts';
import { type CallSecrets, fillCall } from './webhook-secrets.ts';

/** The longest response that is used. */
const responseBytesMax = 256 * 1024;

const { version } = readRelease();

/**
 * Creates the request.
 * @param secrets the current secret of the channel and, during a rotation, the previous one; null: do not sign.
 * @param options `values` of the call's secrets; `timeoutMs` of this attempt, if shorter than usual.
 */
export function webhookRequest(
  job: ClaimedJob,
  secrets: readonly [current: string, previous?: string] | null,
  nowMs: number,
  options: { readonly values?: CallSecrets; readonly timeoutMs?: number } = {},
): OutgoingRequest {
  const { method, body, timeoutMs } = job.content;
  const given = fillCall(job, options.values ?? new Map());
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
    url: given.url,
    method: method as OutgoingRequest['method'],
    headers: { ...without(usual, given.headers), ...without(given.headers, own), ...own },
    body,
    timeoutMs: options.timeoutMs ?? timeoutMs,
    allowedCidrs: job.allowedCidrs,
    responseBytesMax,
  };
}

type Headers = Readonly<Record<string, string>>;

/** Returns the headers whose names are not among the others, ignoring case. */
function without(headers: Headers, others: Headers): Headers {
  const names = new Set(Object.keys(others).map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !names.has(name.toLowerCase())),
  );
}
