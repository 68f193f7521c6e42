// The step call_webhook: prepares the request as a job, and later saves the response's values in the conversation.
// The job makes the call itself.

import { type Change, nextId } from '../../conversation/change.ts';
import { showTyping } from '../../conversation/outbound-event.ts';
import type { Job, JobOutcome, WebhookCall } from '../../conversation/signal.ts';
import type { Json } from '../../model/model.ts';
import type { StepOf } from '../definition.ts';
import type { PendingKind } from '../run/pending.ts';
import {
  type InputOutcome,
  ignored,
  quote,
  type StepContext,
  type StepOutcome,
  StepTexts,
  timeAfter,
} from '../run/progress.ts';
import { secretNamesIn } from '../template/secret-mark.ts';
import { keepLists, listsWithout, questionsOf } from './listed-options.ts';
import { clearSaved, saveResponse } from './save-response.ts';
import { type RenderedUrl, renderUrl } from './webhook-url.ts';

type WebhookStep = StepOf<'call_webhook'>;

const HEADER_CHARACTERS_MAX = 4_000;
/** The deepest nesting of the JSON in a workflow file. */
const DEPTH_MAX = 32;

/** Creates the job of the call and waits for its result. */
export function runCallWebhook(
  change: Change,
  step: WebhookStep,
  stepContext: StepContext,
): StepOutcome {
  const { context } = stepContext;
  const texts = new StepTexts(change, stepContext, 'as_seconds');
  const rendered = renderUrl(step.url, (output) => texts.render(output));
  const hasUrlFailed = texts.hasFailed();
  const body = step.body === null ? null : JSON.stringify(renderTree(step.body, texts, 0));
  const url = rendered.ok ? rendered.url : step.url;
  const headers = splitHeaders(step, url, texts);
  const place = quote(`${step.method} ${url.split('?')[0]}`);
  const why = whyNotCalled(texts, rendered, hasUrlFailed);
  if (why !== null) {
    return fail(change, step, stepContext, texts.explain(`Did not call ${place}: ${why}.`));
  }
  const job: Job = {
    id: nextId(change, context),
    conversationId: change.conversation.id,
    channelId: context.channel.id,
    kind: 'call_webhook',
    content: {
      url,
      method: step.method,
      ...headers,
      body,
      timeoutMs: step.timeoutMs,
      retryDelaysMs: step.retryDelaysMs,
      ...(step.withinMs == null ? {} : { withinMs: step.withinMs }),
    },
    createdAt: context.nowMs,
  };
  const asked: Change = { ...change, jobs: [...change.jobs, job] };
  return {
    change: showTyping(asked, context, step.timeoutMs),
    what: texts.explain(`Calls ${place}.`),
    does: 'wait',
    waiting: {
      for: 'webhook',
      jobId: job.id,
      sinceMs: context.nowMs,
      untilMs: deadlineOf(step, context.nowMs),
    },
  };
}

export const pendingCallWebhook: PendingKind<'call_webhook'> = {
  waitsFor: 'webhook',
  untilMs: deadlineOf,
  take: (change, step, waiting, input, stepContext) =>
    input.kind === 'job' && input.jobId === waiting.jobId
      ? takeOutcome(change, step, input.outcome, stepContext)
      : ignored(change, input),
  expire: (change, step, waiting, stepContext) =>
    step.withinMs == null ? null : takeTimeout(change, step, waiting.jobId, stepContext),
};

/** Returns why a call cannot be made; null if it can. */
function whyNotCalled(
  texts: StepTexts,
  rendered: RenderedUrl,
  hasUrlFailed: boolean,
): string | null {
  if (texts.isSpent()) return 'the texts are too long';
  if (!rendered.ok) return rendered.why;
  if (hasUrlFailed) return 'its URL cannot be rendered';
  return texts.hasFailed() ? 'a text of its body or headers cannot be rendered' : null;
}

/** Returns when a call that began at `sinceMs` times out; null: only the retries limit it. */
function deadlineOf({ withinMs }: WebhookStep, sinceMs: number): number | null {
  return withinMs == null ? null : timeAfter(sinceMs, withinMs);
}

/** Renders the texts in a JSON value. Names are not templates. */
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

/**
 * Separates the headers that name secrets, unrendered: a contact's value is never searched for placeholders of secrets.
 */
function splitHeaders(
  { headers }: WebhookStep,
  url: string,
  texts: StepTexts,
): Pick<WebhookCall, 'headers' | 'secretHeaders' | 'secretNames'> {
  const entries = Object.entries(headers);
  const hasSecret = ([, value]: readonly [string, string]) => secretNamesIn(value).length > 0;
  const secret = entries.filter(hasSecret);
  const plain = entries
    .filter((entry) => !hasSecret(entry))
    .map(([name, value]) => [name, asHeader(texts.render(value))]);
  const names = new Set([url, ...secret.map(([, value]) => value)].flatMap(secretNamesIn));
  return {
    headers: Object.fromEntries(plain),
    ...(secret.length === 0 ? {} : { secretHeaders: Object.fromEntries(secret) }),
    ...(names.size === 0 ? {} : { secretNames: [...names] }),
  };
}

/** Makes a text safe as the value of a header: a contact's name must not end the line. */
const asHeader = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^ -~]/gu, '?')
    .trim()
    .slice(0, HEADER_CHARACTERS_MAX);

/** Takes the result of the call: saves the values of the response, or goes to `failed`. */
function takeOutcome(
  change: Change,
  step: WebhookStep,
  outcome: JobOutcome,
  stepContext: StepContext,
): InputOutcome {
  if (!outcome.ok) return fail(change, step, stepContext, `The call failed: ${outcome.reason}.`);
  const { context, run } = stepContext;
  const responded = `The call got the response ${outcome.status}.`;
  const questions = questionsOf(step, stepContext);
  const isRead = step.save.length > 0 || questions.length > 0;
  if (isRead && outcome.unusable !== undefined) {
    const why = `The response counts as a failure: it ${outcome.unusable}.`;
    return fail(change, step, stepContext, `${responded} ${why}`);
  }
  const saved = saveResponse(change, context, step.save, outcome.answer);
  const lines = [responded, ...saved.lines];
  if (!saved.isWhole) {
    const why = 'The response counts as a failure: nothing of it is kept.';
    return fail(change, step, stepContext, [...lines, why].join(' '));
  }
  const kept = keepLists(run, questions, outcome.answer, context);
  return {
    change: showTyping(saved.change, context, null),
    what: [...lines, ...kept.lines].join(' '),
    does: 'go',
    to: step.next,
    ...(questions.length === 0 ? {} : { lists: kept.lists }),
  };
}

/** Gives up on a step that took too long: cancels the call and ignores its result. */
function takeTimeout(
  change: Change,
  step: WebhookStep,
  jobId: number,
  stepContext: StepContext,
): InputOutcome {
  const freed = { ...change, finishedJobIds: [...change.finishedJobIds, jobId] };
  return fail(freed, step, stepContext, 'The call failed: it did not finish in time.');
}

/** Goes to `failed`, and clears what an earlier call has saved. */
function fail(
  change: Change,
  step: WebhookStep,
  stepContext: StepContext,
  what: string,
): StepOutcome & { readonly does: 'go' } {
  const { context, run } = stepContext;
  const questions = questionsOf(step, stepContext);
  return {
    change: showTyping(clearSaved(change, context, step.save), context, null),
    what,
    does: 'go',
    to: step.failed,
    ...(questions.length === 0 ? {} : { lists: listsWithout(run, questions) }),
  };
}
