// Changes a conversation through the engine, for all routes that answer with the conversation as it is afterwards.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import type { ConversationSignal } from '../../../core/conversation/signal.ts';
import type { Connection } from '../../../database/pool.ts';
import type { ConversationAddress } from '../../../store/resources/conversation-address.ts';
import { readAs } from '../../../store/sql/row-level-security.ts';
import { orUnavailable } from '../../server/database-unavailable.ts';
import type { AuthenticatedCall } from '../../server/route.ts';
import { readConversationView } from './conversation-view.ts';

/** Signal for the engine, and its conversation. */
export type Aimed = {
  readonly address: ConversationAddress;
  /** Null: there is nothing to change. */
  readonly signal: ConversationSignal | null;
  /** Whether a second time it changes nothing. */
  readonly isRepeatable?: true;
  /** Whether it is tried again, since the last one was rejected. */
  readonly isRetry?: true;
};

/** Messages of a 503. The catalogue's message relies on an event_id, and these requests have none. */
const unavailable = {
  before: 'Service temporarily unavailable, nothing was done: retry',
  during:
    'Service temporarily unavailable, the action may have been done: read the conversation before you retry',
  after: 'The action was done, but the conversation cannot be read at the moment: do not retry',
};

/**
 * Finds out what to change, changes it, and returns the conversation.
 * @param aim reads, in one transaction.
 */
export async function changeConversation(
  call: AuthenticatedCall,
  aim: (connection: Connection) => Promise<Result<Aimed, ContractError>>,
  isPlainText = false,
): Promise<Result<object, ContractError>> {
  const { principal, dependencies } = call;
  const changed = await submitChange(call, aim);
  if (!changed.ok) return changed;
  return orUnavailable(call, unavailable.after, async () => {
    // Not of the address: `last` may be another conversation when the request is repeated.
    const id = changed.value;
    const view = await readConversationView(dependencies, principal.workspaceId, id, isPlainText);
    return view === null ? fail(apiError('resourceNotFound')) : ok(view);
  });
}

/** Finds out what to change and changes it. @returns the id of the conversation. */
export async function submitChange(
  call: AuthenticatedCall,
  aim: (connection: Connection) => Promise<Result<Aimed, ContractError>>,
): Promise<Result<number, ContractError>> {
  const { request, principal, dependencies } = call;
  const { workspaceId } = principal;
  const aimed = await orUnavailable(call, unavailable.before, () =>
    readAs(dependencies.readPool, workspaceId, aim),
  );
  if (!aimed.ok) return aimed;
  const { address, signal, isRepeatable, isRetry } = aimed.value;
  if (signal === null) return ok(address.id);
  const { channelId, externalId } = address;
  const result = await dependencies.engine.submit({
    kind: 'conversation',
    workspaceId,
    channelId,
    externalId,
    signal,
    requestId: request.id,
    ...(isRepeatable ? { isRepeatable } : {}),
    ...(isRetry ? { isRetry } : {}),
  });
  if (result.ok) return ok(result.value.conversationId);
  const isOpen = result.error.status === 503;
  return isOpen ? fail(apiError('serviceUnavailable', null, unavailable.during)) : result;
}
