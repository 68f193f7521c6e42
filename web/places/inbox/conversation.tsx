// A conversation: its head, who holds it, the thread, the box, and its details beside it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useActions } from '../../actions/registry.ts';
import { ApiFailure, ask } from '../../live/api.ts';
import { detailsQuery, mergeRow } from '../../live/queries.ts';
import type { Details } from '../../live/wire.ts';
import { EmptyPlace } from '../../parts/empty-place.tsx';
import { Failure } from '../../parts/failure.tsx';
import { showToast } from '../../parts/toast.tsx';
import { words } from '../../words/en.ts';
import { Composer } from './composer.tsx';
import './conversation.css';
import { useConversationActions } from './conversation-actions.ts';
import { ConversationHead } from './conversation-head.tsx';
import { HolderLine } from './holder-line.tsx';
import { Panel } from './panel.tsx';
import { Thread } from './thread.tsx';

type ConversationProps = {
  readonly id: string;
  readonly hasPanel: boolean;
  readonly onHidePanel: () => void;
};

export function Conversation({ id, hasPanel, onHidePanel }: ConversationProps) {
  const { data, error, refetch } = useQuery(detailsQuery(id));
  if (data !== undefined) {
    return (
      <div className={hasPanel ? 'conversation conversation-with-panel' : 'conversation'}>
        <Opened details={data} hasPanel={hasPanel} />
        {hasPanel && <Panel details={data} onHide={onHidePanel} />}
      </div>
    );
  }
  return (
    <div className="conversation">
      {error !== null &&
        (isGone(error) ? (
          <EmptyPlace icon="search" {...words.thread.gone} />
        ) : (
          <Failure title={words.thread.failed} error={error} onAgain={() => void refetch()} />
        ))}
    </div>
  );
}

const isGone = (error: unknown): boolean =>
  error instanceof ApiFailure && (error.status === 404 || error.status === 400);

type OpenedProps = { readonly details: Details; readonly hasPanel: boolean };

function Opened({ details, hasPanel }: OpenedProps) {
  useSeen(details);
  useConversationActions(details);
  useActions({
    copyLink() {
      // The clipboard does not exist over plain HTTP, except on this machine.
      navigator.clipboard
        ?.writeText(location.href)
        .then(() => showToast({ text: words.toast.linkCopied }))
        .catch(() => undefined);
    },
  });
  return (
    <section className="thread-column" aria-label={words.groups.conversation}>
      <ConversationHead details={details} hasPanel={hasPanel} />
      <HolderLine details={details} />
      <Thread details={details} />
      <Composer details={details} />
    </section>
  );
}

/** Tells the server how far this teammate has read, while the page is looked at. */
function useSeen({ id, last_position: position, is_unread: isUnread }: Details): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isUnread || document.hidden) return;
    const sent = ask('PUT', `/conversations/${id}/seen`, { body: { position } });
    sent.then(
      () => {
        const known = client.getQueryData<Details>(['conversation', id]);
        if (known !== undefined) mergeRow(client, { ...known, is_unread: false });
      },
      () => undefined,
    );
  }, [id, position, isUnread, client]);
}
