// Turns a list in a webhook's response into buttons, keeping only what the questions need. The run stores them from
// the call to the question; the next call replaces them.

import { countCharacters, shorten } from '../../../base/characters.ts';
import { limits } from '../../../base/limits.ts';
import { cleanText } from '../../../contract/text.ts';
import type { Change } from '../../conversation/change.ts';
import { OPTION_ID_CHARACTERS_MAX } from '../../conversation/option-id.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import { castAttributeValue } from '../../model/attribute-value.ts';
import type { Json } from '../../model/model.ts';
import type { OptionsSource, Step } from '../definition.ts';
import { type InputOutcome, quote, type StepContext } from '../run/progress.ts';
import type { ListedOption, WorkflowRun } from '../run/run.ts';
import { resolvePointer } from './json-pointer.ts';
import { clearAttribute, definitionOf, writeSaved } from './set-attribute.ts';

const TEXT_CHARACTERS_MAX = limits.nameCharactersMax;

type Lists = NonNullable<WorkflowRun['lists']>;

export type ListQuestion = { readonly stepId: string; readonly from: OptionsSource };

/** Finds the questions of a run's workflow whose buttons come from the response of this step. */
export function questionsOf(
  { id }: Pick<Step, 'id'>,
  { run, context }: StepContext,
): readonly ListQuestion[] {
  const definition = context.setup.definitionOf(run.workflowId, run.version);
  return (definition?.steps ?? []).flatMap((step) =>
    step.do === 'ask_quick_reply' && step.from?.call === id
      ? [{ stepId: step.id, from: step.from }]
      : [],
  );
}

/** Returns the options that a question of a run may offer. Own properties only: ids of steps can have any name. */
export const listedOptions = (
  { lists = {} }: WorkflowRun,
  stepId: string,
): readonly ListedOption[] => (Object.hasOwn(lists, stepId) ? lists[stepId]! : []);

/** Sets the question's attribute to the id of the chosen entry. */
export function takeChosen(
  change: Change,
  from: OptionsSource,
  id: string,
  text: string,
  { context }: StepContext,
): InputOutcome {
  const what = `The contact chose ${quote(text)}.`;
  if (from.attribute === null) return { change, what, does: 'go', to: from.next };
  const written = writeSaved(change, context, from.attribute, id);
  if (written.ok) {
    const saved = `${what} Saved its id as ${quote(from.attribute)}.`;
    return { change: written.change, what: saved, does: 'go', to: from.next };
  }
  const why = `Its id cannot be saved as ${quote(from.attribute)} (any more).`;
  const cleared = clearAttribute(change, context, from.attribute);
  return { change: cleared, what: `${what} ${why}`, does: 'go', to: from.empty };
}

/** Returns the lists of a run without those of some questions. */
export const listsWithout = (run: WorkflowRun, questions: readonly ListQuestion[]): Lists =>
  Object.fromEntries(
    Object.entries(run.lists ?? {}).filter(([id]) =>
      questions.every(({ stepId }) => stepId !== id),
    ),
  );

/** Adds the lists that a response has for some questions; returns a sentence about each too. */
export function keepLists(
  run: WorkflowRun,
  questions: readonly ListQuestion[],
  response: Json,
  context: TransitionContext,
): { readonly lists: Lists; readonly lines: readonly string[] } {
  const made = questions.map(({ stepId, from }) => ({
    stepId,
    ...readList(response, from, context),
  }));
  return {
    lists: {
      ...listsWithout(run, questions),
      ...Object.fromEntries(made.map(({ stepId, options }) => [stepId, options])),
    },
    lines: made.map(({ stepId, what }) => `For ${quote(stepId)}: ${what}.`),
  };
}

function readList(
  response: Json,
  from: OptionsSource,
  context: TransitionContext,
): { readonly options: readonly ListedOption[]; readonly what: string } {
  const list = resolvePointer(response, from.list);
  if (!Array.isArray(list)) return { options: [], what: 'the response has no list there' };
  const options = new Map<string, ListedOption>();
  let badCount = 0;
  let repeatedCount = 0;
  let leftOutCount = 0;
  for (const entry of list as readonly Json[]) {
    if (options.size === from.limit) {
      leftOutCount += 1;
      continue;
    }
    const option = readOption(entry, from, context);
    if (option === null) badCount += 1;
    else if (options.has(option.id)) repeatedCount += 1;
    else options.set(option.id, option);
  }
  const counts = [
    `${options.size} of ${list.length} entries kept`,
    badCount > 0 ? `${badCount} without an id that can be used` : '',
    repeatedCount > 0 ? `${repeatedCount} with a repeated id` : '',
    leftOutCount > 0 ? `${leftOutCount} beyond the limit of ${from.limit}` : '',
  ];
  return { options: [...options.values()], what: counts.filter((one) => one !== '').join(', ') };
}

/** Reads an entry as a button; null if its id is none that an app could send back and its attribute could take. */
function readOption(
  entry: Json,
  from: OptionsSource,
  context: TransitionContext,
): ListedOption | null {
  const isPlain = typeof entry !== 'object' || entry === null;
  const id = plainText(isPlain ? entry : resolvePointer(entry, from.id));
  if (id === null || countCharacters(id) > OPTION_ID_CHARACTERS_MAX || !isWireId(id)) return null;
  const definition = from.attribute === null ? undefined : definitionOf(context, from.attribute);
  if (definition !== undefined && castAttributeValue(id, definition) === undefined) return null;
  const text = plainText(isPlain ? entry : resolvePointer(entry, from.text)) ?? id;
  return { id, text: shorten(cleanText(text).trim() || id, TEXT_CHARACTERS_MAX) };
}

/** Reads a text, number or boolean as a text; null for anything else, and for blanks. */
function plainText(value: Json | undefined): string | null {
  if (value === undefined || value === null || typeof value === 'object') return null;
  const text = String(value);
  return text.trim() === '' ? null : text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these cannot be in an id (contract row 44).
const isWireId = (id: string): boolean => id.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(id);
