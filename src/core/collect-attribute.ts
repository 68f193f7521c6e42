// What a collected attribute does (contract rows 26 to 29): finds where the value belongs, casts it, writes it, and
// leaves a part that says so.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ChannelEvent } from '../contract/channel-events.ts';
import { type ContractError, refuse } from '../contract/errors.ts';
import { isEmailAddress } from '../contract/text.ts';
import { castAttributeValue } from './attribute-value.ts';
import { addPart, type Change, reopenSilently } from './change.ts';
import type { Author, DataAttribute, Json } from './model.ts';
import type { Signal, Snapshot } from './transition.ts';

type AttributeSignal = Signal & {
  readonly event: ChannelEvent & { readonly kind: 'attribute_collected' };
};

/** The author of what Parley does by itself. */
export const bot: Author = { type: 'bot', id: '0' };

/** Attributes that are columns of the contact and need no definition. */
const contactFields = ['name', 'email', 'phone'] as const;
type ContactField = (typeof contactFields)[number];

type Target =
  | { readonly kind: 'contact_field'; readonly field: ContactField }
  | { readonly kind: 'defined'; readonly definition: DataAttribute }
  | { readonly kind: 'free' };

export function collectAttribute(
  before: Change,
  snapshot: Snapshot,
  signal: AttributeSignal,
  nowMs: number,
): Result<Change, ContractError> {
  const { attributeId, value } = signal.event;
  const target = findTarget(attributeId, snapshot);
  if (target === null) return fail(refuse('attributeUnknown', 'attribute.id'));

  const opened = reopenSilently(before, signal, nowMs);
  const written = write(opened, target, attributeId, value, nowMs);
  if (written === null) return fail(refuse('attributeValueInvalid', 'attribute.value'));
  if (isOverfull(before, written)) return fail(refuse('attributesFull', 'attribute.id'));

  return ok(
    addPart(written, signal, nowMs, {
      partType: 'conversation_attribute_updated_by_workflow',
      body: null,
      author: bot,
      eventDetails: {
        workflow: { name: snapshot.channel.name },
        attribute: { name: attributeId },
        value: { name: value },
      },
    }),
  );
}

/** Whether an attribute was added to a row that is full. */
function isOverfull(before: Change, after: Change): boolean {
  return (['contact', 'conversation'] as const).some((model) => {
    const count = Object.keys(after[model].customAttributes).length;
    const countBefore = Object.keys(before[model].customAttributes).length;
    return count > countBefore && count > limits.customAttributesMax;
  });
}

/** A definition wins over a field of the same name, the conversation's over the contact's. */
function findTarget(attributeId: string, snapshot: Snapshot): Target | null {
  const { dataAttributes, isAttributeRequested, channel } = snapshot;
  const definition =
    dataAttributes.find((candidate) => candidate.model === 'conversation') ?? dataAttributes[0];
  if (definition !== undefined) return { kind: 'defined', definition };
  const field = contactFields.find((candidate) => candidate === attributeId);
  if (field !== undefined) return { kind: 'contact_field', field };
  const isTaken = isAttributeRequested || channel.unknownAttribute === 'record';
  return isTaken ? { kind: 'free' } : null;
}

/** Writes the value, or clears the attribute when it is empty (row 29). Null when the value does not fit. */
function write(
  change: Change,
  target: Target,
  name: string,
  value: string,
  nowMs: number,
): Change | null {
  switch (target.kind) {
    case 'contact_field': {
      if (!fitsContactField(target.field, value)) return null;
      const contact = { ...change.contact, [target.field]: value === '' ? null : value };
      return { ...change, contact: { ...contact, updatedAt: nowMs } };
    }
    case 'free':
      return writeCustom(change, 'conversation', name, value, nowMs);
    case 'defined': {
      if (value === '') return writeCustom(change, target.definition.model, name, '', nowMs);
      const cast = castAttributeValue(value, target.definition);
      if (cast === undefined) return null;
      return writeCustom(change, target.definition.model, name, cast, nowMs);
    }
  }
}

function writeCustom(
  change: Change,
  model: 'contact' | 'conversation',
  name: string,
  value: Json,
  nowMs: number,
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
  if (value.length > limits.nameCharactersMax) return false;
  return field !== 'email' || isEmailAddress(value);
}
