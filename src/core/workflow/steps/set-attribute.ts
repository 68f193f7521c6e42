// Attributes that workflows write: finds the definition, casts the text and writes it, or returns why not.

import { countCharacters, firstCharacters } from '../../../base/characters.ts';
import { limits } from '../../../base/limits.ts';
import type { Change } from '../../conversation/change.ts';
import {
  type AttributeTarget,
  excessOf,
  findTarget,
  writeAttribute,
  writeCustom,
} from '../../conversation/collect-attribute.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Excess } from '../../model/attribute-limits.ts';
import type { DataAttribute } from '../../model/model.ts';
import type { StepOf } from '../definition.ts';
import { quote, type StepContext, type StepOutcome, StepTexts } from '../run/progress.ts';
import { findTyped } from '../run/typed-choice.ts';
import type { TimeForm } from '../template/time-value.ts';

type SetStep = StepOf<'set_attribute'>;

/** The change, or the reason why there is none. */
export type Written =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly reason: 'misfit' | Excess };

/**
 * The step set_attribute: a value that does not fit is skipped, an empty one clears the attribute. If rendering the
 * value fails, the attribute stays as it is.
 */
export function runSetAttribute(
  change: Change,
  step: SetStep,
  stepContext: StepContext,
): StepOutcome {
  const texts = new StepTexts(change, stepContext, formFor(step, stepContext.context));
  const value = cut(texts.render(step.value));
  if (texts.hasFailed()) {
    const what = texts.explain(
      `Left ${quote(step.attribute)} unchanged: its value cannot be rendered.`,
    );
    return { change, what, does: 'go', to: step.next };
  }
  const written = writeTo(change, stepContext.context, step.model, step.attribute, value);
  const what = texts.explain(describeWritten(written, step.attribute, value));
  return { change: written.ok ? written.change : change, what, does: 'go', to: step.next };
}

function describeWritten(written: Written, attribute: string, value: string): string {
  if (!written.ok) return `Skipped ${quote(attribute)}: ${reasons[written.reason]}.`;
  if (value === '') return `Cleared ${quote(attribute)}.`;
  return `Set ${quote(attribute)} to ${quote(value)}.`;
}

/** Returns the form of times: seconds for attributes of times and numbers, readable text for texts. */
function formFor({ model, attribute }: SetStep, { setup }: TransitionContext): TimeForm {
  const definition = setup.dataAttributes.find(
    (one) => one.model === model && one.name === attribute,
  );
  const { dataType = 'string' } = definition ?? {};
  return dataType === 'string' || dataType === 'options' ? 'for_people' : 'as_seconds';
}

const reasons = {
  misfit: 'the value does not fit its type',
  full: 'there are too many attributes already',
  too_large: 'the attributes would be too large in all',
} as const;

function writeTo(
  change: Change,
  context: TransitionContext,
  model: 'contact' | 'conversation',
  name: string,
  value: string,
): Written {
  const definitions = context.setup.dataAttributes.filter(
    (one) => one.model === model && one.name === name,
  );
  const target = findTarget(name, definitions);
  // The name, e-mail and phone of the contact are not attributes of the conversation.
  const isFree = target.kind === 'free' || (target.kind === 'contact_field' && model !== 'contact');
  const after = isFree
    ? writeCustom(change, model, name, value, context)
    : writeAttribute(change, target, name, value, context);
  return limitedBy(change, after);
}

/** Writes the contact's typed answer as the value of an attribute, where the app's own event would write it. */
export function writeTyped(
  change: Change,
  context: TransitionContext,
  name: string,
  text: string,
): Written {
  const definitions = context.setup.dataAttributes.filter((one) => one.name === name);
  const target = findTarget(name, definitions);
  if (countCharacters(text) > limits.attributeValueCharactersMax)
    return { ok: false, reason: 'misfit' };
  return limitedBy(change, writeAttribute(change, target, name, asOption(text, target), context));
}

/** Finds the option that a text means, ignoring case. */
function asOption(text: string, target: AttributeTarget): string {
  if (target.kind !== 'defined' || target.definition.dataType !== 'options') return text;
  const { options } = target.definition;
  const choice = findTyped(options, text, { byPlace: false });
  return typeof choice === 'number' ? options[choice]! : text;
}

/** Writes a single value of a webhook's response into the conversation, checked as if the app had collected it. */
export function writeSaved(
  change: Change,
  context: TransitionContext,
  name: string,
  value: string | number | boolean,
): Written {
  const text = String(value);
  if (countCharacters(text) > limits.attributeValueCharactersMax)
    return { ok: false, reason: 'misfit' };
  return definitionOf(context, name) === undefined
    ? limitedBy(change, writeCustom(change, 'conversation', name, value, context))
    : writeTo(change, context, 'conversation', name, text);
}

/** Returns the workspace's definition of an attribute of the conversation. */
export const definitionOf = (context: TransitionContext, name: string): DataAttribute | undefined =>
  context.setup.dataAttributes.find((one) => one.model === 'conversation' && one.name === name);

/** Removes the value of an attribute of the conversation, if it has one. */
export const clearAttribute = (change: Change, context: TransitionContext, name: string): Change =>
  Object.hasOwn(change.conversation.customAttributes, name)
    ? writeCustom(change, 'conversation', name, '', context)
    : change;

function limitedBy(before: Change, after: Change | null): Written {
  if (after === null) return { ok: false, reason: 'misfit' };
  const excess = excessOf(before, after);
  return excess === null ? { ok: true, change: after } : { ok: false, reason: excess };
}

const cut = (text: string): string => firstCharacters(text, limits.attributeValueCharactersMax);
