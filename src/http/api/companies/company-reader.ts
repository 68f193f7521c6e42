// Reads the fields of a company from a checked body. Asks no database.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { GivenCompany } from '../../../store/resources/companies.ts';
import { readAttributes } from '../../server/read-attributes.ts';
import type { CompanyFields } from './write-schema.ts';

/** The highest value of each number; `monthly_spend` has the vendor's. */
const numbersMax = {
  size: Number.MAX_SAFE_INTEGER,
  monthly_spend: 2 ** 31 - 1,
  remote_created_at: limits.secondsMax,
};

/** Reads the fields. Null and an empty text leave a field as it is, and clear a custom attribute. */
export function readCompany(body: CompanyFields): Result<GivenCompany, ContractError> {
  const customAttributes = readAttributes(body.custom_attributes ?? {});
  if (!customAttributes.ok) return customAttributes;
  for (const [field, max] of Object.entries(numbersMax)) {
    const number = body[field as keyof typeof numbersMax] ?? 0;
    if (number >= 0 && number <= max) continue;
    return fail(apiError('parameterInvalid', field, `${field} must be from 0 to ${max}`));
  }
  const details = {
    plan: readText(body.plan),
    website: readText(body.website),
    industry: readText(body.industry),
    size: body.size ?? undefined,
    // As in the vendor's API, cents are dropped.
    monthly_spend:
      typeof body.monthly_spend === 'number' ? Math.trunc(body.monthly_spend) : undefined,
    remote_created_at: body.remote_created_at ?? undefined,
  };
  return ok({
    name: readText(body.name) ?? null,
    details: Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)),
    customAttributes: customAttributes.value,
  });
}

/** Reads a text; undefined for a blank one. */
function readText(text: string | null | undefined): string | undefined {
  const clean = cleanText(text ?? '');
  return clean.trim() === '' ? undefined : clean;
}
