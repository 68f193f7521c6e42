// The one way to the server: JSON over the session's cookie. Every failure is an ApiFailure with words to show.

import { words } from '../words/en.ts';

const ROOT = '/parley/v1/app';

export class ApiFailure extends Error {
  /** 0: no answer came. */
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;

  constructor(status: number, code: string, message: string, requestId: string | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
  }
}

/** Whether the same request may succeed later, so that it is sent again. */
export const isTemporary = (failure: unknown): boolean =>
  failure instanceof ApiFailure &&
  (failure.status === 0 ||
    failure.status === 408 ||
    failure.status === 429 ||
    failure.status >= 500);

export type AskOptions = {
  readonly body?: unknown;
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
};

/** How long an answer may take before the request counts as unanswered. */
const TIMEOUT_MS = 20_000;

/** Sends a request. @throws ApiFailure */
export async function ask<T>(method: string, path: string, options: AskOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const { body, key, signal } = options;
  let response: Response;
  let text: string;
  try {
    response = await fetch(ROOT + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers: {
        Accept: 'application/json',
        ...(method !== 'GET' && { 'Content-Type': 'application/json' }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(0, 'network', words.errors.network);
  }
  if (!response.ok) throw failureOf(response, text);
  try {
    return (text === '' ? {} : JSON.parse(text)) as T;
  } catch {
    // Half an answer says nothing.
    throw new ApiFailure(0, 'network', words.errors.network);
  }
}

type ErrorBody = {
  readonly request_id?: string;
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
};

function failureOf({ status, headers }: Response, text: string): ApiFailure {
  let body: ErrorBody = {};
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    // A proxy answered, not Parley.
  }
  const { code, message } = body.errors?.[0] ?? {};
  const requestId = body.request_id ?? headers.get('x-request-id');
  return new ApiFailure(status, code ?? 'unknown', message ?? words.errors.unknown, requestId);
}
