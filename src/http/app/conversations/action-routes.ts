// Actions of a teammate besides words, and what concerns that teammate alone: what was seen, and drafts.

import { assertNever, fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { NO_ROW, readId } from '../../../contract/read-id.ts';
import { cleanText } from '../../../contract/text.ts';
import type { TeammateAction } from '../../../core/conversation/signal.ts';
import type { WorkspaceSetup } from '../../../core/conversation/transition-context.ts';
import { saveDraft, saveSeenPosition } from '../../../store/inbox/seen.ts';
import { writeAs } from '../../../store/sql/row-level-security.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { showChanged, submitAction } from './message-routes.ts';
import {
  type ActionBody,
  actionBody,
  changed,
  type DraftBody,
  draftBody,
  type SeenBody,
  savedDraft,
  seenBody,
} from './schema.ts';
import { conversationIdOf } from './thread-routes.ts';

export const inboxActionRoutes: readonly SessionRoute[] = [
  {
    access: 'session',
    role: 'teammate',
    method: 'POST',
    path: '/parley/v1/app/conversations/:id/actions',
    summary: 'Close, open, take over, assign, snooze, tag or prioritize',
    body: actionBody,
    response: changed,
    async handle(call) {
      const setup = await call.dependencies.setups.get(call.principal.workspaceId);
      const action = readAction(call.body as ActionBody, setup);
      if (!action.ok) return action;
      const done = await submitAction(call, action.value);
      return done.ok ? showChanged(call, done.value) : done;
    },
  },
  {
    access: 'session',
    role: 'viewer',
    method: 'PUT',
    path: '/parley/v1/app/conversations/:id/seen',
    summary: 'Note up to which part I have seen it',
    takesNoKey: true,
    body: seenBody,
    response: null,
    handle: noteSeen,
  },
  {
    access: 'session',
    role: 'viewer',
    method: 'PUT',
    path: '/parley/v1/app/conversations/:id/draft',
    summary: 'Save my draft',
    takesNoKey: true,
    body: draftBody,
    response: savedDraft,
    handle: keepDraft,
  },
];

function readAction(
  body: ActionBody,
  setup: Pick<WorkspaceSetup, 'tags'>,
): Result<TeammateAction, ContractError> {
  const { kind } = body;
  switch (kind) {
    case 'close':
      return ok({ do: kind, body: null });
    case 'open':
    case 'take_over':
      return ok({ do: kind });
    case 'assign':
      return readAssignee(body);
    case 'snooze':
      return body.until === undefined ? missing('until') : ok({ do: kind, untilMs: body.until });
    case 'priority':
      return body.is_priority === undefined
        ? missing('is_priority')
        : ok({ do: 'prioritize', isPriority: body.is_priority });
    case 'tag': {
      const add = (body.add ?? []).map(readId);
      const isKnown = add.every((id) => setup.tags.has(id));
      if (!isKnown) return fail(apiError('tagNotFound', 'add'));
      const remove = (body.remove ?? []).map(readId).filter((id) => id !== NO_ROW);
      return ok({ do: kind, tags: { add, remove } });
    }
    default:
      return assertNever(kind);
  }
}

function readAssignee({
  admin_id: admin,
  team_id: team,
}: ActionBody): Result<TeammateAction, ContractError> {
  if (admin === undefined && team === undefined) return missing('admin_id');
  if (typeof admin === 'string' && typeof team === 'string') {
    const words = 'Assign to a teammate or to a team, one after the other';
    return fail(apiError('parameterInvalid', 'team_id', words));
  }
  if (typeof admin === 'string') {
    return ok({ do: 'assign', to: { type: 'admin', id: readId(admin) }, body: null });
  }
  const to = typeof team === 'string' ? ({ type: 'team', id: readId(team) } as const) : null;
  return ok({ do: 'assign', to, body: null });
}

const missing = (field: string): Result<never, ContractError> =>
  fail(apiError('parameterRequired', field, `${field} is required`));

/** Writes what concerns the teammate alone: it is no change of the conversation. */
async function noteSeen(call: AuthenticatedCall): Promise<Result<null, ContractError>> {
  const { workspaceId, adminId } = call.principal;
  const { position } = call.body as SeenBody;
  return writeAs(call.dependencies.commandPool.pool, workspaceId, async (connection) => {
    const id = conversationIdOf(call);
    const isThere = await saveSeenPosition(connection, workspaceId, adminId, id, position);
    return isThere ? ok(null) : fail(apiError('resourceNotFound'));
  });
}

async function keepDraft(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { workspaceId, adminId } = call.principal;
  const { kind, body, version } = call.body as DraftBody;
  const draft = { kind, body: cleanText(body), version };
  return writeAs(call.dependencies.commandPool.pool, workspaceId, async (connection) => {
    const id = conversationIdOf(call);
    const saved = await saveDraft(connection, workspaceId, adminId, id, draft);
    if (saved.state === 'absent') return fail(apiError('resourceNotFound'));
    return saved.state === 'saved'
      ? ok({ version: saved.version })
      : fail(apiError('draftChanged', 'version'));
  });
}
