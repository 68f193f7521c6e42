// Segments: every workspace has one of all users and one of all leads (contract G 23).

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText } from '../../../contract/query-parameters.ts';
import { isContactId, readId } from '../../../contract/read-id.ts';
import { type Segment, segments } from '../../../core/model/built-in.ts';
import { presentSegment } from '../../../core/presenters/segment.ts';
import { findCompany } from '../../../store/resources/companies.ts';
import { findContact } from '../../../store/resources/contacts.ts';
import { countContactsOfRole, findWorkspaceCreatedAt } from '../../../store/resources/segments.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { companyIdOf, companyParameter, contactParameter } from '../../server/path-parameters.ts';
import type { ApiRoute, AuthenticatedCall, RouteParameter } from '../../server/route.ts';
import { attachedSegments, exampleSegment, segmentList, segmentSchema } from './schema.ts';

const countParameter: RouteParameter = {
  name: 'include_count',
  in: 'query',
  description: '`true` counts the contacts of each segment.',
  example: 'true',
};

export const segmentRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/segments',
    operationId: 'listSegments',
    summary: 'List the segments',
    tag: 'Segments',
    parameters: [countParameter],
    response: segmentList,
    responseExample: { type: 'segment.list', segments: [exampleSegment], pages: {} },
    errors: ['parameterInvalid'],
    async handle(call) {
      const found = await present(call, segments);
      return found.ok ? ok({ type: 'segment.list', segments: found.value, pages: {} }) : found;
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/segments/:id',
    operationId: 'retrieveSegment',
    summary: 'Get a segment',
    tag: 'Segments',
    parameters: [
      { name: 'id', in: 'path', description: 'The id of the segment.', example: '1' },
      countParameter,
    ],
    response: segmentSchema,
    responseExample: exampleSegment,
    errors: ['resourceNotFound', 'parameterInvalid'],
    async handle(call) {
      const { id } = call.request.params as { id: string };
      const segment = segments.find((one) => one.id === readId(id));
      if (segment === undefined) return fail(apiError('resourceNotFound'));
      const found = await present(call, [segment]);
      return found.ok ? ok(found.value[0]!) : found;
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/contacts/:id/segments',
    operationId: 'listContactSegments',
    summary: 'List the segments of a contact',
    tag: 'Contacts',
    parameters: [contactParameter],
    response: attachedSegments,
    responseExample: { type: 'list', data: [exampleSegment] },
    errors: ['contactNotFound'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const { id } = request.params as { id: string };
      if (!isContactId(id)) return fail(apiError('contactNotFound'));
      return readAs(dependencies.readPool, workspaceId, async (connection) => {
        const contact = await findContact(connection, workspaceId, id);
        if (contact === null) return fail(apiError('contactNotFound'));
        const createdAt = await findWorkspaceCreatedAt(connection, workspaceId);
        const own = segments.filter(({ role }) => role === contact.role);
        return ok({ type: 'list', data: own.map((one) => presentSegment(one, createdAt)) });
      });
    },
  },
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/companies/:id/segments',
    operationId: 'ListAttachedSegmentsForCompanies',
    summary: 'List the segments of a company',
    description: 'Always empty: segments are of contacts.',
    tag: 'Companies',
    parameters: [companyParameter],
    response: attachedSegments,
    responseExample: { type: 'list', data: [] },
    errors: ['companyNotFound'],
    async handle(call) {
      const { workspaceId } = call.principal;
      const company = await readAs(call.dependencies.readPool, workspaceId, (connection) =>
        findCompany(connection, workspaceId, { id: companyIdOf(call) }),
      );
      return company === null ? fail(apiError('companyNotFound')) : ok({ type: 'list', data: [] });
    },
  },
];

/** Presents segments, with their counts if the caller asks for them. */
async function present(
  { request, principal: { workspaceId }, dependencies }: AuthenticatedCall,
  wanted: readonly Segment[],
): Promise<Result<readonly object[], ContractError>> {
  const counted = readText(request.query, 'include_count');
  if (!counted.ok) return counted;
  return readAs(dependencies.readPool, workspaceId, async (connection) => {
    const createdAt = await findWorkspaceCreatedAt(connection, workspaceId);
    const found: object[] = [];
    for (const segment of wanted) {
      const count =
        counted.value === 'true'
          ? await countContactsOfRole(connection, workspaceId, segment.role)
          : null;
      found.push(presentSegment(segment, createdAt, count));
    }
    return ok(found);
  });
}
