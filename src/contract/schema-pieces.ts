// Recurring pieces of the wire's schemas: ids and texts, with what the contract allows in them.

import { Type } from 'typebox';
import { countCharacters } from '../base/characters.ts';
import { limits } from '../base/limits.ts';

type Options = { readonly description?: string; readonly examples?: readonly unknown[] };

/** No C0 controls, no DEL, no lone surrogates, and not blank (contract rows 31 and 44). */
export const idPattern = '^(?=[^]*\\S)[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$';

const idForm = new RegExp(idPattern, 'u');

/** Whether a text can be an external id: one rule for bodies, paths and queries (contract rows 42 and 44). */
export const isExternalId = (text: string): boolean =>
  countCharacters(text) <= limits.idCharactersMax && idForm.test(text);

/** Matches texts with at least one character other than white space and NUL, which is dropped (contract rows 31, 44). */
export const notBlankPattern = '[^\\s\\u0000]';

/** The e-mail check of text.ts, as a format. */
export const emailFormat = 'parley-email';

/** An external id: a string, or an integer that is taken as its decimal string (contract row 32). */
export const externalId = (options: Options) =>
  Type.Unsafe<string | number>({
    type: ['string', 'integer'],
    minLength: 1,
    maxLength: limits.idCharactersMax,
    pattern: idPattern,
    minimum: -Number.MAX_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
    ...options,
  });

const idRules = {
  maxLength: limits.idCharactersMax,
  pattern: idPattern,
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
} as const;

/** An external id that may be absent, null or blank. */
export const optionalExternalId = (description: string) =>
  Type.Optional(
    Type.Unsafe<string | number | null>({
      ...idRules,
      type: ['string', 'integer', 'null'],
      pattern: '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]*$',
      description,
    }),
  );

/** A text that must not be blank. */
export const requiredText = (charactersMax: number, options: Options) =>
  Type.String({ minLength: 1, maxLength: charactersMax, pattern: notBlankPattern, ...options });

/** A text that may be absent, null or empty. */
export const optionalText = (charactersMax: number, options: Options & { format?: string }) =>
  Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: charactersMax, ...options }),
  );

/** A value that may be null, for responses. */
export const nullable = <T extends 'string' | 'integer' | 'boolean' | 'object'>(
  type: T,
  options: Options = {},
) =>
  Type.Unsafe<
    | (T extends 'string'
        ? string
        : T extends 'integer'
          ? number
          : T extends 'boolean'
            ? boolean
            : object)
    | null
  >({ type: [type, 'null'], ...options });

export const timestamp = (options: Options = {}) =>
  Type.Integer({ ...options, description: options.description ?? 'Unix seconds.' });

export const nullableTimestamp = (options: Options = {}) =>
  nullable('integer', { ...options, description: options.description ?? 'Unix seconds.' });

/** The custom attributes of a contact or conversation, as responses carry them. */
export const customAttributes = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Attribute values by name.',
});

/** An optional id of Parley; public clients send it as a string or as a number. */
export const optionalId = (description: string) =>
  Type.Optional(
    Type.Unsafe<string | number | null>({
      ...idRules,
      type: ['string', 'integer', 'null'],
      description,
    }),
  );

/** A required id of Parley, as a string or as a number. */
export const requiredId = (description: string) =>
  Type.Unsafe<string | number>({
    ...idRules,
    type: ['string', 'integer'],
    minLength: 1,
    description,
  });

/** A file of a part, as responses and events carry it. */
export const attachmentSchema = Type.Object(
  {
    type: Type.Literal('upload'),
    id: Type.String({ description: 'Name it in `upload_ids` of a reply.' }),
    name: Type.String(),
    url: Type.String({
      description: 'A signed link that expires; each response and each delivery has a new one.',
    }),
    content_type: nullable('string', {
      description: 'Found in the content of the file; null until it is stored.',
    }),
    filesize: nullable('integer', { description: 'In bytes; null until it is stored.' }),
    width: nullable('integer', { description: 'Not measured: null.' }),
    height: nullable('integer', { description: 'Not measured: null.' }),
    state: Type.Unsafe<'fetching' | 'stored' | 'failed'>({
      type: 'string',
      enum: ['fetching', 'stored', 'failed'],
      description: '`fetching`: Parley is still fetching it from its URL.',
    }),
    failure: Type.Optional(
      Type.String({ description: 'Why it could not be fetched; completes a sentence.' }),
    ),
  },
  { title: 'Attachment' },
);

/** Addresses of files that Parley fetches. */
export const attachmentUrls = (description: string, pattern = '^https?://') =>
  Type.Optional(
    Type.Unsafe<readonly string[] | null>({
      type: ['array', 'null'],
      maxItems: limits.attachmentsMax,
      items: {
        type: 'string',
        maxLength: limits.urlCharactersMax,
        // Visible ASCII: addresses are percent-encoded.
        pattern: `${pattern}[!-~]+$`,
      },
      description: `${description} At most ${limits.attachmentsMax}.`,
    }),
  );
