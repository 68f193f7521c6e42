// The step call_webhook: puts the request together as a job, and takes what the answer holds into the conversation. The
// call itself is made elsewhere, later.

import { limits } from '../../base/limits.ts';
import { cleanText } from '../../contract/text.ts';
import { type Change, nextId } from '../change.ts';
import type { Json } from '../model.ts';
import { showTyping } from '../outbound.ts';
import type { Job, JobOutcome } from '../signal.ts';
import type { Step } from './definition.ts';
import { type Answer, quote, type StepContext, type StepOutcome, StepTexts } from './progress.ts';
import { writeAnswer } from './steps-attribute.ts';

export type WebhookStep = Extract<Step, { readonly do: 'call_webhook' }>;

const HEADER_CHARACTERS_MAX = 4_000;
/** Of the JSON in a workflow file, and of a pointer into an answer. */
const DEPTH_MAX = 32;

/** Asks for the call and waits for its end. */
export function callWebhook(change: Change, step: WebhookStep, context: StepContext): StepOutcome {
  const { world } = context;
  const texts = new StepTexts(change, context, 'as_seconds');
  const body = step.body === null ? null : JSON.stringify(renderTree(step.body, texts, 0));
  const place = quote(`${step.method} ${step.url.split('?')[0]}`);
  if (texts.isSpent()) {
    const what = texts.explain(`Did not call ${place}: the texts are too long.`);
    return { change, what, does: 'go', to: step.failed };
  }
  const job: Job = {
    id: nextId(change, world),
    conversationId: change.conversation.id,
    channelId: world.channel.id,
    kind: 'call_webhook',
    content: {
      url: step.url,
      method: step.method,
      headers: renderHeaders(step.headers, texts),
      body,
      timeoutMs: step.timeoutMs,
      retryDelaysMs: step.retryDelaysMs,
    },
    createdAt: world.nowMs,
  };
  const asked: Change = { ...change, jobs: [...change.jobs, job] };
  return {
    change: showTyping(asked, world, step.timeoutMs),
    what: texts.explain(`Calls ${place}.`),
    does: 'wait',
    waiting: { for: 'webhook', jobId: job.id, sinceMs: world.nowMs, untilMs: null },
  };
}

/** The same JSON with its texts rendered. Names are not templates. */
function renderTree(tree: Json, texts: StepTexts, depth: number): Json {
  if (typeof tree === 'string') return texts.render(tree);
  if (typeof tree !== 'object' || tree === null) return tree;
  if (depth >= DEPTH_MAX) return null;
  if (Array.isArray(tree)) return tree.map((one: Json) => renderTree(one, texts, depth + 1));
  // fromEntries defines own properties, so that no name means anything special.
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, renderTree(value, texts, depth + 1)]),
  );
}

const renderHeaders = (headers: WebhookStep['headers'], texts: StepTexts) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, asHeader(texts.render(value))]),
  );

/** A header ends at the end of its line, whatever a contact is called. */
const asHeader = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^ -~]/gu, '?')
    .trim()
    .slice(0, HEADER_CHARACTERS_MAX);

/** The call has ended: saves what the answer holds, or goes where failures go. */
export function takeOutcome(
  change: Change,
  step: WebhookStep,
  outcome: JobOutcome,
  { world }: StepContext,
): Answer {
  const silent = showTyping(change, world, null);
  if (!outcome.ok) {
    const what = `The call failed: ${outcome.reason}.`;
    return { change: silent, what, does: 'go', to: step.failed };
  }
  let after = silent;
  const lines = [`The call was answered with ${outcome.status}.`];
  for (const { attribute, pointer } of step.save) {
    const value = resolvePointer(outcome.answer, pointer);
    const saved = save(after, attribute, value);
    after = saved.change;
    lines.push(saved.what);
  }
  return { change: after, what: lines.join(' '), does: 'go', to: step.next };

  function save(before: Change, name: string, value: Json | undefined) {
    const skipped = (why: string) => ({ change: before, what: `Skipped ${quote(name)}: ${why}.` });
    if (value === undefined || value === null) return skipped('the answer does not have it');
    if (typeof value === 'object') return skipped('it is not a single value');
    const clean = typeof value === 'string' ? cleanText(value) : value;
    const written = writeAnswer(before, world, name, clean);
    return written.ok
      ? { change: written.change, what: `Saved ${quote(name)}.` }
      : skipped(`there are ${limits.customAttributesMax} attributes already`);
  }
}

/** RFC 6901; undefined when the pointer leads nowhere. Own properties only. */
export function resolvePointer(document: Json, pointer: string): Json | undefined {
  if (pointer === '') return document;
  if (!pointer.startsWith('/')) return undefined;
  let value: Json | undefined = document;
  for (const token of pointer.slice(1).split('/')) {
    value = child(value, token.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (value === undefined) return undefined;
  }
  return value;
}

function child(value: Json, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [key: string]: Json })[name] : undefined;
}
