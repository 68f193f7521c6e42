// The shapes of companies on the wire. core/presenters/company.ts makes them.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import {
  customAttributes,
  externalId,
  nullable,
  nullableTimestamp,
  optionalText,
  timestamp,
} from '../../../contract/schema-pieces.ts';

export const companySchema = Type.Object(
  {
    type: Type.Literal('company'),
    id: Type.String({ description: 'A decimal number.' }),
    company_id: Type.String({ description: 'Your id of the company.' }),
    name: Type.String(),
    app_id: Type.String({ description: 'The workspace.' }),
    plan: Type.Object({}, { description: 'Empty, or `{type: "plan", id, name}`.' }),
    remote_created_at: nullableTimestamp(),
    created_at: timestamp(),
    updated_at: timestamp(),
    last_request_at: nullableTimestamp(),
    size: Type.Integer(),
    website: Type.String(),
    industry: Type.String(),
    monthly_spend: Type.Number(),
    session_count: Type.Integer(),
    user_count: Type.Integer(),
    custom_attributes: customAttributes,
    tags: Type.Object({}),
    segments: Type.Object({}),
  },
  { title: 'Company' },
);

const pages = Type.Object({
  type: Type.Literal('pages'),
  page: Type.Integer(),
  per_page: Type.Integer(),
  total_pages: Type.Integer(),
  next: nullable('string', { description: 'The path of the next page.' }),
});

export const companyList = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(companySchema),
    total_count: Type.Integer(),
    pages,
  },
  { title: 'Company list' },
);

/** A list, or the company that was asked for by a name of it. */
export const companyOrList = Type.Union([companySchema, companyList]);

export const companyScroll = Type.Object(
  {
    type: Type.Literal('list'),
    data: Type.Array(companySchema),
    total_count: Type.Integer(),
    pages: nullable('object'),
    scroll_param: nullable('string', {
      description: 'For the next call; null when `data` is empty: there are no more.',
    }),
  },
  { title: 'Company scroll' },
);

export const companyDeleted = Type.Object(
  { id: Type.String(), object: Type.Literal('company'), deleted: Type.Boolean() },
  { title: 'Deleted company' },
);

const number = (type: 'integer' | 'number') =>
  Type.Optional(
    Type.Unsafe<number | null>({
      type: [type, 'null'],
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
    }),
  );

const fields = {
  name: optionalText(limits.nameCharactersMax, {}),
  plan: optionalText(limits.nameCharactersMax, {}),
  size: number('integer'),
  website: optionalText(limits.nameCharactersMax, {}),
  industry: optionalText(limits.nameCharactersMax, {}),
  monthly_spend: number('number'),
  remote_created_at: number('integer'),
  custom_attributes: Type.Optional(
    Type.Unsafe<{ readonly [name: string]: unknown } | null>({
      type: ['object', 'null'],
      description:
        'Texts, numbers and booleans by name, added to those that are there; null clears one.',
    }),
  ),
};

export const companyBody = Type.Object(
  { company_id: externalId({ description: 'Your id of the company.' }), ...fields },
  { title: 'Create or update a company' },
);

export type CompanyBody = Static<typeof companyBody>;
export type CompanyFields = Omit<CompanyBody, 'company_id'>;

const exampleTags = { type: 'tag.list', tags: [] };
const exampleSegments = { type: 'segment.list', segments: [] };

export const exampleCompany = {
  type: 'company',
  id: '12',
  company_id: 'acme',
  name: 'Acme',
  app_id: '1',
  plan: { type: 'plan', id: 'Gold', name: 'Gold' },
  remote_created_at: null,
  created_at: 1795000000,
  updated_at: 1795000000,
  last_request_at: null,
  size: 40,
  website: 'https://acme.example',
  industry: 'Anvils',
  monthly_spend: 120,
  session_count: 0,
  user_count: 0,
  custom_attributes: {},
  tags: exampleTags,
  segments: exampleSegments,
};

/** The list has no body; Ruby's client sends an empty object. */
export const emptyBody = Type.Object({}, { title: 'Nothing' });
