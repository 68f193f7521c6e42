// Reads companies with their tags and the number of their contacts, and presents them for a response. Writes nothing.

import { ok, type Result } from '../../../base/result.ts';
import type { ContractError } from '../../../contract/errors.ts';
import type { Company } from '../../../core/model/company.ts';
import { presentCompany } from '../../../core/presenters/company.ts';
import type { Connection } from '../../../database/pool.ts';
import { countContactsOfCompanies } from '../../../store/resources/company-contacts.ts';
import { findTagsOfCompanies } from '../../../store/resources/company-tags.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { AuthenticatedCall } from '../../server/route.ts';

/** Presents companies, in their order. */
export async function readCompanyViews(
  connection: Connection,
  workspaceId: number,
  companies: readonly Company[],
): Promise<object[]> {
  if (companies.length === 0) return [];
  const ids = companies.map(({ id }) => id);
  const tags = await findTagsOfCompanies(connection, workspaceId, ids);
  const counts = await countContactsOfCompanies(connection, workspaceId, ids);
  return companies.map((company) =>
    presentCompany(company, workspaceId, {
      contactCount: counts.get(company.id) ?? 0,
      tags: tags.get(company.id) ?? [],
    }),
  );
}

/** Presents the company that a command wrote, or its error. */
export async function presentWritten(
  { principal: { workspaceId }, dependencies }: AuthenticatedCall,
  written: Result<Company, ContractError>,
): Promise<Result<object, ContractError>> {
  if (!written.ok) return written;
  const [view] = await readAs(dependencies.readPool, workspaceId, (connection) =>
    readCompanyViews(connection, workspaceId, [written.value]),
  );
  return ok(view!);
}
