// Reads a call_webhook step: the request, its retries, and the values of the response to save.

import { limits } from '../../../../base/limits.ts';
import { showDuration } from '../../../../base/text-files/duration.ts';
import type { FieldReader, Path } from '../../../../base/text-files/field-reader.ts';
import type { Json } from '../../../model/model.ts';
import type { SavedValue, StepOf } from '../../definition.ts';
import { isJsonPointer } from '../../steps/json-pointer.ts';
import { checkUrl, piecesOf } from '../../steps/webhook-url.ts';
import { attributeNamed } from '../attribute-reader.ts';
import type { ReadingContext } from '../reading-context.ts';
import { checkSecretsIn } from '../secrets-reader.ts';
import { readNext } from '../step-fields.ts';
import { checkTemplateText } from '../text-reader.ts';
import { readHeaders } from '../webhook-headers-reader.ts';

type CallWebhook = StepOf<'call_webhook'>;

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const URL_CHARACTERS_MAX = 2_048;
const SAVED_MAX = 30;
const BODY_DEPTH_MAX = 20;
const BODY_CHARACTERS_MAX = 100_000;
const TIMEOUT_MS = 10_000;
const TIMEOUT_MIN_MS = 1_000;
const TIMEOUT_MAX_MS = 30_000;
/** Short delays: a contact waits for the result. */
const RETRY_DELAYS_MS: readonly number[] = [1_000, 5_000];
const RETRIES_MAX = 10;
const RETRY_DELAY_MAX_MS = 3_600_000;
const WITHIN_MAX_MS = 86_400_000;

export function readCallWebhook(context: ReadingContext): CallWebhook {
  const { id, fields } = context;
  const next = readNext(context);
  const method = fields.choice('method', methods) ?? 'POST';
  const timeoutMs = fields.duration('timeout', TIMEOUT_MIN_MS, TIMEOUT_MAX_MS) ?? TIMEOUT_MS;
  const withinMs = readWithin(context, timeoutMs);
  return {
    id,
    do: 'call_webhook',
    url: readUrl(context),
    method,
    headers: readHeaders(context),
    body: readBody(context, method),
    timeoutMs,
    retryDelaysMs: readRetries(context),
    ...(withinMs === undefined ? {} : { withinMs }),
    save: readSave(context),
    failed: context.target(fields, 'failed', next),
    next,
  };
}

function readUrl(context: ReadingContext): string {
  const { fields } = context;
  const rules = { charactersMax: URL_CHARACTERS_MAX, isRequired: true };
  const url = (fields.text('url', rules) ?? '').trim();
  if (url === '') return url;
  const fault = checkUrl(url);
  if (fault !== null) fields.fault(['url'], fault.reason, fault.remedy);
  for (const { kind, text } of piecesOf(url)) {
    if (kind === 'output') checkTemplateText(context, fields, ['url'], text);
  }
  checkSecretsIn(context, fields, ['url'], url);
  return url;
}

/** Reads how long all attempts together may take. */
function readWithin({ fields }: ReadingContext, timeoutMs: number): number | undefined {
  const withinMs = fields.duration('within', TIMEOUT_MIN_MS, WITHIN_MAX_MS);
  if (withinMs !== undefined && withinMs < timeoutMs) {
    const reason = `is shorter than the \`timeout\` of one try, ${showDuration(timeoutMs)}`;
    fields.fault(['within'], reason, 'make it longer, or the `timeout` shorter');
  }
  return withinMs;
}

function readBody(context: ReadingContext, method: string): Json {
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

function checkBodyTexts(context: ReadingContext, value: unknown, below: Path): void {
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

function readRetries({ fields }: ReadingContext): readonly number[] {
  const list = fields.list('retries', { countMax: RETRIES_MAX });
  if (list === undefined) return RETRY_DELAYS_MS;
  return list.map(
    (value, index) =>
      fields.checkDuration(value, ['retries', index], TIMEOUT_MIN_MS, RETRY_DELAY_MAX_MS) ?? 0,
  );
}

function readSave(context: ReadingContext): CallWebhook['save'] {
  const save = context.fields.mapping('save');
  const entries = save?.entries(SAVED_MAX) ?? [];
  return entries.map(([attribute, given]) => {
    attributeNamed(context, save!, [attribute], attribute, 'conversation');
    return readSaved(save!, attribute, given);
  });
}

/** Reads a pointer, or a mapping of a pointer and whether its value is required. */
function readSaved(save: FieldReader, attribute: string, given: unknown): SavedValue {
  if (typeof given !== 'object' || given === null) {
    return { attribute, pointer: readPointer(save, attribute) };
  }
  const fields = save.below([attribute], given);
  const pointer = readPointer(fields, 'from');
  const required = fields.flag('required');
  fields.reportUnknownKeys();
  return { attribute, pointer, ...(required === undefined ? {} : { required }) };
}

/** Reads a JSON pointer below a key. */
export function readPointer(fields: FieldReader, key: string, fallback?: string): string {
  // The empty pointer means the whole document, but text() rejects empty texts.
  if (fields.value(key) === '') return '';
  if (fallback !== undefined && fields.value(key) === undefined) return fallback;
  const rules = { charactersMax: limits.nameCharactersMax, isRequired: true };
  const pointer = fields.text(key, rules) ?? '';
  if (!isJsonPointer(pointer)) {
    const remedy = 'write a JSON pointer such as /order/status';
    fields.fault([key], `is not a JSON pointer: "${pointer}"`, remedy);
  }
  return pointer;
}
