// The inbox: the list of one view, a conversation of it, and its details. On narrow screens one of them at a time.

import { useEffect, useState } from 'react';
import { useActions } from '../../actions/registry.ts';
import { useInboxPlace } from '../../app/place.ts';
import { keep, readKept } from '../../live/kept.ts';
import { EmptyPlace } from '../../parts/empty-place.tsx';
import { words } from '../../words/en.ts';
import { Conversation } from './conversation.tsx';
import './inbox.css';
import { List } from './list.tsx';
import { useViewName } from './view-name.ts';

const PANEL_OFF = 'parley:panel-off';
/** Narrower ones show details only when asked for. */
const WIDE = '(min-width: 1200px)';

export function Inbox() {
  const { view, conversation } = useInboxPlace();
  const viewName = useViewName(view);
  const [hasPanel, setHasPanel] = useState(
    () => matchMedia(WIDE).matches && readKept(PANEL_OFF) !== true,
  );
  const togglePanel = () => {
    if (matchMedia(WIDE).matches) keep(PANEL_OFF, hasPanel ? true : null);
    setHasPanel(!hasPanel);
  };
  useActions({ panel: conversation === null ? undefined : togglePanel });
  useEffect(() => {
    document.title = `${viewName} · ${words.app}`;
  }, [viewName]);
  return (
    <main className={conversation === null ? 'inbox' : 'inbox inbox-with-thread'}>
      <List />
      {conversation === null ? (
        <div className="thread-none">
          <EmptyPlace icon="inbox" {...words.thread.none} />
        </div>
      ) : (
        <Conversation
          key={conversation}
          id={conversation}
          hasPanel={hasPanel}
          onHidePanel={togglePanel}
        />
      )}
    </main>
  );
}
