// Reads a workflow file into the form that runs. Finds all errors at once, each with its step, the reason and what to
// do. Pure: the file is already parsed, and names become ids through the given resolver.

import { fail, ok, type Result } from '../../../base/result.ts';
import {
  describeValue,
  FieldReader,
  isEmptyList,
  type Path,
} from '../../../base/text-files/field-reader.ts';
import { nearestName, suggestName } from '../../../base/text-files/suggest.ts';
import {
  type Step,
  type StepWord,
  type Target,
  triggerKinds,
  type WorkflowDefinition,
} from '../definition.ts';
import { stepKinds, stepWords, waitingWords } from '../step-kinds.ts';
import { readCondition } from './condition-reader.ts';
import type { Finding, NameResolver, ReadingContext } from './reading-context.ts';
import { misplacedMarks } from './secrets-reader.ts';
import { settleWebhooks } from './settle-webhooks.ts';
import { resolveName } from './step-fields.ts';
import { loopsWithoutWait, type StepNode, unreachableSteps } from './step-graph.ts';
import { meantKey, meantStepKind } from './synonyms.ts';

export {
  acceptEveryName,
  type Finding,
  type NamedKind,
  type NameResolver,
} from './reading-context.ts';

const NAME_CHARACTERS_MAX = 100;
const STEPS_MAX = 200;
const TRIGGER_CHANNELS_MAX = 500;
/** The target at which a run ends. */
const END = 'end';

export type ReadWorkflow = {
  readonly definition: WorkflowDefinition;
  readonly warnings: readonly Finding[];
};

/** A step of the file, before it is read. */
type StepSource = {
  readonly index: number;
  /** Its id, or `#3` for the third one without a usable id. */
  readonly key: string;
  /** The key of its node in the graph: like `key`, but unique even if the id is taken. */
  readonly node: string;
  readonly source: unknown;
};

/**
 * Reads a workflow.
 * @param source the parsed YAML or JSON of the file.
 * @returns the workflow with its warnings, or all errors followed by the warnings.
 */
export function readDefinition(
  source: unknown,
  names: NameResolver,
): Result<ReadWorkflow, readonly Finding[]> {
  return new DefinitionReader(names).read(source);
}

/** Returns the name in a workflow file, if it has one. */
export function workflowNameOf(source: unknown): string | undefined {
  const name = (source as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}

class DefinitionReader {
  readonly #names: NameResolver;
  readonly #errors: Finding[] = [];
  readonly #warnings: Finding[] = [];
  readonly #nodes = new Map<
    string,
    { targets: Target[]; atOnce: readonly Target[]; index: number }
  >();
  #ids: ReadonlySet<string> = new Set();

  constructor(names: NameResolver) {
    this.#names = names;
  }

  read(source: unknown): Result<ReadWorkflow, readonly Finding[]> {
    const fields = this.#fieldsOf(source, [], null);
    const name = this.#readName(fields);
    const trigger = this.#readTrigger(fields);
    const when = readCondition(fields, 'when', {
      names: this.#names,
      warn: (at, below, reason, remedy) => this.#warn(null, at, below, reason, remedy),
    });
    const steps = this.#settle(fields, this.#readSteps(fields));
    fields.reportUnknownKeys();
    for (const { path, ...mark } of misplacedMarks(source)) this.#reportMark(path, mark);
    this.#checkGraph(fields);
    if (this.#errors.length > 0)
      return fail([...inOrder(this.#errors), ...inOrder(this.#warnings)]);
    return ok({ definition: { name, trigger, when, steps }, warnings: inOrder(this.#warnings) });
  }

  #fieldsOf(source: unknown, path: Path, step: string | null): FieldReader {
    return new FieldReader(
      source,
      path,
      (fault) => this.#errors.push({ step, ...fault }),
      meantKey,
    );
  }

  #warn(step: string | null, at: FieldReader, below: Path, reason: string, remedy: string): void {
    this.#warnings.push({ step, path: [...at.path, ...below], reason, remedy, isWarning: true });
  }

  #readName(fields: FieldReader): string {
    const name =
      fields.text('name', { charactersMax: NAME_CHARACTERS_MAX, isRequired: true }) ?? '';
    if (name.trim() !== name || /[\p{Cc}\u2028\u2029]/u.test(name)) {
      const remedy = 'write it in one line, without spaces around it';
      fields.fault(['name'], 'is not a valid name', remedy);
    }
    return name;
  }

  #readTrigger(fields: FieldReader): WorkflowDefinition['trigger'] {
    const trigger = fields.mapping('trigger', true);
    if (trigger === undefined) return { on: 'new_conversation', channelIds: null };
    const on = trigger.choice('on', triggerKinds, true) ?? 'new_conversation';
    const countRules = { countMax: TRIGGER_CHANNELS_MAX };
    const channels = trigger.texts('channels', NAME_CHARACTERS_MAX, countRules);
    if (isEmptyList(trigger.value('channels'))) {
      trigger.fault(['channels'], 'is empty', 'remove it to mean all channels');
    }
    const ids = channels?.flatMap((name, index) => {
      const id = resolveName(trigger, this.#names, 'channel', name, ['channels', index]);
      return id === undefined ? [] : [id];
    });
    trigger.reportUnknownKeys();
    return { on, channelIds: ids ?? null };
  }

  #readSteps(fields: FieldReader): readonly Step[] {
    const list = fields.list('steps', { countMin: 1, countMax: STEPS_MAX, isRequired: true }) ?? [];
    const ids = new Set<string>();
    const sources = list.map((source, index): StepSource => {
      const id = (source as { id?: unknown } | null)?.id;
      const number = `#${index + 1}`;
      const key = typeof id === 'string' && isStepId(id) ? id : number;
      const node = ids.has(key) ? number : key;
      if (key !== number) ids.add(key);
      return { index, key, node, source };
    });
    this.#ids = ids;
    return sources.flatMap((one) => {
      const step = this.#readStep(one, sources[one.index + 1]?.node ?? null);
      return step === null ? [] : [step];
    });
  }

  #readStep({ index, key, node: nodeKey, source }: StepSource, following: Target): Step | null {
    const fields = this.#fieldsOf(source, ['steps', index], key);
    const id = fields.text('id', { charactersMax: 1_000, isRequired: true });
    if (id !== undefined && !isStepId(id)) {
      const remedy = `use 1 to 64 of a-z, 0-9, - and _, and not "${END}"`;
      fields.fault(['id'], `cannot be "${id}"`, remedy);
    }
    if (id === key && nodeKey !== key)
      fields.fault(['id'], `repeats the id "${key}"`, 'give every step its own id');
    const node = { targets: [] as Target[], atOnce: [] as readonly Target[], index };
    this.#nodes.set(nodeKey, node);
    const word = this.#readKind(fields);
    if (word === undefined) {
      // An unknown step counts as leading to every step that its texts name, so that those do not look unreachable.
      node.targets.push(following, ...textsIn(source).filter((text) => this.#ids.has(text)));
      return null;
    }
    const context: ReadingContext = {
      id: key,
      fields,
      names: this.#names,
      following,
      target: (at, field, fallback) => {
        const target = this.#readTarget(at, field, fallback);
        node.targets.push(target);
        return target;
      },
      warn: (at, below, reason, remedy) => this.#warn(key, at, below, reason, remedy),
    };
    const step = stepKinds[word].read(context);
    if (step.do === 'ask_quick_reply' && step.from !== undefined) {
      // If the list of buttons is empty, nothing is asked and the run does not wait.
      node.atOnce = [step.from.empty];
    } else {
      node.atOnce = stepKinds[word].waits ? [] : node.targets;
    }
    fields.reportUnknownKeys();
    return step;
  }

  #settle(fields: FieldReader, steps: readonly Step[]): readonly Step[] {
    const given = fields.value('steps');
    const list: readonly unknown[] = Array.isArray(given) ? given : [];
    const settled = settleWebhooks(steps, (id) => {
      const index = this.#nodes.get(id)?.index ?? 0;
      const has = (key: string) => Object.hasOwn(Object(list[index]), key);
      return { path: ['steps', index], has };
    });
    for (const one of settled.findings) {
      (one.isWarning === true ? this.#warnings : this.#errors).push(one);
    }
    return settled.steps;
  }

  #reportMark(path: Path, { reason, remedy }: Pick<Finding, 'reason' | 'remedy'>): void {
    const [at, index] = path;
    const isOfStep = at === 'steps' && typeof index === 'number';
    const step = [...this.#nodes].find(([, node]) => isOfStep && node.index === index)?.[0] ?? null;
    this.#errors.push({ step, path, reason, remedy });
  }

  #readKind(fields: FieldReader): StepWord | undefined {
    const given = fields.value('do');
    if (given === undefined) {
      fields.fault(['do'], 'is missing', `say what the step does: ${stepWords.join(', ')}`);
      return undefined;
    }
    const word = stepWords.find((one) => one === given);
    if (word === undefined) {
      const text = typeof given === 'string' ? given : '';
      const meant = meantStepKind(text);
      const remedy = meant === undefined ? suggestName(text, stepWords) : `write ${meant}`;
      fields.fault(['do'], `is not a kind of step: ${describeValue(given)}`, remedy);
    }
    return word;
  }

  #readTarget(fields: FieldReader, key: string, fallback: Target): Target {
    const value = fields.value(key);
    if (value === undefined && !fields.has(key)) return fallback;
    if (value === END) return null;
    if (typeof value === 'string' && this.#ids.has(value)) return value;
    const given = typeof value === 'string' ? value : '';
    const remedy = suggestName(given, [...this.#ids, END]);
    fields.fault([key], `names no step: ${describeValue(value)}`, remedy);
    return nearestName(given, this.#ids) ?? fallback;
  }

  #checkGraph(fields: FieldReader): void {
    const nodes = [...this.#nodes].map(([id, node]): StepNode => ({ id, ...node }));
    const place = (id: string): Path => [...fields.path, 'steps', this.#nodes.get(id)!.index];
    for (const id of unreachableSteps(nodes)) {
      const reason = 'is never reached: no step leads to it';
      const remedy = `name it in a \`next\`, or remove it`;
      this.#errors.push({ step: id, path: place(id), reason, remedy });
    }
    for (const loop of loopsWithoutWait(nodes)) {
      const [first = ''] = loop;
      const reason = `loops without waiting: ${[...loop, first].join(' -> ')}`;
      const waits = waitingWords.join(', ');
      const remedy = `put a step that waits into the loop: ${waits}`;
      this.#errors.push({ step: first, path: place(first), reason, remedy });
    }
  }
}

const isStepId = (text: string): boolean => /^[a-z0-9_-]{1,64}$/.test(text) && text !== END;

/** Lists all texts in a value. */
const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};

/** Sorts findings by step, then in the order found. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const positionOf = ({ path }: Finding) =>
    path[0] === 'steps' && typeof path[1] === 'number' ? path[1] : -1;
  return findings.toSorted((a, b) => positionOf(a) - positionOf(b));
}
