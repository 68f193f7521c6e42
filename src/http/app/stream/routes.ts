// The stream of a page of the web app: what changed in the workspace, from where the page was.

import { readRelease } from '../../../base/release.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { noteInboxUse } from '../../../store/inbox/feed.ts';
import type { AuthenticatedCall, SessionStreamRoute, Streaming } from '../../server/route.ts';
import { PageStream } from './page-stream.ts';

export const streamRoutes: readonly SessionStreamRoute[] = [
  {
    access: 'session',
    role: 'viewer',
    method: 'GET',
    path: '/parley/v1/app/stream',
    summary: 'Stream what changes',
    open: openPageStream,
  },
];

async function openPageStream(call: AuthenticatedCall): Promise<Result<Streaming, ContractError>> {
  const { request, reply, principal, dependencies, isPermitted } = call;
  const { workspaceId, sessionId = 0 } = principal;
  const { inboxFeed: feed, accounts, events, setups } = dependencies;
  if (!feed.hasRoom(workspaceId, sessionId)) {
    reply.header('Retry-After', '10');
    return fail(apiError('streamsFull'));
  }
  const wasInUse = await noteInboxUse(accounts.pool, workspaceId);
  if (!wasInUse) setups.drop(workspaceId);
  const { end, oldest } = await feed.findBounds(workspaceId);
  const asked = readLastId(request.headers['last-event-id']);
  // Nothing is missing between the place and the oldest row that is kept, if the place is not before it.
  const isKnown = asked !== null && wasInUse && oldest !== null && asked >= oldest && asked <= end;
  return ok((response, headers) => {
    if (request.method === 'HEAD') {
      response.writeHead(200, headers).end();
      return;
    }
    new PageStream(response, headers, {
      ...{ feed, workspaceId, sessionId },
      async isPermitted() {
        // An open page is a use, too.
        await noteInboxUse(accounts.pool, workspaceId);
        return isPermitted();
      },
      build: readRelease().version,
      place: isKnown ? asked : end,
      isReset: asked !== null && !isKnown && asked !== end,
      isStarting: !wasInUse,
      closing: events.closing,
    });
  });
}

function readLastId(header: string | readonly string[] | undefined): number | null {
  const text = String(header ?? '');
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
