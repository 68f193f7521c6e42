// The shapes of companies on the wire. core/presenters/company.ts makes them.

import { Type } from 'typebox';
import {
  customAttributes,
  nullable,
  nullableTimestamp,
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
    monthly_spend: Type.Integer(),
    session_count: Type.Integer(),
    user_count: Type.Integer({ description: 'The number of its contacts.' }),
    custom_attributes: customAttributes,
    tags: Type.Object({}, { description: '`{type: "tag.list", tags: [{type, id, name}]}`.' }),
    segments: Type.Object({}, { description: 'Empty: segments are of contacts.' }),
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

/** The companies of a contact: `companies` in the schema, `data` in the examples of the vendor (contract G 8). */
export const contactCompanies = Type.Object(
  {
    type: Type.Literal('list'),
    companies: Type.Array(companySchema),
    data: Type.Array(companySchema),
    total_count: Type.Integer(),
    pages,
  },
  { title: 'Companies of a contact' },
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

/** The list has no body; Ruby's client sends an empty object. */
export const emptyBody = Type.Object({}, { title: 'Nothing' });
