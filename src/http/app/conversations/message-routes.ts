// Answers and notes of a teammate. An answer says up to which part its writer had seen the conversation: it is rejected
// if another teammate acted since, so that no contact is answered twice.

import { fail, ok, type Result } from '../../../base/result.ts';
import { apiError, type ContractError } from '../../../contract/errors.ts';
import { cleanText } from '../../../contract/text.ts';
import type { ConversationSignal, TeammateAction } from '../../../core/conversation/signal.ts';
import type { StoredPart } from '../../../core/model/model.ts';
import { missingRight } from '../../../core/model/rights.ts';
import type { Connection } from '../../../database/pool.ts';
import { findMove } from '../../../store/inbox/thread.ts';
import { findConversationAddress } from '../../../store/resources/conversation-address.ts';
import { findConversation } from '../../../store/resources/conversations.ts';
import { type Aimed, submitChange } from '../../api/conversations/change-conversation.ts';
import type { AuthenticatedCall, SessionRoute } from '../../server/route.ts';
import { readRows } from './list-routes.ts';
import { changed, type MessageBody, messageBody } from './schema.ts';
import { conversationIdOf } from './thread-routes.ts';

/** How often an answer is tried again while parts arrive that do not matter, such as the contact's. */
const TRIES_MAX = 5;

export const messageRoutes: readonly SessionRoute[] = [
  {
    access: 'session',
    role: 'viewer',
    method: 'POST',
    path: '/parley/v1/app/conversations/:id/messages',
    summary: 'Answer, or write a note',
    body: messageBody,
    response: changed,
    handle: sendMessage,
  },
];

async function sendMessage(call: AuthenticatedCall): Promise<Result<object, ContractError>> {
  const { kind, body, seen_position: seen, force } = call.body as MessageBody;
  const isReply = kind === 'reply';
  // A viewer writes notes only.
  const missing = missingRight(call.principal, {
    scope: 'read',
    role: isReply ? 'teammate' : 'viewer',
  });
  if (missing !== null) {
    const words = `You are "${call.principal.role}": an answer needs the role "teammate"`;
    return fail(apiError('rightMissing', null, words));
  }
  const action: TeammateAction = { do: isReply ? 'comment' : 'note', body: cleanText(body) };
  const sent =
    isReply && force !== true
      ? await sendUnlessMoved(call, action, seen)
      : await submitAction(call, action);
  return sent.ok ? showChanged(call, sent.value) : sent;
}

/** Responds with the conversation as it is now. */
export async function showChanged(
  call: AuthenticatedCall,
  id: number,
): Promise<Result<object, ContractError>> {
  call.dependencies.inboxCounts.drop(call.principal.workspaceId);
  const [conversation] = await readRows(call, async () => [id]);
  return conversation === undefined ? fail(apiError('resourceNotFound')) : ok({ conversation });
}

/** Submits an action of the teammate who is signed in. @returns the id of the conversation. */
export const submitAction = (
  call: AuthenticatedCall,
  action: TeammateAction,
): Promise<Result<number, ContractError>> =>
  submitChange(call, async (connection) => {
    const aimed = await aimAt(call, connection);
    return aimed === null
      ? fail(apiError('resourceNotFound'))
      : ok({ address: aimed.address, signal: { ...aimed.signal, action } });
  });

type Target = Pick<Aimed, 'address'> & {
  readonly signal: Omit<ConversationSignal & { readonly kind: 'teammate' }, 'action'>;
};

async function aimAt(call: AuthenticatedCall, connection: Connection): Promise<Target | null> {
  const { workspaceId, adminId } = call.principal;
  const id = conversationIdOf(call);
  const address = await findConversationAddress(connection, workspaceId, id);
  if (address === null) return null;
  return { address, signal: { kind: 'teammate', conversationId: address.id, adminId } };
}

type Move = Pick<StoredPart, 'author' | 'partType'>;

/** No conversation has so many parts: the signal is rejected, unless it is the repeat of one that was not. */
const NEVER = -1;

/**
 * Submits an answer unless another teammate acted after a position. What happened since is read first; the transition
 * makes sure that nothing was added meanwhile, whichever server adds it.
 */
async function sendUnlessMoved(
  call: AuthenticatedCall,
  action: TeammateAction,
  seenPosition: number,
): Promise<Result<number, ContractError>> {
  const { workspaceId, adminId } = call.principal;
  for (let tries = 1; ; tries += 1) {
    let move: Move | null = null;
    const sent = await submitChange(call, async (connection) => {
      const aimed = await aimAt(call, connection);
      if (aimed === null) return fail(apiError('resourceNotFound'));
      const { id } = aimed.address;
      const conversation = await findConversation(connection, workspaceId, id);
      move = await findMove(connection, workspaceId, id, adminId, seenPosition);
      const ifPartCount = move === null ? (conversation?.partCount ?? NEVER) : NEVER;
      const signal = { ...aimed.signal, action, ifPartCount };
      return ok({ address: aimed.address, signal, ...(tries > 1 ? { isRetry: true } : {}) });
    });
    const hasMoved = !sent.ok && sent.error.errors[0]?.code === 'conversation_moved';
    if (!hasMoved) return sent;
    if (move !== null) return fail(await describeMove(call, move));
    if (tries === TRIES_MAX) return sent;
  }
}

async function describeMove(
  { principal, dependencies }: AuthenticatedCall,
  { author, partType }: Move,
): Promise<ContractError> {
  const { admins } = await dependencies.setups.get(principal.workspaceId);
  const name = admins.get(Number(author.id))?.name ?? 'Another teammate';
  const done = { comment: 'answered', quick_reply: 'answered', close: 'closed it' };
  const what = done[partType as keyof typeof done] ?? 'took it over';
  return apiError('conversationMoved', 'seen_position', `${name} ${what} since you last saw it`);
}
