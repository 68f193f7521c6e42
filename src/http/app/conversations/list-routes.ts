// The lists of the inbox: a view in an order, page by page, and rows by their ids.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readText, readWholeNumber } from '../../../contract/query-parameters.ts';
import { readId } from '../../../contract/read-id.ts';
import type { Connection } from '../../../database/pool.ts';
import {
  type ListOrder,
  type ListPosition,
  listIds,
  type View,
} from '../../../store/inbox/list-ids.ts';
import { readInboxRows } from '../../../store/inbox/rows.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { presentRow } from './present-row.ts';
import { type ByIdBody, byIdBody, type Row, rowList, rowPage } from './schema.ts';

const COUNT_DEFAULT = 50;
const COUNT_MAX = 100;

export const inboxListRoutes: readonly SessionRoute[] = [
  {
    access: 'session',
    role: 'viewer',
    method: 'GET',
    path: '/parley/v1/app/conversations',
    summary: 'List the conversations of a view',
    response: rowPage,
    handle: showPage,
  },
  {
    access: 'session',
    role: 'viewer',
    method: 'POST',
    path: '/parley/v1/app/conversations/by-id',
    summary: 'Show rows by their ids',
    changesNothing: true,
    body: byIdBody,
    response: rowList,
    async handle(call) {
      const { ids } = call.body as ByIdBody;
      const wanted = [...new Set(ids.map(readId))];
      return ok({ conversations: await readRows(call, async () => wanted) });
    },
  },
];

/** Reads the rows of conversations, on one snapshot with the list of their ids. */
export async function readRows(
  { principal, dependencies }: Pick<AuthenticatedCall, 'principal' | 'dependencies'>,
  findIds: (connection: Connection) => Promise<readonly number[]>,
): Promise<Row[]> {
  const { workspaceId, adminId } = principal;
  const rows = await readAs(dependencies.readPool, workspaceId, async (connection) =>
    readInboxRows(connection, workspaceId, adminId, await findIds(connection)),
  );
  const setup = await dependencies.setups.get(workspaceId);
  return rows.map((row) => presentRow(row, setup));
}

async function showPage(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { query } = call.request;
  const { workspaceId, adminId } = call.principal;
  const view = readView(query, adminId);
  if (!view.ok) return view;
  const order = readOrder(query);
  if (!order.ok) return order;
  const limit = readWholeNumber(query, 'limit', { min: 1, max: COUNT_MAX }, COUNT_DEFAULT);
  if (!limit.ok) return limit;
  const after = readCursor(query);
  if (!after.ok) return after;
  let isMore = false;
  let last: ListPosition | undefined;
  const conversations = await readRows(call, async (connection) => {
    const page = { after: after.value, count: limit.value + 1 };
    const found = await listIds(connection, workspaceId, view.value, order.value, page);
    isMore = found.length > limit.value;
    const shown = found.slice(0, limit.value);
    last = shown.at(-1);
    return shown.map(({ id }) => id);
  });
  return ok({ conversations, next: isMore && last !== undefined ? cursorOf(last) : null });
}

function readView(query: unknown, adminId: number): Result<View, ContractError> {
  const text = readText(query, 'view');
  if (!text.ok) return text;
  const name = text.value ?? 'all';
  if (name === 'mine') return ok({ kind: 'mine', adminId });
  if (name === 'unassigned' || name === 'all' || name === 'snoozed' || name === 'closed') {
    return ok({ kind: name });
  }
  const [, kind, id] = /^(team|channel|tag)-(\d{1,16})$/.exec(name) ?? [];
  if (kind === 'team' || kind === 'channel' || kind === 'tag') return ok({ kind, id: readId(id!) });
  const words =
    'view must be mine, unassigned, all, snoozed, closed, team-<id>, channel-<id> or tag-<id>';
  return fail(apiError('parameterInvalid', 'view', words));
}

function readOrder(query: unknown): Result<ListOrder, ContractError> {
  const text = readText(query, 'sort');
  if (!text.ok) return text;
  const order = text.value ?? 'waiting';
  if (order === 'waiting' || order === 'newest' || order === 'priority') return ok(order);
  const words = 'sort must be waiting, newest or priority';
  return fail(apiError('parameterInvalid', 'sort', words));
}

const cursorOf = ({ segment, at, id }: ListPosition): string => `${segment}.${at ?? ''}.${id}`;

/** Reads a cursor. Another view or order may have other segments: then the page is of that list, from there on. */
function readCursor(query: unknown): Result<ListPosition | null, ContractError> {
  const text = readText(query, 'after');
  if (!text.ok) return text;
  if (text.value === null) return ok(null);
  const [, segment, at, id] = /^([0-3])\.(\d{1,15}|)\.(\d{1,16})$/.exec(text.value) ?? [];
  const words = 'after is not a cursor of this list';
  if (id === undefined) return fail(apiError('pageCursorInvalid', 'after', words));
  return ok({ segment: Number(segment), at: at === '' ? null : Number(at), id: readId(id) });
}
