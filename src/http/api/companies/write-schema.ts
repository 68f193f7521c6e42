// Schemas of the bodies that write companies.

import { type Static, Type } from 'typebox';
import { limits } from '../../../base/limits.ts';
import { externalId, optionalExternalId, optionalText } from '../../../contract/schema-pieces.ts';

const number = (type: 'integer' | 'number', description: string) =>
  Type.Optional(Type.Unsafe<number | null>({ type: [type, 'null'], description }));

const fields = {
  name: optionalText(limits.nameCharactersMax, { examples: ['Acme'] }),
  plan: optionalText(limits.nameCharactersMax, { examples: ['Gold'] }),
  size: number('integer', 'How many people work there.'),
  website: optionalText(limits.urlCharactersMax, { examples: ['https://acme.example'] }),
  industry: optionalText(limits.nameCharactersMax, { examples: ['Anvils'] }),
  monthly_spend: number('number', 'The monthly revenue with the company; cents are dropped.'),
  remote_created_at: number('integer', 'When you created it, in unix seconds.'),
  custom_attributes: Type.Optional(
    Type.Unsafe<{ readonly [name: string]: unknown } | null>({
      type: ['object', 'null'],
      description:
        'Texts, numbers and booleans by name, added to those that are there; null clears one. An unknown name ' +
        'becomes a data attribute.',
    }),
  ),
};

export const saveCompanyBody = Type.Object(
  { company_id: externalId({ description: 'Your id of the company.' }), ...fields },
  { title: 'Create or update a company' },
);
export type SaveCompanyBody = Static<typeof saveCompanyBody>;

export const updateCompanyBody = Type.Object(fields, { title: 'Update a company' });
export type CompanyFields = Static<typeof updateCompanyBody>;

export const attachCompanyBody = Type.Object(
  { id: optionalExternalId('Parley’s id of the company.') },
  { title: 'Attach a company' },
);
export type AttachCompanyBody = Static<typeof attachCompanyBody>;
