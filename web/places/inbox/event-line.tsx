// What was done in a conversation without words, as one quiet line; many in a row are folded.

import { useState } from 'react';
import { clockTime, fullTime } from '../../live/time.ts';
import type { Json, Part } from '../../live/wire.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { words } from '../../words/en.ts';
import { authorName } from './names.ts';

type LineProps = { readonly contact: string; readonly me: string };

const icons: Readonly<Record<string, IconName>> = {
  assignment: 'assign',
  assign_and_reopen: 'assign',
  close: 'archive',
  open: 'reopen',
  snoozed: 'moon',
  timer_unsnooze: 'moon',
  quick_reply: 'check',
};

const nameIn = (value: Json | undefined): string => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const { name } = value as { readonly name?: Json };
  return name === undefined ? '' : String(name);
};

/** The sentence of a line. */
export function eventWords(part: Part, { contact, me }: LineProps): string {
  const who = authorName(part.author, contact, me);
  const { event } = words;
  const { kind, assigned_to: to, details, author } = part;
  switch (kind) {
    case 'open':
      return event.opened(who);
    case 'close':
      return event.closed(who);
    case 'snoozed':
      return event.snoozed(who);
    case 'timer_unsnooze':
      return event.woke;
    case 'assignment':
    case 'assign_and_reopen':
      if (to === null) return event.unassigned(who);
      if (to.type === 'admin' && author.type === 'admin' && to.id === author.id)
        return event.took(who);
      return event.assigned(who, to.name ?? words.thread.teammate);
    case 'conversation_attribute_updated_by_workflow':
    case 'conversation_attribute_updated_by_admin':
      return event.attribute(who, nameIn(details?.['attribute']), nameIn(details?.['value']));
    default:
      return event.other(kind);
  }
}

export function EventLine({ part, ...names }: LineProps & { readonly part: Part }) {
  return (
    <p className="event-line">
      <Icon name={icons[part.kind] ?? 'workflow'} size={14} />
      <span dir="auto">{eventWords(part, names)}</span>
      <time dateTime={new Date(part.at).toISOString()} title={fullTime(part.at)}>
        {clockTime(part.at)}
      </time>
    </p>
  );
}

export function Fold({ parts, ...names }: LineProps & { readonly parts: readonly Part[] }) {
  const [isOpen, setIsOpen] = useState(false);
  const shown = isOpen ? parts : parts.slice(0, 1);
  return (
    <div>
      {shown.map((part) => (
        <EventLine key={part.position} part={part} {...names} />
      ))}
      {!isOpen && (
        <button type="button" className="event-more" onClick={() => setIsOpen(true)}>
          {words.thread.folded(parts.length - 1)}
        </button>
      )}
    </div>
  );
}
