// Reads a call_webhook step: the request that is sent, how often it is tried, and what is kept of the answer.

import { limits } from '../../base/limits.ts';
import type { Json } from '../model.ts';
import type { Step, Target } from './definition.ts';
import { attributeNamed } from './read-attribute.ts';
import type { StepContext } from './read-context.ts';
import type { Path } from './read-fields.ts';
import { checkTemplateText, readTemplate } from './read-texts.ts';

type CallWebhook = Extract<Step, { do: 'call_webhook' }>;

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const URL_CHARACTERS_MAX = 2_048;
const HEADER_CHARACTERS_MAX = 4_096;
const HEADERS_MAX = 30;
const SAVED_MAX = 30;
const BODY_DEPTH_MAX = 20;
const BODY_CHARACTERS_MAX = 100_000;
const TIMEOUT_MS = 10_000;
const TIMEOUT_MIN_MS = 1_000;
const TIMEOUT_MAX_MS = 30_000;
/** A person waits for what the call brings. */
const RETRY_DELAYS_MS: readonly number[] = [1_000, 5_000];
const RETRIES_MAX = 10;
const RETRY_DELAY_MAX_MS = 3_600_000;

/** Headers that Parley sets itself. */
const ownHeaders =
  /^(host|connection|content-length|transfer-encoding|upgrade|webhook-.*|x-hub-signature.*)$/i;

/** @param next where a call that worked leads. */
export function readCallWebhook(context: StepContext, next: Target): CallWebhook {
  const { id, fields } = context;
  const method = fields.choice('method', methods) ?? 'POST';
  return {
    id,
    do: 'call_webhook',
    url: readUrl(context),
    method,
    headers: readHeaders(context),
    body: readBody(context, method),
    timeoutMs: fields.duration('timeout', TIMEOUT_MIN_MS, TIMEOUT_MAX_MS) ?? TIMEOUT_MS,
    retryDelaysMs: readRetries(context),
    save: readSave(context),
    failed: context.target(fields, 'failed', next),
    next,
  };
}

function readUrl({ fields }: StepContext): string {
  const rules = { charactersMax: URL_CHARACTERS_MAX, isRequired: true };
  const url = fields.text('url', rules) ?? '';
  if (url === '') return url;
  if (/\{[{%]/.test(url)) {
    // Whom we call is not for a contact to say.
    fields.fault(['url'], 'is no template', 'put what changes into `body` or `headers`');
  } else if (!isCallableUrl(url)) {
    const remedy = 'write http:// or https:// and a host, without user and password';
    fields.fault(['url'], `is no address that can be called: "${url}"`, remedy);
  }
  return url;
}

/** Whether a text is an http or https address without a login in it. */
export function isCallableUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s]+$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '';
}

function readHeaders(context: StepContext): Readonly<Record<string, string>> {
  const headers = context.fields.mapping('headers');
  const entries = headers?.entries() ?? [];
  if (entries.length > HEADERS_MAX) {
    headers?.fault([], `has ${entries.length} headers`, `write at most ${HEADERS_MAX}`);
  }
  return Object.fromEntries(
    entries.map(([name]) => {
      if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name) || ownHeaders.test(name)) {
        headers?.fault([name], 'is no header that you can set', 'use another name');
      }
      const rules = { charactersMax: HEADER_CHARACTERS_MAX, isRequired: true };
      return [name, readTemplate(context, headers!, name, rules) ?? ''];
    }),
  );
}

function readBody(context: StepContext, method: string): Json {
  const { fields } = context;
  const body = fields.value('body');
  if (body === undefined) return null;
  if (method === 'GET') fields.fault(['body'], 'does not go with GET', 'use POST, or remove it');
  if (JSON.stringify(body).length > BODY_CHARACTERS_MAX) {
    fields.fault(['body'], 'is too long', `write at most ${BODY_CHARACTERS_MAX} characters`);
  }
  checkBodyTexts(context, body, ['body']);
  return body as Json;
}

function checkBodyTexts(context: StepContext, value: unknown, below: Path): void {
  if (typeof value === 'string') checkTemplateText(context, context.fields, below, value);
  if (typeof value !== 'object' || value === null) return;
  if (below.length > BODY_DEPTH_MAX) {
    context.fields.fault(below, 'is nested too deeply', `use at most ${BODY_DEPTH_MAX} levels`);
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    checkBodyTexts(context, entry, [...below, Array.isArray(value) ? Number(key) : key]);
  }
}

function readRetries({ fields }: StepContext): readonly number[] {
  const list = fields.list('retries');
  if (list === undefined) return RETRY_DELAYS_MS;
  if (list.length > RETRIES_MAX) {
    fields.fault(['retries'], `has ${list.length} entries`, `write at most ${RETRIES_MAX}`);
  }
  return list.map(
    (value, index) =>
      fields.checkDuration(value, ['retries', index], TIMEOUT_MIN_MS, RETRY_DELAY_MAX_MS) ?? 0,
  );
}

function readSave(context: StepContext): CallWebhook['save'] {
  const save = context.fields.mapping('save');
  const entries = save?.entries() ?? [];
  if (entries.length > SAVED_MAX) {
    save?.fault([], `has ${entries.length} attributes`, `save at most ${SAVED_MAX}`);
  }
  return entries.map(([attribute]) => {
    attributeNamed(context, save!, [attribute], attribute, 'conversation');
    const rules = { charactersMax: limits.nameCharactersMax, isRequired: true };
    const pointer = save!.text(attribute, rules) ?? '';
    if (pointer !== '' && !/^(\/([^~/]|~[01])*)+$/.test(pointer)) {
      const remedy = 'write a JSON pointer such as /order/status';
      save!.fault([attribute], `is no place in an answer: "${pointer}"`, remedy);
    }
    return { attribute, pointer };
  });
}
