// Applies a collected attribute (contract rows 26 to 29): finds the target, casts the value, writes it, and adds a
// part.

import { countCharacters } from '../../base/characters.ts';
import { limits } from '../../base/limits.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { isEmailAddress } from '../../contract/text.ts';
import { type Excess, excessOfAttributes } from '../model/attribute-limits.ts';
import { castAttributeValue } from '../model/attribute-value.ts';
import type { DataAttribute, Json } from '../model/model.ts';
import { addPart, type Change } from './change.ts';
import { reopenSilently } from './contact-reply.ts';
import { bot } from './effects.ts';
import type { TransitionContext } from './transition-context.ts';

/** Attributes that are columns of the contact and need no definition. */
const contactFields = ['name', 'email', 'phone'] as const;
type ContactField = (typeof contactFields)[number];

export type AttributeTarget =
  | { readonly kind: 'contact_field'; readonly field: ContactField }
  | { readonly kind: 'defined'; readonly definition: DataAttribute }
  | { readonly kind: 'free' };

export type CollectedAttribute = {
  readonly id: string;
  readonly value: string;
  /** Whether it was ever asked for in this conversation. */
  readonly isRequested: boolean;
};

/**
 * Applies the value that the app collected.
 * @param definitions the workspace's data attributes of this name.
 */
export function collectAttribute(
  before: Change,
  { id, value, isRequested }: CollectedAttribute,
  definitions: readonly DataAttribute[],
  context: TransitionContext,
): Result<Change, ContractError> {
  const target = findTarget(id, definitions);
  const isTaken =
    target.kind !== 'free' || isRequested || context.channel.unknownAttribute === 'record';
  if (!isTaken) return fail(apiError('attributeUnknown', 'attribute.id'));

  const reopened = reopenSilently(before, context);
  const written = writeAttribute(reopened, target, id, value, context);
  if (written === null) return fail(apiError('attributeValueInvalid', 'attribute.value'));
  const excess = excessOf(before, written);
  if (excess === 'full') return fail(apiError('attributesFull', 'attribute.id'));
  if (excess === 'too_large') return fail(apiError('attributesTooLarge', 'attribute.value'));
  return ok(addAttributePart(written, context, context.channel.name, id, value));
}

/** Adds the part with the collected value (contract row 28). */
export const addAttributePart = (
  change: Change,
  context: TransitionContext,
  workflowName: string,
  id: string,
  value: string,
): Change =>
  addPart(change, context, {
    partType: 'conversation_attribute_updated_by_workflow',
    body: null,
    author: bot,
    eventDetails: {
      workflow: { name: workflowName },
      attribute: { name: id },
      value: { name: value },
    },
  });

/** Checks whether the attributes of the contact or the conversation grew beyond a limit. */
export const excessOf = (before: Change, after: Change): Excess | null =>
  excessOfAttributes(before.contact.customAttributes, after.contact.customAttributes) ??
  excessOfAttributes(before.conversation.customAttributes, after.conversation.customAttributes);

/**
 * Finds the target of an attribute's name: a definition before a contact field, the conversation's before the
 * contact's.
 */
export function findTarget(
  attributeId: string,
  definitions: readonly DataAttribute[],
): AttributeTarget {
  const definition =
    definitions.find((candidate) => candidate.model === 'conversation') ?? definitions[0];
  if (definition !== undefined) return { kind: 'defined', definition };
  const field = contactFields.find((candidate) => candidate === attributeId);
  return field === undefined ? { kind: 'free' } : { kind: 'contact_field', field };
}

/** Writes the value, or clears the attribute if it is empty (row 29). Null if the value does not fit. */
export function writeAttribute(
  change: Change,
  target: AttributeTarget,
  name: string,
  value: string,
  context: TransitionContext,
): Change | null {
  switch (target.kind) {
    case 'contact_field': {
      if (!fitsContactField(target.field, value)) return null;
      const contact = { ...change.contact, [target.field]: value === '' ? null : value };
      return { ...change, contact: { ...contact, updatedAt: context.nowMs } };
    }
    case 'free':
      return writeCustom(change, 'conversation', name, value, context);
    case 'defined': {
      if (value === '') return writeCustom(change, target.definition.model, name, '', context);
      const cast = castAttributeValue(value, target.definition);
      if (cast === undefined) return null;
      return writeCustom(change, target.definition.model, name, cast, context);
    }
  }
}

/** Writes the value of a custom attribute; an empty text clears it. */
export function writeCustom(
  change: Change,
  model: 'contact' | 'conversation',
  name: string,
  value: Json,
  { nowMs }: TransitionContext,
): Change {
  const attributes = withAttribute(change[model].customAttributes, name, value);
  if (model === 'contact') {
    const contact = { ...change.contact, customAttributes: attributes, updatedAt: nowMs };
    return { ...change, contact };
  }
  const conversation = { ...change.conversation, customAttributes: attributes, updatedAt: nowMs };
  return { ...change, conversation };
}

function withAttribute(
  attributes: { readonly [name: string]: Json },
  name: string,
  value: Json,
): { readonly [name: string]: Json } {
  const entries = Object.entries(attributes).filter(([key]) => key !== name);
  // fromEntries defines own properties, so that no name, `__proto__` included, means anything special.
  return Object.fromEntries(value === '' ? entries : [...entries, [name, value]]);
}

function fitsContactField(field: ContactField, value: string): boolean {
  if (countCharacters(value) > limits.nameCharactersMax) return false;
  return field !== 'email' || isEmailAddress(value);
}
