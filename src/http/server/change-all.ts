// Changes many conversations through the engine, for requests that change them beside something else.

import { ok, type Result } from '../../base/result.ts';
import type { ContractError } from '../../contract/errors.ts';
import type { ConversationSignal } from '../../core/conversation/signal.ts';
import type { ConversationAddress } from '../../store/resources/conversation-address.ts';
import type { AuthenticatedCall } from './route.ts';

const CHANGED_AT_ONCE = 20;

/**
 * Changes conversations, some at a time: the engine commits these together.
 * @param signalOf must change nothing when it is repeated.
 */
export async function changeAll(
  { request, principal: { workspaceId }, dependencies }: AuthenticatedCall,
  addresses: readonly ConversationAddress[],
  signalOf: (conversationId: number) => ConversationSignal,
): Promise<Result<null, ContractError>> {
  for (let first = 0; first < addresses.length; first += CHANGED_AT_ONCE) {
    const some = addresses.slice(first, first + CHANGED_AT_ONCE);
    const results = await Promise.all(
      some.map(({ id, channelId, externalId }) =>
        dependencies.engine.submit({
          kind: 'conversation',
          workspaceId,
          channelId,
          externalId,
          signal: signalOf(id),
          requestId: request.id,
          isRepeatable: true,
        }),
      ),
    );
    // A conversation that is deleted meanwhile needs no change.
    const failed = results.find((result) => !result.ok && result.error.status !== 404);
    if (failed !== undefined && !failed.ok) return failed;
  }
  return ok(null);
}
