// A company, as the REST API keeps it: no workflow and no channel knows companies.

import type { AuditValues } from './audit.ts';
import type { Json } from './model.ts';

export type CompanyDetails = {
  readonly plan?: string;
  readonly size?: number;
  readonly website?: string;
  readonly industry?: string;
  readonly monthly_spend?: number;
  /** Unix seconds. */
  readonly remote_created_at?: number;
};

export type Company = {
  readonly id: number;
  /** The caller's id. */
  readonly companyId: string;
  readonly name: string | null;
  readonly details: CompanyDetails;
  readonly customAttributes: { readonly [name: string]: Json };
  readonly createdAt: number;
  readonly updatedAt: number;
};

/** Returns the fields that the audit log shows; custom attributes may name people. */
export const auditedCompany = ({ companyId, name, details }: Company): AuditValues => ({
  company_id: companyId,
  name,
  ...details,
});
