// Reads the fields of a company from a checked body. Asks no database.

import { ok, type Result } from '../../../base/result.ts';
import type { ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { CompanyDetails } from '../../../core/model/company.ts';
import type { GivenCompany } from '../../../store/resources/companies.ts';
import { readAttributes } from '../../server/read-attributes.ts';
import type { CompanyFields } from './schema.ts';

/** Reads the fields. Null and an empty text leave a field as it is, and clear a custom attribute. */
export function readCompany(body: CompanyFields): Result<GivenCompany, ContractError> {
  const customAttributes = readAttributes(body.custom_attributes ?? {});
  if (!customAttributes.ok) return customAttributes;
  return ok({
    name: readText(body.name) ?? null,
    details: readDetails(body),
    customAttributes: Object.fromEntries(
      Object.entries(customAttributes.value).map(([name, value]) => [
        name,
        value === '' ? null : value,
      ]),
    ),
  });
}

function readDetails(body: CompanyFields): CompanyDetails {
  const details = {
    plan: readText(body.plan),
    website: readText(body.website),
    industry: readText(body.industry),
    size: body.size,
    monthly_spend: body.monthly_spend,
    remote_created_at: body.remote_created_at,
  };
  return Object.fromEntries(
    Object.entries(details).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Reads a text; undefined for a blank one. */
function readText(text: string | null | undefined): string | undefined {
  const clean = cleanText(text ?? '');
  return clean.trim() === '' ? undefined : clean;
}
