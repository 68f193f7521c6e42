// The audit log of the workspace: who did what, when and from where.

import { limits } from '../../../base/limits.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import { presentAuditEntry } from '../../../core/presenters/audit-entry.ts';
import { type AuditFilter, listAuditEntries } from '../../../store/resources/audit-entries.ts';
import { readCursor, writeCursor } from '../../../store/search/cursor.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { readText, readWholeNumber } from '../../server/query-parameters.ts';
import type { ApiRoute } from '../../server/route.ts';
import { auditList } from './audit-schema.ts';

const PER_PAGE = 20;
const SORT = 'audit';

const text = (name: string, description: string, example: string) =>
  ({ name, in: 'query', description, example }) as const;

export const auditRoutes: readonly ApiRoute[] = [
  {
    access: 'token',
    scope: 'manage',
    method: 'GET',
    path: '/parley/v1/audit',
    operationId: 'listAuditEntries',
    summary: 'List who changed what, newest first',
    description:
      'Configuration, and what was deleted or cannot be undone. Entries name people by their ids, and no secrets.',
    tag: 'Management',
    parameters: [
      text('object', 'Only about this object, or about all of this type.', 'channel:1'),
      text(
        'actor',
        'Only by this actor: `admin:1`, `token:3`, `workflow:2`, `command_line`.',
        'admin:1',
      ),
      text('action', 'Only this action.', 'channel.updated'),
      text('since', 'Only from this time on, in ISO 8601.', '2026-12-01T00:00:00Z'),
      {
        ...text('per_page', `How many on one page: ${PER_PAGE} unless given.`, '20'),
        schema: { type: 'integer', minimum: 1, maximum: limits.perPageMax },
      },
      text('starting_after', 'The cursor of the page, from `next`.', ''),
    ],
    response: auditList,
    responseExample: {
      type: 'list',
      data: [
        {
          type: 'audit_entry',
          id: '12',
          created_at: '2026-12-01T09:30:00.000Z',
          actor: { type: 'admin', id: '1', token: { id: '3', name: 'operations' } },
          source: '192.0.2.7',
          action: 'channel.updated',
          object: { type: 'channel', id: '1' },
          related_id: null,
          before: { enabled: 'on' },
          after: { enabled: 'off' },
          details: { name: 'default' },
        },
      ],
      next: null,
    },
    errors: ['parameterInvalid', 'pageCursorInvalid'],
    async handle({ request: { query }, principal: { workspaceId }, dependencies }) {
      const filter = readFilter(query);
      if (!filter.ok) return filter;
      const bounds = { min: 1, max: limits.perPageMax };
      const perPage = readWholeNumber(query, 'per_page', bounds, PER_PAGE);
      if (!perPage.ok) return perPage;
      const beforeId = readBefore(query);
      if (!beforeId.ok) return beforeId;
      const page = { beforeId: beforeId.value, count: perPage.value + 1 };
      const found = await readAs(dependencies.readPool, workspaceId, (connection) =>
        listAuditEntries(connection, workspaceId, filter.value, page),
      );
      const shown = found.slice(0, perPage.value);
      const last = found.length > perPage.value ? shown.at(-1)! : null;
      return ok({
        type: 'list',
        data: shown.map(presentAuditEntry),
        next: last && writeCursor({ sort: SORT, key: null, id: last.id, page: 1 }),
      });
    },
  },
];

function readBefore(query: unknown): Result<number | null, ContractError> {
  const given = readText(query, 'starting_after');
  if (!given.ok || given.value === null) return given.ok ? ok(null) : given;
  const cursor = readCursor(given.value);
  if (cursor.ok && cursor.value.sort === SORT && typeof cursor.value.id === 'number') {
    return ok(cursor.value.id);
  }
  return fail(apiError('pageCursorInvalid', 'starting_after'));
}

function readFilter(query: unknown): Result<AuditFilter, ContractError> {
  const given: Record<string, string | null> = {};
  for (const name of ['object', 'actor', 'action', 'since']) {
    const one = readText(query, name);
    if (!one.ok) return one;
    given[name] = one.value === null ? null : cleanText(one.value);
  }
  const [objectType, objectId] = split(given['object']!);
  const [actorType, actorId] = split(given['actor']!);
  if (actorType === 'token' && !/^\d{1,15}$/.test(actorId ?? '')) {
    return fail(apiError('parameterInvalid', 'actor', 'actor must name a token by its number'));
  }
  const since = given['since']!;
  const sinceMs = since === null ? null : readTime(since);
  if (Number.isNaN(sinceMs)) {
    const message = 'since must be a time such as 2026-12-01T00:00:00Z';
    return fail(apiError('parameterInvalid', 'since', message));
  }
  return ok({ objectType, objectId, actorType, actorId, action: given['action']!, sinceMs });
}

/** Splits `type:id`. */
function split(name: string | null): [string | null, string | null] {
  if (name === null) return [null, null];
  const at = name.indexOf(':');
  return at < 0 ? [name, null] : [name.slice(0, at), name.slice(at + 1)];
}

const readTime = (given: string): number =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(given)
    ? Date.parse(given)
    : Number.NaN;
