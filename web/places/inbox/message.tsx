// What a person or the bot said: the contact at the start, teammates and the bot at the end, notes in their own
// colour.

import { useWorkspace } from '../../app/workspace.tsx';
import { keepDraft, readDraft } from '../../live/drafts.ts';
import type { Message as OutboxMessage } from '../../live/outbox.ts';
import { clockTime, fullTime } from '../../live/time.ts';
import type { Delivery, Part } from '../../live/wire.ts';
import { Avatar } from '../../parts/avatar.tsx';
import { Button } from '../../parts/button.tsx';
import { Icon, Mark } from '../../parts/icon.tsx';
import { PlainText } from '../../parts/plain-text.tsx';
import { words } from '../../words/en.ts';
import { DeliveryMark } from './delivery-mark.tsx';
import './message.css';
import { File } from '../../parts/file.tsx';
import { authorName } from './names.ts';

type MessageProps = {
  readonly part: Part;
  readonly isFirst: boolean;
  readonly contact: string;
  readonly me: string;
  readonly delivery: Delivery | undefined;
};

const sideOf = ({ author, kind }: Part): string => {
  if (kind === 'note') return 'note';
  if (author.type === 'admin') return 'ours';
  return author.type === 'bot' ? 'bot' : 'theirs';
};

export function Message({ part, isFirst, contact, me, delivery }: MessageProps) {
  const name = authorName(part.author, contact, me);
  const side = sideOf(part);
  return (
    <article className={`message message-${side}${isFirst ? ' message-first' : ''}`}>
      {isFirst && (
        <header className="message-head">
          {side === 'bot' ? (
            <Mark size={20} />
          ) : (
            <Avatar name={part.author.name ?? name} size="small" />
          )}
          <b dir="auto">{name}</b>
          {side === 'note' && (
            <span className="message-note-mark">
              <Icon name="lock" size={12} />
              {words.thread.note}
            </span>
          )}
          <time dateTime={new Date(part.at).toISOString()} title={fullTime(part.at)}>
            {clockTime(part.at)}
          </time>
        </header>
      )}
      <div className="bubble" title={fullTime(part.at)}>
        {!isFirst && <span className="hidden">{name}: </span>}
        {part.is_redacted ? (
          <p className="bubble-redacted">{words.thread.redacted}</p>
        ) : (
          part.body !== null && <PlainText text={part.body} />
        )}
        {part.attachments.map((attachment) => (
          <File key={attachment.url} {...attachment} />
        ))}
      </div>
      {part.options.length > 0 && <Options part={part} />}
      {delivery !== undefined && <DeliveryMark delivery={delivery} />}
    </article>
  );
}

const Options = ({ part }: { readonly part: Part }) => (
  <ul
    className={part.is_stale ? 'options options-stale' : 'options'}
    aria-label={words.thread.offered}
    title={part.is_stale ? words.thread.stale : undefined}
  >
    {part.options.map(({ id, text, is_chosen: isChosen }) => (
      <li key={id} className={isChosen ? 'option option-chosen' : 'option'} dir="auto">
        {isChosen && <Icon name="check" size={14} />}
        {text}
      </li>
    ))}
  </ul>
);

/** A message that the server has not confirmed yet. */
export function UnsentMessage({ message }: { readonly message: OutboxMessage }) {
  const { outbox, session } = useWorkspace();
  const { kind, body, state, reason, attempts, hasMoved, conversationId } = message;
  const edit = () => {
    const adminId = session.me.id;
    const rest = readDraft(adminId, conversationId, kind);
    keepDraft(adminId, conversationId, kind, rest === '' ? body : `${body}\n\n${rest}`);
    outbox.remove(message);
    dispatchEvent(new CustomEvent('parley:draft-replaced'));
  };
  const sendAnyway = () => {
    // The old one goes only once the new one is kept.
    if (outbox.add({ ...message, isForced: true })) outbox.remove(message);
  };
  const isRefused = state === 'refused';
  return (
    <article className={`message message-${kind === 'note' ? 'note' : 'ours'} message-first`}>
      <div className={isRefused ? 'bubble bubble-refused' : 'bubble bubble-sending'}>
        <PlainText text={body} />
      </div>
      <div className="unsent" role={isRefused ? 'alert' : undefined}>
        <Icon name={isRefused ? 'alert' : 'clock'} size={14} />
        <span dir="auto">
          {isRefused ? `${words.outbox.refused}: ${reason}` : waitWords(state, attempts)}
        </span>
        {hasMoved && (
          <Button kind="quiet" onClick={sendAnyway}>
            {words.composer.sendAnyway}
          </Button>
        )}
        {isRefused && (
          <>
            <Button kind="quiet" onClick={edit}>
              {words.outbox.edit}
            </Button>
            <Button kind="quiet" onClick={() => outbox.remove(message)}>
              {words.outbox.discard}
            </Button>
          </>
        )}
        {state === 'unknown' && (
          <Button kind="quiet" onClick={outbox.retryNow}>
            {words.outbox.tryNow}
          </Button>
        )}
      </div>
    </article>
  );
}

function waitWords(state: OutboxMessage['state'], attempts: number): string {
  if (state === 'sending') return words.outbox.sending;
  return navigator.onLine && attempts > 2 ? words.outbox.unconfirmed : words.outbox.waiting;
}
