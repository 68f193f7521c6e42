// The audit log of the workspace: who did what, when and from where.

import { limits } from '../base/limits.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { apiError, type ContractError } from '../contract/errors.ts';
import { readText, readWholeNumber } from '../contract/query-parameters.ts';
import { cleanText } from '../contract/text.ts';
import { type PresentedAuditEntry, presentAuditEntry } from '../core/presenters/audit-entry.ts';
import { type AuditFilter, listAuditEntries } from '../store/resources/audit-entries.ts';
import { readCursor, writeCursor } from '../store/search/cursor.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import type { Operation, Page } from './operation.ts';

/** Entries on a page unless asked otherwise. */
export const auditPerPage = 20;
const SORT = 'audit';

export const listAudit: Operation<undefined, Page<PresentedAuditEntry>> = {
  method: 'GET',
  path: '/parley/v1/audit',
  async run({ workspaceId, readPool }, { query }) {
    const filter = readFilter(query);
    if (!filter.ok) return filter;
    const bounds = { min: 1, max: limits.perPageMax };
    const perPage = readWholeNumber(query, 'per_page', bounds, auditPerPage);
    if (!perPage.ok) return perPage;
    const beforeId = readBefore(query);
    if (!beforeId.ok) return beforeId;
    const page = { beforeId: beforeId.value, count: perPage.value + 1 };
    const found = await readAs(readPool, workspaceId, (connection) =>
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
};

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
