// Who holds the conversation, if it is not simply its assignee: a workflow at work, with taking over, or a teammate
// who took it over.

import { keyOf, run } from '../../actions/registry.ts';
import { useViews, useWorkspace } from '../../app/workspace.tsx';
import { nearTime, useNow } from '../../live/time.ts';
import type { Details } from '../../live/wire.ts';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import { holderWords } from './holder-words.ts';

export function HolderLine({ details }: { readonly details: Details }) {
  const { holder } = details;
  const { session } = useWorkspace();
  const { people } = useViews();
  const now = useNow();
  if (holder.kind === 'none') return null;
  if (holder.kind === 'teammate') {
    const name = people.find(({ id }) => id === holder.admin_id)?.name ?? words.thread.teammate;
    const isMine = holder.admin_id === session.me.id;
    return (
      <p className="holder-line holder-teammate">
        <Icon name="hand" />
        <span dir="auto">{isMine ? words.holder.you : words.holder.teammate(name)}</span>
      </p>
    );
  }
  return (
    <div className="holder-line">
      <Icon name="workflow" />
      <p dir="auto">
        {holderWords(holder)}
        {holder.since !== undefined && (
          <span className="quiet"> {words.holder.since(nearTime(holder.since, now))}</span>
        )}
      </p>
      <Button kind="quiet" onClick={() => run('takeOver')}>
        <Icon name="hand" />
        {words.holder.takeOver}
        <kbd className="not-phone">{keyOf('takeOver')}</kbd>
      </Button>
    </div>
  );
}
