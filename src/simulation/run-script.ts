// Runs a script step by step, and keeps a transcript of it with every expectation that failed. Goes on after a failure,
// so that one run shows all of them.

import type { Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import type { ContractError } from '../contract/errors.ts';
import { cleanText } from '../contract/text.ts';
import type { Signal, TeammateAction } from '../core/conversation/signal.ts';
import type { WorkspaceSetup } from '../core/conversation/transition-context.ts';
import type { Contact, Part } from '../core/model/model.ts';
import type { TraceEntry } from '../core/workflow/run/run.ts';
import { checkExpectation, leftovers, type Pending } from './check-expectation.ts';
import {
  authorName,
  type ObservedEffect,
  observedEffectsOf,
  showObservedEffect,
  showSpan,
} from './observed-effects.ts';
import type { Script, ScriptStep } from './script.ts';
import { DEFAULT_TEAMMATE, type ScriptNames } from './script-setup.ts';
import {
  advanceTo,
  applySignal,
  beginSimulation,
  finishJob,
  type Move,
  optionsOf,
  type PromptOption,
  type Simulation,
  TIMERS_MAX,
} from './simulation.ts';

/** One line of the transcript. */
export type AccountEntry = {
  /** The time since the script began. */
  readonly elapsedMs: number;
  /** The step of the script that led to it. */
  readonly step: number;
} & (
  | { readonly kind: 'did'; readonly who: string; readonly what: string }
  | { readonly kind: 'happened'; readonly who: string; readonly effect: ObservedEffect }
  | { readonly kind: 'passed'; readonly ms: number }
  | { readonly kind: 'trace'; readonly entry: TraceEntry }
  | { readonly kind: 'met' }
  | { readonly kind: 'failed'; readonly failure: Failure }
);

export type Failure = {
  readonly step: number;
  readonly expected: string;
  readonly actual: string;
};

export type ScriptResult = {
  readonly entries: readonly AccountEntry[];
  readonly failures: readonly Failure[];
  readonly expectationCount: number;
  readonly simulation: Simulation;
};

/** Runs a script in a workspace. Deterministic: the same script and workflows give the same result. */
export function runScript(script: Script, setup: WorkspaceSetup, names: ScriptNames): ScriptResult {
  const runner = new ScriptRunner(script, setup, names);
  for (const step of script.steps) runner.take(step);
  return runner.finish();
}

const CONVERSATION = 'conversation_1';

class ScriptRunner {
  readonly #script: Script;
  readonly #names: ScriptNames;
  readonly #entries: AccountEntry[] = [];
  readonly #failures: Failure[] = [];
  #simulation: Simulation;
  #pending: Pending = { sent: [], notes: [], isExpected: false };
  #step = 0;
  #expectationCount = 0;
  #eventCount = 0;

  constructor(script: Script, setup: WorkspaceSetup, names: ScriptNames) {
    this.#script = script;
    this.#names = names;
    this.#simulation = beginSimulation({
      setup,
      channelId: names.channelId(),
      nowMs: script.startsAtMs,
      contacts: [knownContact(script, names)],
    });
  }

  take(step: ScriptStep): void {
    if (step.do === 'expect') {
      this.#step = step.index;
      this.#expect(step.expected);
      return;
    }
    this.#checkLeftovers();
    this.#step = step.index;
    this.#act(step);
  }

  finish(): ScriptResult {
    this.#checkLeftovers();
    return {
      entries: this.#entries,
      failures: this.#failures,
      expectationCount: this.#expectationCount,
      simulation: this.#simulation,
    };
  }

  #act(step: Exclude<ScriptStep, { do: 'expect' }>): void {
    switch (step.do) {
      case 'start':
        this.#contactDoes({ kind: 'new_conversation' }, 'starts the conversation');
        break;
      case 'say':
        this.#contactDoes({ kind: 'new_message', body: cleanText(step.text) }, step.text);
        break;
      case 'give': {
        const { attribute: attributeId, value } = step;
        const event = { kind: 'attribute_collected', attributeId, value } as const;
        this.#contactDoes(event, `gives ${attributeId}: ${value}`);
        break;
      }
      case 'click':
        this.#click(step.button, step.prompt);
        break;
      case 'wait':
        this.#wait(step.ms);
        break;
      case 'webhook':
        this.#finishCall(step);
        break;
      case 'teammate':
        this.#teammateDoes(step);
        break;
    }
  }

  #contactDoes(event: EventOf, what: string): void {
    const { contact } = this.#script;
    this.#eventCount += 1;
    this.#note({ kind: 'did', who: contact.name ?? contact.externalId, what });
    const signal: Signal = {
      kind: 'channel_event',
      event: {
        eventId: `event_${this.#eventCount}`,
        externalConversationId: CONVERSATION,
        contact: {
          type: contact.role,
          externalId: contact.externalId,
          name: contact.name,
          email: contact.email,
        },
        ...event,
      },
    };
    this.#apply(signal);
  }

  #click(button: string, prompt: number | null): void {
    const prompts = promptsOf(this.#simulation.parts);
    const options = (prompt === null ? prompts.at(-1) : prompts[prompt - 1]) ?? [];
    const option = findButton(options, button);
    if (option === undefined) {
      const where = prompt === null ? 'the last question' : `question ${prompt}`;
      const actual =
        options.length === 0 ? `${where} has no buttons` : `${where} has ${showButtons(options)}`;
      this.#fail(`a button "${button}" to click`, actual);
      return;
    }
    const optionId = option.id;
    this.#contactDoes({ kind: 'quick_reply_selected', optionId }, `clicks [${option.text}]`);
  }

  #wait(ms: number): void {
    this.#note({ kind: 'passed', ms });
    const { simulation, moves, isCut } = advanceTo(this.#simulation, this.#simulation.nowMs + ms);
    for (const move of moves) this.#see(move);
    this.#simulation = simulation;
    if (isCut) {
      const actual = `${TIMERS_MAX} timers fired, and no end: does the workflow go round?`;
      this.#fail('the time to pass', actual);
    }
  }

  #finishCall({ outcome }: ScriptStep & { do: 'webhook' }): void {
    const what = outcome.ok
      ? `responds with ${outcome.status}: ${outcome.unusable ?? JSON.stringify(outcome.answer)}`
      : `fails: ${outcome.reason}`;
    this.#note({ kind: 'did', who: 'The webhook', what });
    const move = finishJob(this.#simulation, outcome);
    if (move === null) this.#fail('a pending call', 'none');
    else this.#goOn(move);
  }

  #teammateDoes({ name, action }: ScriptStep & { do: 'teammate' }): void {
    const { conversation, nowMs } = this.#simulation;
    const done = this.#actionOf(action, nowMs);
    this.#note({ kind: 'did', who: name ?? DEFAULT_TEAMMATE, what: done.what });
    const adminId = this.#names.adminId(name);
    const conversationId = conversation?.id ?? 0;
    this.#apply({ kind: 'teammate', conversationId, adminId, action: done.action });
  }

  #actionOf(
    action: (ScriptStep & { do: 'teammate' })['action'],
    nowMs: number,
  ): { readonly action: TeammateAction; readonly what: string } {
    switch (action.do) {
      case 'says':
        return { action: { do: 'comment', body: action.text }, what: action.text };
      case 'notes':
        return { action: { do: 'note', body: action.text }, what: `notes: ${action.text}` };
      case 'opens':
        return { action: { do: 'open' }, what: 'opens the conversation' };
      case 'closes':
        return { action: { do: 'close', body: action.text }, what: `closes: ${action.text ?? ''}` };
      case 'snoozes': {
        const what = `snoozes for ${showSpan(action.ms)}`;
        return { action: { do: 'snooze', untilMs: nowMs + action.ms }, what };
      }
      case 'assigns': {
        const { to } = action;
        const id = to === null ? 0 : this.#names.assigneeId(to);
        const assignee = to === null ? null : { type: to.type, id };
        const what = `assigns to ${to?.name ?? 'nobody'}`;
        return { action: { do: 'assign', to: assignee, body: null }, what };
      }
      case 'offers': {
        const options = action.buttons.map((text, index) => ({
          id: `teammate_${this.#step}_${index}`,
          text,
        }));
        const what = `${action.text ?? ''} ${showButtons(options)}`.trim();
        return { action: { do: 'quick_reply', body: action.text, options }, what };
      }
    }
  }

  #apply(signal: Signal): void {
    const result: Result<Move, ContractError> = applySignal(this.#simulation, signal);
    if (result.ok) {
      this.#goOn(result.value);
      return;
    }
    const [error] = result.error.errors;
    this.#fail('it to be accepted', `rejected: ${error?.message ?? 'no reason'}`);
  }

  #see({ signal, outcome, atMs }: Omit<Move, 'simulation'>): void {
    const { setup } = this.#simulation;
    const isTeammate = signal.kind === 'teammate';
    for (const effect of observedEffectsOf(outcome, setup)) {
      // The script itself contains the messages of its teammates.
      if (isTeammate && isBy(effect, 'admin')) continue;
      const who = 'by' in effect ? authorName(effect.by, setup) : 'Parley';
      this.#note({ kind: 'happened', who, effect }, atMs);
      this.#noteSent(effect);
    }
    for (const entry of outcome.trace) this.#note({ kind: 'trace', entry }, atMs);
  }

  /** Takes the state after a move as the current one. */
  #goOn(move: Move): void {
    this.#simulation = move.simulation;
    this.#see(move);
  }

  #noteSent(effect: ObservedEffect): void {
    const { sent, notes } = this.#pending;
    if (effect.kind === 'message' || effect.kind === 'asked') {
      this.#pending = { ...this.#pending, sent: [...sent, effect] };
    } else if (effect.kind === 'note') {
      this.#pending = { ...this.#pending, notes: [...notes, effect.text] };
    }
  }

  #expect(expected: (ScriptStep & { do: 'expect' })['expected']): void {
    this.#expectationCount += 1;
    const checked = checkExpectation(
      expected,
      this.#pending,
      this.#simulation,
      this.#script.isStrict,
    );
    this.#pending = { ...checked.pending, isExpected: true };
    if (checked.faults.length === 0) this.#note({ kind: 'met' });
    for (const { expected: wanted, actual } of checked.faults) this.#fail(wanted, actual);
  }

  /** Reports unexpected messages, if the script expects any of these effects. */
  #checkLeftovers(): void {
    const unexpected = this.#script.isStrict ? leftovers(this.#pending) : [];
    if (unexpected.length > 0) {
      const shown = unexpected.map((one) => `"${showObservedEffect(one)}"`).join(', ');
      this.#fail('nothing more', shown);
    }
    this.#pending = { sent: [], notes: [], isExpected: false };
  }

  #fail(expected: string, actual: string): void {
    const failure = { step: this.#step, expected, actual };
    this.#failures.push(failure);
    this.#note({ kind: 'failed', failure });
  }

  #note(entry: EntryOf, nowMs: number = this.#simulation.nowMs): void {
    const elapsedMs = nowMs - this.#script.startsAtMs;
    this.#entries.push({ elapsedMs, step: this.#step, ...entry });
  }
}

type DistributiveOmit<Type, Key extends PropertyKey> = Type extends unknown
  ? Omit<Type, Key>
  : never;
type EntryOf = DistributiveOmit<AccountEntry, 'elapsedMs' | 'step'>;
type EventOf = DistributiveOmit<ChannelEvent, 'eventId' | 'externalConversationId' | 'contact'>;

const isBy = (effect: ObservedEffect, type: string): boolean =>
  'by' in effect ? effect.by.type === type : false;

/** Lists the buttons of every prompt so far. */
const promptsOf = (parts: readonly Part[]): readonly (readonly PromptOption[])[] =>
  parts.filter(({ partType }) => partType === 'quick_reply').map(optionsOf);

const showButtons = (options: readonly PromptOption[]): string =>
  options.map(({ text }) => `[${text}]`).join(' ');

/** Finds a button by its text, else by its id, with or without the position that Parley adds. */
const findButton = (options: readonly PromptOption[], button: string): PromptOption | undefined =>
  options.find(({ text }) => text === button) ??
  options.find(({ id }) => id === button || id.replace(/-\d+$/, '') === button);

/** Creates the contact that the app knows before its first message. */
function knownContact({ contact, startsAtMs }: Script, names: ScriptNames): Contact {
  return {
    id: '000000000000000000000001',
    ...contact,
    profile: {},
    tagIds: [],
    customAttributes: names.contactAttributes(),
    signedUpAt: contact.role === 'user' ? startsAtMs : null,
    lastRepliedAt: null,
    archivedAt: null,
    blockedAt: null,
    createdAt: startsAtMs,
    updatedAt: startsAtMs,
  };
}
