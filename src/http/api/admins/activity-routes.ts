// The activity log: what teammates did to the workspace, from the audit log (contract D.3).

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText, readWholeNumber } from '../../../contract/query-parameters.ts';
import { presentActivity } from '../../../core/presenters/activity.ts';
import {
  type ActivityFilter,
  countActivities,
  findActivities,
} from '../../../store/resources/activities.ts';
import { readCursor, writeCursor } from '../../../store/search/cursor.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { ApiRoute } from '../../server/route.ts';
import { pagingParameters } from '../../server/search-schema.ts';
import { exampleActivity } from './examples.ts';
import { activityList } from './schema.ts';

const PER_PAGE = 20;
const SORT = 'activities';
/** The end of the year 9999, which PostgreSQL can store. */
const LAST_SECOND = 253_402_300_799;

export const activityRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'read',
    method: 'GET',
    path: '/admins/activity_logs',
    operationId: 'listActivityLogs',
    summary: 'List what teammates did to the workspace, newest first',
    description:
      'From the audit log, without entries about single contacts and conversations. Times are unix seconds or ISO 8601.',
    tag: 'Admins',
    parameters: [
      {
        name: 'created_at_after',
        in: 'query',
        description: 'The beginning, inclusive. Required.',
        example: '1795000000',
      },
      {
        name: 'created_at_before',
        in: 'query',
        description: 'The end, inclusive; by default now.',
        example: '2026-12-01T00:00:00Z',
      },
      ...pagingParameters(PER_PAGE),
    ],
    response: activityList,
    responseExample: {
      type: 'activity_log.list',
      activity_logs: [exampleActivity],
      pages: { type: 'pages', page: 1, per_page: PER_PAGE, total_pages: 1, next: null },
    },
    errors: ['parameterRequired', 'parameterInvalid', 'pageCursorInvalid'],
    async handle({ request, principal: { workspaceId }, dependencies }) {
      const asked = readRequest(request.query);
      if (!asked.ok) return asked;
      const { filter, perPage, beforeId, page } = asked.value;
      const { admins } = await dependencies.setups.get(workspaceId);
      const { found, total } = await readAs(
        dependencies.readPool,
        workspaceId,
        async (connection) => ({
          found: await findActivities(connection, workspaceId, filter, {
            beforeId,
            count: perPage + 1,
          }),
          total: await countActivities(connection, workspaceId, filter),
        }),
      );
      const shown = found.slice(0, perPage);
      const next =
        found.length <= perPage
          ? null
          : {
              page: page + 1,
              per_page: perPage,
              starting_after: writeCursor({
                ...{ sort: SORT, key: null, id: shown.at(-1)!.id, page: page + 1 },
              }),
            };
      return ok({
        type: 'activity_log.list',
        activity_logs: shown.map((activity) => presentActivity(activity, admins)),
        pages: {
          type: 'pages',
          page,
          per_page: perPage,
          total_pages: Math.ceil(total / perPage),
          next,
        },
      });
    },
  },
];

type Asked = {
  readonly filter: ActivityFilter;
  readonly perPage: number;
  readonly beforeId: number | null;
  readonly page: number;
};

function readRequest(query: unknown): Result<Asked, ContractError> {
  const from = readTime(query, 'created_at_after');
  if (!from.ok) return from;
  if (from.value === null) return fail(apiError('parameterRequired', 'created_at_after'));
  const to = readTime(query, 'created_at_before');
  if (!to.ok) return to;
  const perPage = readWholeNumber(query, 'per_page', { min: 1, max: limits.perPageMax }, PER_PAGE);
  if (!perPage.ok) return perPage;
  const filter = { fromSeconds: from.value, toSeconds: to.value ?? LAST_SECOND };
  const text = readText(query, 'starting_after');
  if (!text.ok) return text;
  if (text.value === null) return ok({ filter, perPage: perPage.value, beforeId: null, page: 1 });
  const cursor = readCursor(text.value);
  if (!cursor.ok || cursor.value.sort !== SORT || typeof cursor.value.id !== 'number') {
    return fail(apiError('pageCursorInvalid', 'starting_after'));
  }
  const { id: beforeId, page } = cursor.value;
  return ok({ filter, perPage: perPage.value, beforeId, page });
}

/** Reads a time: unix seconds as published, or ISO 8601 as in the vendor's own tests. */
function readTime(query: unknown, name: string): Result<number | null, ContractError> {
  const text = readText(query, name);
  if (!text.ok || text.value === null) return text.ok ? ok(null) : text;
  const ms = /^\d{1,12}$/.test(text.value) ? Number(text.value) * 1000 : readIso(text.value);
  const isTime = ms >= 0 && ms / 1000 <= LAST_SECOND;
  if (!isTime) {
    const message = `${name} must be a time: unix seconds or ISO 8601`;
    return fail(apiError('parameterInvalid', name, message));
  }
  return ok(Math.floor(ms / 1000));
}

const isoForm = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** Reads an ISO 8601 time, in UTC if it has no zone. */
function readIso(text: string): number {
  if (!isoForm.test(text)) return Number.NaN;
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T');
  return Date.parse(hasZone ? text : `${text}Z`);
}
