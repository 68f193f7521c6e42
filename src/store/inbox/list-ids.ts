// The lists of the inbox: which conversations a view has, in its order, page by page. A page reads only its own index
// entries: an order is a row of segments, each of which one index provides, and a cursor names its segment.

import type { Connection } from '../../database/pool.ts';

/** What a list shows. */
export type View =
  | { readonly kind: 'mine'; readonly adminId: number }
  | { readonly kind: 'unassigned' | 'all' | 'snoozed' | 'closed' }
  | { readonly kind: 'team' | 'channel' | 'tag'; readonly id: number };

export type ListOrder = 'waiting' | 'newest' | 'priority';

/** The last conversation of a page. */
export type ListPosition = {
  readonly segment: number;
  /** What the segment sorts by, in milliseconds since 1970; null in a segment of those that do not wait. */
  readonly at: number | null;
  readonly id: number;
};

/** A part of an order: its condition, and what it sorts by, ascending or descending, then by id. */
type Segment = {
  readonly where: string;
  readonly by: 'waiting_since' | 'created_at' | 'snoozed_until' | null;
  readonly isDescending?: true;
};

const waits: Segment = { where: 'v.waiting_since is not null', by: 'waiting_since' };
const isAnswered: Segment = { where: 'v.waiting_since is null', by: null };

const segmentsOf: Readonly<Record<ListOrder, readonly Segment[]>> = {
  waiting: [waits, isAnswered],
  newest: [{ where: 'true', by: 'created_at', isDescending: true }],
  priority: ['v.is_priority', 'not v.is_priority'].flatMap((condition) =>
    [waits, isAnswered].map((one) => ({ ...one, where: `${condition} and ${one.where}` })),
  ),
};

function orderOf({ kind }: View, order: ListOrder): readonly Segment[] {
  if (kind === 'closed') return segmentsOf.newest;
  return kind === 'snoozed' ? [{ where: 'true', by: 'snoozed_until' }] : segmentsOf[order];
}

/** SQL of what a view has. `$2` is the id that it names. */
function conditionOf({ kind }: View): string {
  const isOpen = `v.state = 'open' and v.deleted_at is null`;
  switch (kind) {
    case 'mine':
      return `${isOpen} and v.admin_assignee_id = $2`;
    case 'unassigned':
      return `${isOpen} and v.admin_assignee_id is null and v.team_assignee_id is null`;
    case 'all':
      return isOpen;
    case 'team':
      return `${isOpen} and v.team_assignee_id = $2`;
    case 'channel':
      return `${isOpen} and v.channel_id = $2`;
    case 'tag':
      return `${isOpen} and v.id in (select k.conversation_id from conversation_keys k
        where k.workspace_id = $1 and k.key = search_key('tag', ($2::bigint)::text))`;
    case 'snoozed':
      return `v.state = 'snoozed' and v.snoozed_until is not null and v.deleted_at is null`;
    case 'closed':
      return `v.state = 'closed' and v.deleted_at is null`;
  }
}

const idOf = (view: View): number | null => {
  if (view.kind === 'mine') return view.adminId;
  return 'id' in view ? view.id : null;
};

/** Builds the statement of one segment of a list. */
function listStatement(view: View, order: ListOrder, index: number, isFirst: boolean) {
  const { where, by, isDescending } = orderOf(view, order)[index]!;
  const direction = isDescending ? 'desc' : 'asc';
  const after = isDescending ? '<' : '>';
  // In the order of the index also where all are null: the planner does not know that this column decides nothing.
  const column = `v.${by ?? 'waiting_since'}`;
  const rest =
    by === null
      ? `v.id > $4 and $3::bigint is null`
      : `(${column}, v.id) ${after} (from_ms($3), $4)`;
  return {
    name: `inbox_list_${view.kind}_${order}_${index}_${isFirst ? 'first' : 'next'}`,
    text: `select v.id, ${column} as at from conversations v
      where v.workspace_id = $1 and ${conditionOf(view)} and ${where}
        and ($2::bigint is null or true)
        and ${isFirst ? '($3::bigint is null and $4::bigint is null)' : rest}
      order by ${column} ${direction}, v.id ${direction} limit $5`,
  };
}

/** Reads a page of a list. @param after the last conversation of the page before; null: the first page. */
export async function listIds(
  connection: Pick<Connection, 'query'>,
  workspaceId: number,
  view: View,
  order: ListOrder,
  page: { readonly after: ListPosition | null; readonly count: number },
): Promise<readonly ListPosition[]> {
  const found: ListPosition[] = [];
  const segments = orderOf(view, order);
  for (let segment = page.after?.segment ?? 0; segment < segments.length; segment += 1) {
    const after = segment === page.after?.segment ? page.after : null;
    const { rows } = await connection.query<{ id: number; at: number | null }>({
      ...listStatement(view, order, segment, after === null),
      values: [
        workspaceId,
        idOf(view),
        after?.at ?? null,
        after?.id ?? null,
        page.count - found.length,
      ],
    });
    for (const { id, at } of rows) found.push({ segment, at, id });
    if (found.length >= page.count) break;
  }
  return found;
}
