// A company as the wire shows it. What Parley does not know is null, zero or empty, never absent.

import type { Company } from '../model/company.ts';
import type { Tag } from '../model/model.ts';
import { seconds } from './seconds.ts';
import { presentTag } from './tag.ts';

/** What belongs to a company without being in its row. */
type CompanyRelations = { readonly contactCount: number; readonly tags: readonly Tag[] };

export const presentCompany = (
  company: Company,
  workspaceId: number,
  { contactCount, tags }: CompanyRelations,
): object => ({
  type: 'company',
  id: String(company.id),
  name: company.name ?? '',
  app_id: String(workspaceId),
  plan:
    company.details.plan === undefined
      ? {}
      : { type: 'plan', id: company.details.plan, name: company.details.plan },
  company_id: company.companyId,
  remote_created_at: company.details.remote_created_at ?? null,
  created_at: seconds(company.createdAt),
  updated_at: seconds(company.updatedAt),
  last_request_at: null,
  size: company.details.size ?? 0,
  website: company.details.website ?? '',
  industry: company.details.industry ?? '',
  monthly_spend: company.details.monthly_spend ?? 0,
  session_count: 0,
  user_count: contactCount,
  custom_attributes: company.customAttributes,
  tags: { type: 'tag.list', tags: tags.map(presentTag) },
  segments: { type: 'segment.list', segments: [] },
});
