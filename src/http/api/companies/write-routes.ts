// Creates and updates companies; the command does both.

import { saveCompany } from '../../../commands/save-company.ts';
import { commandContextOf } from '../../server/command-context.ts';
import { orUnavailable, REPEATABLE } from '../../server/database-unavailable.ts';
import { companyIdOf, companyParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall } from '../../server/route.ts';
import { readCompany } from './company-reader.ts';
import { presentWritten } from './company-view.ts';
import { exampleCompany } from './examples.ts';
import { companySchema } from './schema.ts';
import {
  type CompanyFields,
  type SaveCompanyBody,
  saveCompanyBody,
  updateCompanyBody,
} from './write-schema.ts';

const errors = ['attributeValueInvalid', 'attributesFull', 'attributesTooLarge'] as const;

export const companyWriteRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'write',
    method: 'POST',
    path: '/companies',
    operationId: 'createOrUpdateCompany',
    summary: 'Create a company, or update the one of this company_id',
    tag: 'Companies',
    body: saveCompanyBody,
    bodyExample: { company_id: 'acme', name: 'Acme', size: 40 },
    response: companySchema,
    responseExample: exampleCompany,
    errors: [...errors],
    handle(call) {
      const { company_id: companyId, ...fields } = call.body as SaveCompanyBody;
      return save(call, { companyId: String(companyId) }, fields);
    },
  },
  {
    access: 'token',
    scope: 'write',
    method: 'PUT',
    path: '/companies/:id',
    operationId: 'updateCompany',
    summary: 'Update a company',
    description:
      'Fields that the body leaves out stay, and so does `company_id`, whatever it says.',
    tag: 'Companies',
    parameters: [companyParameter],
    body: updateCompanyBody,
    isBodyOptional: true,
    bodyExample: { name: 'Acme', size: 40 },
    response: companySchema,
    responseExample: exampleCompany,
    errors: ['companyNotFound', ...errors],
    handle: (call) => save(call, { id: companyIdOf(call) }, call.body as CompanyFields),
  },
];

const save = (
  call: AuthenticatedCall,
  name: Parameters<typeof saveCompany>[1],
  fields: CompanyFields,
) =>
  orUnavailable(call, REPEATABLE, async () => {
    const given = readCompany(fields);
    if (!given.ok) return given;
    return presentWritten(call, await saveCompany(commandContextOf(call), name, given.value));
  });
