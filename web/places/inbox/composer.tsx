// The box: a reply or a note, each with its own draft. Sending empties it at once, because the outbox has the
// message.

import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { keyOf, run, useActions } from '../../actions/registry.ts';
import { useWorkspace } from '../../app/workspace.tsx';
import { keepDraft, readDraft } from '../../live/drafts.ts';
import { newestShown } from '../../live/queries.ts';
import type { Details, MessageKind } from '../../live/wire.ts';
import { Button } from '../../parts/button.tsx';
import { Icon } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import './composer.css';
import { contactName } from './names.ts';

/** The limit of the server. */
const CHARACTERS_MAX = 50_000;
const KEEP_AFTER_MS = 300;

/** Text that is kept a moment after each pause, and at once when the page goes. */
function useDraft(adminId: string, id: string, kind: MessageKind) {
  const [text, setText] = useState(() => readDraft(adminId, id, kind));
  const [isKept, setIsKept] = useState(true);
  const pending = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    setIsKept(keepDraft(adminId, id, kind, pending.current));
    pending.current = null;
  }, [adminId, id, kind]);
  useEffect(() => {
    const reread = () => setText(readDraft(adminId, id, kind));
    addEventListener('pagehide', flush);
    document.addEventListener('visibilitychange', flush);
    addEventListener('parley:draft-replaced', reread);
    return () => {
      flush();
      removeEventListener('pagehide', flush);
      document.removeEventListener('visibilitychange', flush);
      removeEventListener('parley:draft-replaced', reread);
    };
  }, [adminId, id, kind, flush]);
  const write = (next: string) => {
    setText(next);
    pending.current = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, KEEP_AFTER_MS);
  };
  return { text, write, flush, isKept };
}

export function Composer({ details }: { readonly details: Details }) {
  const [kind, setKind] = useState<MessageKind>('reply');
  const box = useRef<HTMLTextAreaElement>(null);
  const write = (next: MessageKind) => () => {
    // At once: the next key that is pressed belongs into the box.
    flushSync(() => setKind(next));
    box.current?.focus();
  };
  useActions({ reply: write('reply'), note: write('note') });
  return (
    <section className={`composer composer-${kind}`} aria-label={words.groups.writing}>
      <fieldset className="composer-kinds">
        <legend className="hidden">{words.composer.kind}</legend>
        {(['reply', 'note'] as const).map((one) => (
          <button
            key={one}
            type="button"
            className="composer-kind"
            aria-pressed={one === kind}
            title={keyOf(one)}
            onClick={write(one)}
          >
            {words.composer[one]}
          </button>
        ))}
      </fieldset>
      <Box key={kind} kind={kind} details={details} box={box} />
    </section>
  );
}

type BoxProps = {
  readonly kind: MessageKind;
  readonly details: Details;
  readonly box: React.RefObject<HTMLTextAreaElement | null>;
};

function Box({ kind, details, box }: BoxProps) {
  const { session, outbox } = useWorkspace();
  const client = useQueryClient();
  const { text, write, flush, isKept } = useDraft(session.me.id, details.id, kind);
  const tooLong = text.length - CHARACTERS_MAX;
  const isReady = text.trim() !== '' && tooLong <= 0;
  const isNote = kind === 'note';
  const send = () => {
    if (!isReady) return;
    const isTaken = outbox.add({
      conversationId: details.id,
      kind,
      body: text.trim(),
      seenPosition: newestShown(client, details.id),
      isForced: false,
    });
    if (!isTaken) return;
    write('');
    flush();
    box.current?.focus();
  };
  useActions({ send });
  return (
    <>
      {details.state === 'closed' && !isNote && (
        <p className="composer-hint">{words.composer.closed}</p>
      )}
      <textarea
        id="box"
        ref={box}
        dir="auto"
        rows={2}
        aria-label={isNote ? words.composer.noteLabel : words.composer.replyLabel}
        placeholder={
          isNote ? words.composer.noteHint : words.composer.replyHint(contactName(details.contact))
        }
        value={text}
        onChange={({ target }) => write(target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
          // Leaves the box; a second Escape leaves the conversation.
          event.preventDefault();
          event.currentTarget.blur();
          document.getElementById('thread')?.focus();
        }}
      />
      <div className="composer-foot">
        <p className="composer-warning" role="status">
          {tooLong > 0 && words.composer.tooLong(tooLong)}
          {!isKept && words.composer.notKept}
        </p>
        <Button
          kind={isNote ? 'note' : 'main'}
          aria-disabled={!isReady}
          onClick={() => run('send')}
        >
          {isNote ? words.composer.addNote : words.composer.send}
          <kbd className="not-phone">{keyOf('send')}</kbd>
          <Icon name="send" size={14} />
        </Button>
      </div>
    </>
  );
}
