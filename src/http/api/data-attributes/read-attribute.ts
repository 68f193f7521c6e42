// Reads what a caller says about a data attribute: the filter of a list, a new attribute, changes of one.

import { countCharacters } from '../../../base/characters.ts';
import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText } from '../../../contract/query-parameters.ts';
import { cleanText } from '../../../contract/text.ts';
import type { DataType } from '../../../core/model/model.ts';
import type {
  AttributeDetails,
  AttributeModel,
  NewAttribute,
} from '../../../store/resources/data-attributes.ts';
import type { CreateDataAttributeBody, UpdateDataAttributeBody } from './schema.ts';

const invalid = (field: string, message: string) =>
  fail(apiError('parameterInvalid', field, message));

const oneOf = <Value extends string>(values: readonly Value[], text: string | null) =>
  values.find((value) => value === text);

const models: readonly AttributeModel[] = ['contact', 'company', 'conversation'];

const dataTypes: readonly DataType[] = [
  ...(['string', 'integer', 'float', 'boolean', 'date', 'datetime', 'options'] as const),
];

/** Letters and digits of any script, currency symbols, spaces, hyphens and, as in parley.yaml, underscores. */
const nameForm = /^[\p{L}\p{M}\p{N}\p{Sc} _-]+$/u;

/** Reads the filter of the list. */
export function readFilter(
  query: unknown,
): Result<
  { readonly model: AttributeModel | null; readonly isArchivedIncluded: boolean },
  ContractError
> {
  const model = readText(query, 'model');
  if (!model.ok) return model;
  const known = oneOf(models, model.value) ?? null;
  if (model.value !== null && known === null) {
    return invalid('model', `model must be one of ${models.join(', ')}`);
  }
  const included = readText(query, 'include_archived');
  if (!included.ok) return included;
  if (!['true', 'false', null].includes(included.value)) {
    return invalid('include_archived', 'include_archived must be true or false');
  }
  return ok({ model: known, isArchivedIncluded: included.value === 'true' });
}

/** Reads a new attribute; the messages are the published ones where there are any. */
export function readNewAttribute(
  body: CreateDataAttributeBody,
): Result<Omit<NewAttribute, 'adminId'>, ContractError> {
  const name = cleanText(body.name).trim();
  if (!nameForm.test(name)) {
    const rule = 'must only contain alphanumeric characters, currency symbols, and hyphens';
    return invalid('name', `Your name for this attribute ${rule}`);
  }
  const model = oneOf(['contact', 'company'] as const, body.model);
  if (model === undefined) {
    return invalid('model', 'The Data Attribute model field must be either contact or company');
  }
  const dataType = oneOf(dataTypes, body.data_type);
  if (dataType === undefined) return invalid('data_type', "Data Type isn't an option");
  const details = readDetails(body);
  if (!details.ok) return details;
  const { options, description = null, messengerWritable = false } = details.value;
  if (dataType === 'options' && options === undefined) {
    return invalid('options', 'An attribute of the type options needs options');
  }
  if (dataType !== 'options' && options !== undefined) {
    return invalid('options', 'Only attributes of the type options have options');
  }
  return ok({ name, model, dataType, description, messengerWritable, options: options ?? [] });
}

/** Reads the details that are given; null counts as not given. */
export function readDetails(
  body: UpdateDataAttributeBody,
): Result<Partial<AttributeDetails>, ContractError> {
  const options = body.options ?? null;
  const values = options === null ? ok(undefined) : readOptions(options);
  if (!values.ok) return values;
  const { description, messenger_writable: messengerWritable, archived } = body;
  return ok({
    ...(values.value === undefined ? {} : { options: values.value }),
    ...(typeof description === 'string' ? { description: cleanText(description) } : {}),
    ...(typeof messengerWritable === 'boolean' ? { messengerWritable } : {}),
    ...(typeof archived === 'boolean' ? { isArchived: archived } : {}),
  });
}

function readOptions(options: unknown): Result<readonly string[], ContractError> {
  if (!Array.isArray(options)) return invalid('options', "Options isn't an array");
  if (options.length < 2) return invalid('options', 'Options needs at least 2 values');
  if (options.length > limits.attributeOptionsMax) {
    return invalid('options', `Options takes at most ${limits.attributeOptionsMax} values`);
  }
  const values: string[] = [];
  for (const [index, option] of options.entries()) {
    const value = (option as { readonly value?: unknown } | null)?.value;
    const text = typeof value === 'string' ? cleanText(value).trim() : '';
    const at = `options.${index}.value`;
    if (text === '') return invalid(at, `${at} must be a text`);
    if (countCharacters(text) > limits.nameCharactersMax) {
      return invalid(at, `${at} has more than ${limits.nameCharactersMax} characters`);
    }
    if (values.includes(text)) return invalid(at, `${at} repeats another option`);
    values.push(text);
  }
  return ok(values);
}
