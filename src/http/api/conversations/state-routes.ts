// Parley's own endpoints for the state and the trace of a conversation. Each call reads one snapshot.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { readWholeNumber } from '../../../contract/query-parameters.ts';
import { readId } from '../../../contract/read-id.ts';
import { isExternalId } from '../../../contract/schema-pieces.ts';
import { presentState } from '../../../core/presenters/conversation-state.ts';
import { seconds } from '../../../core/presenters/seconds.ts';
import type { Connection } from '../../../database/pool.ts';
import { findConversationId } from '../../../store/resources/conversation-address.ts';
import { findConversation } from '../../../store/resources/conversations.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import {
  findPromptOptions,
  findSignalCount,
  findSignals,
  type SignalRow,
} from '../../../store/workflows/conversation-trace.ts';
import { findNextTry } from '../../../store/workflows/jobs.ts';
import type { ApiRoute, AuthenticatedCall, RouteParameter } from '../../server/route.ts';
import { exampleState, exampleTrace } from './examples.ts';
import { conversationState, conversationTrace } from './state-schema.ts';

const TRACE_DEFAULT = 50;
const TRACE_MAX = 200;
const TRACE_BYTES_MAX = 2 * 1024 * 1024;
const ORDINAL_MAX = 2_147_483_647;

const idParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'Parley’s id of the conversation: `conversation_id` of a notify response.',
  example: '256257',
};

const externalIdParameter: RouteParameter = {
  name: 'id',
  in: 'path',
  description: 'The `external_conversation_id` in the channel of the token, percent-encoded.',
  example: 'conv_67890',
};

const stateFacts = {
  access: 'token',
  scope: 'read',
  method: 'GET',
  tag: 'Conversations',
  response: conversationState,
  responseExample: exampleState,
  errors: ['resourceNotFound'],
} as const;

const traceFacts = {
  access: 'token',
  scope: 'read',
  method: 'GET',
  tag: 'Conversations',
  response: conversationTrace,
  responseExample: exampleTrace,
  errors: ['resourceNotFound', 'parameterInvalid'],
} as const;

const pageParameters: readonly RouteParameter[] = [
  {
    name: 'after',
    in: 'query',
    description: 'The ordinal of a signal; `0` stands before the first.',
    schema: { type: 'integer', minimum: 0 },
  },
  {
    name: 'limit',
    in: 'query',
    description: `Maximum number; ${TRACE_DEFAULT} by default.`,
    schema: { type: 'integer', minimum: 1, maximum: TRACE_MAX },
  },
];

export const conversationStateRoutes: readonly ApiRoute[] = [
  {
    ...stateFacts,
    path: '/parley/v1/conversations/:id/state',
    operationId: 'showConversationState',
    summary: 'Get the state of a conversation',
    description:
      '`running`: the workflow waits for a webhook’s response. `waiting`: it waits for the contact or for a time. ' +
      '`idle`: no workflow is active. `closed`: the conversation is closed and no workflow is active.',
    parameters: [idParameter],
    handle: (call) => showState(call, byId),
  },
  {
    ...stateFacts,
    path: '/parley/v1/conversations/external/:id/state',
    operationId: 'showConversationStateByExternalId',
    summary: 'Get the state of a conversation by your own id',
    parameters: [externalIdParameter],
    handle: (call) => showState(call, byExternalId),
  },
  {
    ...traceFacts,
    path: '/parley/v1/conversations/:id/trace',
    operationId: 'showConversationTrace',
    summary: 'Get the trace of a conversation: its signals, and what each step did',
    description:
      'Without `after`, returns the newest signals, oldest first; with `after`, those after that ordinal, so ' +
      `\`after=0\` starts with the first. At most ${TRACE_MAX} signals and 2 MiB.`,
    parameters: [idParameter, ...pageParameters],
    handle: (call) => showTrace(call, byId),
  },
  {
    ...traceFacts,
    path: '/parley/v1/conversations/external/:id/trace',
    operationId: 'showConversationTraceByExternalId',
    summary: 'Get the trace of a conversation by your own id',
    parameters: [externalIdParameter, ...pageParameters],
    handle: (call) => showTrace(call, byExternalId),
  },
];

/** Finds Parley's id of the conversation that a call names. */
type FindId = (call: AuthenticatedCall, connection: Connection) => Promise<number | null>;

const idIn = ({ request }: AuthenticatedCall): string => (request.params as { id: string }).id;

const byId: FindId = async (call) => readId(idIn(call));

const byExternalId: FindId = async (call, connection) => {
  const id = idIn(call);
  const { channel } = call.principal;
  return channel !== null && isExternalId(id) ? findConversationId(connection, channel, id) : null;
};

async function showState(
  call: AuthenticatedCall,
  findId: FindId,
): Promise<Result<object, ContractError>> {
  const { principal, dependencies } = call;
  const { workspaceId } = principal;
  const found = await readAs(dependencies.readPool, workspaceId, async (connection) => {
    const id = await findId(call, connection);
    const conversation = id === null ? null : await findConversation(connection, workspaceId, id);
    if (conversation === null) return null;
    const { run } = conversation;
    const options =
      run?.waiting?.for === 'quick_reply'
        ? await findPromptOptions(
            connection,
            workspaceId,
            conversation.id,
            run.waiting.promptPosition,
          )
        : [];
    const nextTryAt =
      run?.waiting?.for === 'webhook'
        ? await findNextTry(connection, workspaceId, run.waiting.jobId)
        : null;
    return { conversation, options, nextTryAt };
  });
  if (found === null) return fail(apiError('resourceNotFound'));
  return ok(presentState({ ...found, setup: await dependencies.setups.get(workspaceId) }));
}

async function showTrace(
  call: AuthenticatedCall,
  findId: FindId,
): Promise<Result<object, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId } = principal;
  const bounds = { min: 0, max: ORDINAL_MAX };
  const after = readWholeNumber(request.query, 'after', bounds, null);
  if (!after.ok) return after;
  const limit = readWholeNumber(request.query, 'limit', { min: 1, max: TRACE_MAX }, TRACE_DEFAULT);
  if (!limit.ok) return limit;
  const page = { limit: limit.value, after: after.value, bytesMax: TRACE_BYTES_MAX };
  const found = await readAs(dependencies.readPool, workspaceId, async (connection) => {
    const id = await findId(call, connection);
    const last = id === null ? null : await findSignalCount(connection, workspaceId, id);
    if (id === null || last === null) return null;
    return { id, last, rows: await findSignals(connection, workspaceId, id, page) };
  });
  if (found === null) return fail(apiError('resourceNotFound'));
  const { id, last, rows } = found;
  const first = rows[0]?.ordinal ?? (after.value ?? 0) + 1;
  const end = rows.at(-1)?.ordinal ?? last;
  return ok({
    type: 'conversation_trace',
    conversation_id: String(id),
    data: rows.map(presentSignal),
    last_ordinal: last,
    previous: first > 1 ? Math.max(0, first - 1 - limit.value) : null,
    next: end < last ? end : null,
  });
}

const presentSignal = ({ ordinal, receivedAt, kind, content, trace }: SignalRow): object => ({
  ordinal,
  at: seconds(receivedAt),
  signal: kind,
  content,
  entries: trace.map(({ runId, ...entry }) => ({ run_id: String(runId), ...entry })),
});
