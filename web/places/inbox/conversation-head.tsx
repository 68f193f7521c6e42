// The head of a conversation: who it is with, and the acts that a teammate needs most.

import { isPossible, keyOf, run } from '../../actions/registry.ts';
import { useViews } from '../../app/workspace.tsx';
import type { Details } from '../../live/wire.ts';
import { Avatar } from '../../parts/avatar.tsx';
import { Button, IconButton } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import { contactName } from './names.ts';

type HeadProps = { readonly details: Details; readonly hasPanel: boolean };

export function ConversationHead({ details, hasPanel }: HeadProps) {
  const { channels, people } = useViews();
  const name = contactName(details.contact);
  const assignee = people.find(({ id }) => id === details.admin_assignee_id);
  const channel = channels.find(({ id }) => id === details.channel_id)?.name;
  return (
    <header className="conversation-head">
      <span className="only-phone">
        <IconButton icon="back" label={words.thread.back} onClick={() => run('back')} />
      </span>
      <div className="conversation-title">
        <h1 dir="auto">{name}</h1>
        <p>
          {channel !== undefined && <span dir="auto">{channel} · </span>}
          <span className="number">#{details.id}</span>
          {details.state !== 'open' && (
            <span className="state"> · {words.panel.states[details.state]}</span>
          )}
        </p>
      </div>
      <Button
        kind="quiet"
        className="assignee-button"
        onClick={() => run('assign')}
        aria-label={`${words.actions.assign}: ${assignee?.name ?? words.panel.none}`}
      >
        {assignee === undefined ? (
          <Icon name="assign" size={18} />
        ) : (
          <Avatar name={assignee.name} size="small" />
        )}
        <span className="not-phone" dir="auto">
          {assignee?.name ?? words.actions.assign}
        </span>
      </Button>
      <IconButton
        icon="moon"
        label={words.actions.snooze}
        shortcut={keyOf('snooze')}
        onClick={() => run('snooze')}
      />
      {details.state === 'closed' ? (
        <IconButton
          icon="reopen"
          label={words.actions.open}
          shortcut={keyOf('open')}
          onClick={() => run('open')}
        />
      ) : (
        <IconButton
          icon="archive"
          label={words.actions.close}
          shortcut={keyOf('close')}
          onClick={() => run('close')}
        />
      )}
      <IconButton
        icon="panel"
        label={hasPanel ? words.panel.hide : words.panel.show}
        shortcut={keyOf('panel')}
        aria-pressed={hasPanel}
        onClick={() => isPossible('panel') && run('panel')}
      />
    </header>
  );
}
