// The two transports by which an app fetches outbound events: polling and a stream (SSE). Same events, same order; a
// client resumes after the id of the last event that it handled.

import { fail, ok, type Result } from '../../base/result.ts';
import { apiError, type ContractError } from '../../contract/errors.ts';
import { readText, readWholeNumber } from '../../contract/query-parameters.ts';
import type { Connection } from '../../database/pool.ts';
import {
  beginningOfLog,
  findEndOfLog,
  idOfRow,
  isConversationOfChannel,
  type LogPage,
  type LogScope,
  readEvents,
} from '../../store/outbox/event-log.ts';
import { type Cursor, findCursor } from '../../store/outbox/pagination-cursor.ts';
import { readAs } from '../../store/sql/row-level-security.ts';
import { channelOf } from '../../store/tenancy/access.ts';
import {
  type ApiRoute,
  type AuthenticatedCall,
  JsonText,
  type RouteParameter,
  type Streaming,
  type StreamRoute,
} from '../server/route.ts';
import { EventStream, sendStreamHead } from './event-stream.ts';
import { waitForNews } from './event-stream-wait.ts';
import { eventList } from './schema.ts';
import { sendNowRoute } from './send-now-routes.ts';

const LIST_EVENTS_DEFAULT = 100;
const LIST_EVENTS_MAX = 1000;
const LIST_BYTES_MAX = 2 * 1024 * 1024;
const WAIT_SECONDS_MAX = 30;
/** Cursor before the first event. */
const BEGINNING = '0';

const afterParameter: RouteParameter = {
  name: 'after',
  in: 'query',
  description: 'Return events after this `event_id`; `0` starts with the oldest event in the log.',
  example: '01a1ee87-3200-7000-8000-007d20200001',
};

const conversationParameter: RouteParameter = {
  name: 'conversation_id',
  in: 'query',
  description: 'Only events of this conversation: `conversation_id` of a notify response.',
  example: '256257',
};

const exampleEvent = {
  event_id: '01a1ee87-3200-7000-8000-007d20200002',
  event_name: 'status_updated',
  workspace_id: '1',
  external_conversation_id: 'conv_67890',
  conversation_id: '256257',
  contact: { type: 'user', external_id: 'user_001', id: '6a11c0de000000000003e800' },
  sequence: 2,
  created_at_ms: '2026-11-18T12:00:00.000Z',
  status: 'closed',
};

const list: ApiRoute = {
  access: 'token',
  scope: 'events',
  method: 'GET',
  path: '/parley/v1/events',
  isForBrowsers: true,
  operationId: 'listEvents',
  summary: 'Fetch outbound events',
  description:
    'Returns the events of the token’s channel, in order, from the oldest in the log or after one that you name. ' +
    'At most 2 MiB. With `wait` the call returns as soon as there is an event (long polling).',
  tag: 'Events',
  parameters: [
    afterParameter,
    {
      name: 'limit',
      in: 'query',
      description: `Maximum number; ${LIST_EVENTS_DEFAULT} by default.`,
      schema: { type: 'integer', minimum: 1, maximum: LIST_EVENTS_MAX },
    },
    conversationParameter,
    {
      name: 'wait',
      in: 'query',
      description: 'Seconds to wait for an event if there is none.',
      schema: { type: 'integer', minimum: 0, maximum: WAIT_SECONDS_MAX },
    },
  ],
  response: eventList,
  responseExample: {
    type: 'list',
    data: [exampleEvent],
    has_more: false,
    next: exampleEvent.event_id,
  },
  errors: ['parameterInvalid', 'cursorUnknown', 'resourceNotFound', 'streamsFull'],
  handle: listEvents,
};

const stream: StreamRoute = {
  access: 'token',
  scope: 'events',
  method: 'GET',
  path: '/parley/v1/events/stream',
  isForBrowsers: true,
  operationId: 'streamEvents',
  summary: 'Stream outbound events',
  description:
    'Streams the events of the token’s channel as server-sent events, in order, as they happen. The id of each is ' +
    'its `event_id`: a client that reconnects sends the last one as `Last-Event-ID` and misses nothing. Without ' +
    '`Last-Event-ID` and `after`, the stream starts with new events. `typing_started` and `typing_stopped` have ' +
    'no id and reach only streams that are open at that moment.',
  tag: 'Events',
  parameters: [
    {
      ...afterParameter,
      description: `${afterParameter.description} \`Last-Event-ID\` takes precedence.`,
    },
    conversationParameter,
    { name: 'Last-Event-ID', in: 'header', description: 'Resume after this `event_id`.' },
  ],
  stream: {
    contentType: 'text/event-stream',
    example: `id: ${exampleEvent.event_id}\nevent: status_updated\ndata: ${JSON.stringify(exampleEvent)}\n\n`,
  },
  errors: ['parameterInvalid', 'cursorUnknown', 'resourceNotFound', 'streamsFull'],
  open: openStream,
};

export const eventRoutes: readonly (ApiRoute | StreamRoute)[] = [list, stream, sendNowRoute];

type Asked = { readonly scope: LogScope; readonly after: string | null };

/** Reads the parameters that both transports share. */
function readAsked({ request, principal }: AuthenticatedCall): Result<Asked, ContractError> {
  const after = readText(request.query, 'after');
  if (!after.ok) return after;
  const bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
  const conversationId = readWholeNumber(request.query, 'conversation_id', bounds, null);
  if (!conversationId.ok) return conversationId;
  const { workspaceId } = principal;
  const scope = {
    workspaceId,
    channelId: channelOf(principal).id,
    conversationId: conversationId.value,
  };
  return ok({ scope, after: after.value });
}

/**
 * Finds the log position of an id; the beginning without one.
 * @param field parameter that contained the id.
 */
async function locate(
  connection: Connection,
  { scope, after }: Asked,
  field = 'after',
): Promise<Result<Cursor, ContractError>> {
  const { conversationId } = scope;
  if (
    conversationId !== null &&
    !(await isConversationOfChannel(connection, scope, conversationId))
  ) {
    return fail(apiError('resourceNotFound', 'conversation_id'));
  }
  if (after === null || after === BEGINNING) return ok({ place: beginningOfLog, id: null });
  const cursor = await findCursor(connection, scope, after);
  return cursor === null ? fail(apiError('cursorUnknown', field)) : ok(cursor);
}

async function listEvents(call: AuthenticatedCall): Promise<Result<JsonText, ContractError>> {
  const asked = readAsked(call);
  if (!asked.ok) return asked;
  const { query } = call.request;
  const limit = readWholeNumber(query, 'limit', { min: 1, max: LIST_EVENTS_MAX }, null);
  if (!limit.ok) return limit;
  const wait = readWholeNumber(query, 'wait', { min: 0, max: WAIT_SECONDS_MAX }, 0);
  if (!wait.ok) return wait;

  const bounds = { limit: limit.value ?? LIST_EVENTS_DEFAULT, bytesMax: LIST_BYTES_MAX };
  const { scope } = asked.value;
  const first = await readFirst(call, asked.value, bounds);
  if (!first.ok) return first;
  // One cursor for the whole call: by the next read, `after` might be resolved to a later position and skip events.
  const { cursor, page } = first.value;
  const isHead = call.request.method === 'HEAD';
  if (page.rows.length > 0 || wait.value === 0 || isHead) return ok(asList(page, cursor));
  const read = () => readFrom(call, scope, cursor, bounds);
  const later = await readLater(call, scope, page, read, wait.value);
  return later.ok ? ok(asList(later.value, cursor)) : later;
}

type Bounds = Parameters<typeof readEvents>[3];

const readFirst = (
  { principal, dependencies }: AuthenticatedCall,
  asked: Asked,
  bounds: Bounds,
): Promise<Result<{ readonly cursor: Cursor; readonly page: LogPage }, ContractError>> =>
  readAs(dependencies.readPool, principal.workspaceId, async (connection) => {
    const cursor = await locate(connection, asked);
    if (!cursor.ok) return cursor;
    const page = await readEvents(connection, asked.scope, cursor.value.place, bounds);
    return ok({ cursor: cursor.value, page });
  });

const readFrom = (
  { principal, dependencies }: AuthenticatedCall,
  scope: LogScope,
  { place }: Cursor,
  bounds: Bounds,
): Promise<LogPage> =>
  readAs(dependencies.readPool, principal.workspaceId, (connection) =>
    readEvents(connection, scope, place, bounds),
  );

/** Waits for an event or the end of the time, then reads again. */
async function readLater(
  { principal, dependencies, reply, isPermitted }: AuthenticatedCall,
  scope: LogScope,
  empty: LogPage,
  read: () => Promise<LogPage>,
  seconds: number,
): Promise<Result<LogPage, ContractError>> {
  const { events } = dependencies;
  const deadline = performance.now() + seconds * 1000;
  const error = events.acquireSlot(principal.tokenId);
  if (error !== null) return fail(noSlotError(reply, error));
  try {
    for (let place = empty.end; ; ) {
      const leftMs = deadline - performance.now();
      const isOver = await waitForNews(events, scope, place, leftMs, reply.raw);
      if (!(await isPermitted())) return fail(apiError('accessTokenInvalid'));
      const page = await read();
      if (isOver || page.rows.length > 0) return ok(page);
      place = page.end;
    }
  } finally {
    events.releaseSlot(principal.tokenId);
  }
}

/** The bodies are JSON already. */
function asList({ rows, hasMore }: LogPage, { id }: Cursor): JsonText {
  const last = rows.at(-1);
  const next = last === undefined ? (id ?? BEGINNING) : idOfRow(last);
  const data = rows.map(({ body }) => body).join(',');
  return new JsonText(
    `{"type":"list","data":[${data}],"has_more":${hasMore},"next":${JSON.stringify(next)}}`,
  );
}

function noSlotError(
  reply: AuthenticatedCall['reply'],
  name: 'streamsFull' | 'serviceUnavailable',
): ContractError {
  if (name === 'streamsFull') reply.header('Retry-After', '10');
  return apiError(name);
}

async function openStream(call: AuthenticatedCall): Promise<Result<Streaming, ContractError>> {
  const asked = readAsked(call);
  if (!asked.ok) return asked;
  const { principal, dependencies, reply, isPermitted } = call;
  const { events: hub, log } = dependencies;
  const error = hub.acquireSlot(principal.tokenId);
  if (error !== null) return fail(noSlotError(reply, error));
  const onEnd = () => hub.releaseSlot(principal.tokenId);
  if (call.request.method === 'HEAD') {
    // HEAD only checks that a slot is free.
    onEnd();
    const begin = await findBeginning(call, asked.value);
    return begin.ok ? ok(sendStreamHead) : begin;
  }
  try {
    const begin = await findBeginning(call, asked.value);
    if (!begin.ok) onEnd();
    if (!begin.ok) return begin;
    const source = { hub, scope: asked.value.scope, isPermitted, log, onEnd, ...begin.value };
    return ok((response, headers) => void new EventStream(response, headers, source));
  } catch (error) {
    onEnd();
    throw error;
  }
}

type Beginning = { readonly place: Cursor['place']; readonly resumeId: string };

/** Finds where a stream starts: after the named id, or now. */
function findBeginning(
  { request, principal, dependencies }: AuthenticatedCall,
  asked: Asked,
): Promise<Result<Beginning, ContractError>> {
  const header = request.headers['last-event-id'];
  const resumed = typeof header === 'string' && header !== '' ? header : null;
  const after = resumed ?? asked.after;
  const field = resumed === null ? 'after' : 'Last-Event-ID';
  return readAs(dependencies.readPool, principal.workspaceId, async (connection) => {
    const cursor = await locate(connection, { ...asked, after }, field);
    if (!cursor.ok) return cursor;
    const { place, id } = cursor.value;
    if (after !== null) return ok({ place, resumeId: id ?? BEGINNING });
    const { newest, end } = await findEndOfLog(connection, asked.scope);
    return ok({ place: end, resumeId: newest === null ? BEGINNING : idOfRow(newest) });
  });
}
