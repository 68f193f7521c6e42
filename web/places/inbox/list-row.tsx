// One conversation in the list: who, since when, the last words, who holds it. One sentence for screen readers.

import { memo } from 'react';
import type { InboxPlace } from '../../app/place.ts';
import { nearTime, shortAge, spokenAge } from '../../live/time.ts';
import type { Row } from '../../live/wire.ts';
import { Avatar } from '../../parts/avatar.tsx';
import { Icon } from '../../parts/icon.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { words } from '../../words/en.ts';
import { holderWords } from './holder-words.ts';
import { contactName } from './names.ts';

type ListRowProps = {
  readonly row: Row;
  readonly place: InboxPlace;
  readonly top: number;
  readonly index: number;
  readonly size: number;
  readonly isSelected: boolean;
  readonly draft: string | undefined;
  readonly hasFailed: boolean;
  readonly now: number;
  readonly me: string;
  readonly assignee: string | undefined;
};

export const ListRow = memo(function ListRow(props: ListRowProps) {
  const { row, place, top, index, size, isSelected, now } = props;
  const name = contactName(row.contact);
  return (
    <li
      className={row.is_unread ? 'row row-unread' : 'row'}
      style={{ transform: `translateY(${top}px)` }}
      aria-setsize={size}
      aria-posinset={index + 1}
    >
      <PlaceLink
        className="row-link"
        to={{ ...place, conversation: row.id }}
        aria-current={isSelected ? 'true' : undefined}
      >
        <span className="row-face">
          <Avatar name={name} />
          {row.is_unread && (
            <span className="row-dot">
              <span className="hidden">{words.list.unread}</span>
            </span>
          )}
        </span>
        <span className={hasMarks(props) ? 'row-words' : 'row-words row-words-only'}>
          <span className="row-top">
            <span className="row-name" dir="auto">
              {name}
            </span>
            <RowTime row={row} now={now} />
          </span>
          <Preview {...props} />
          {hasMarks(props) && <RowMarks {...props} />}
        </span>
      </PlaceLink>
    </li>
  );
});

function RowTime({ row, now }: { readonly row: Row; readonly now: number }) {
  const { state, snoozed_until: until, waiting_since: since } = row;
  if (state === 'snoozed' && until !== null) {
    return (
      <span className="row-time">
        <Icon name="moon" size={12} />
        {words.list.until(nearTime(until, now))}
      </span>
    );
  }
  if (state === 'open' && since !== null) {
    return (
      <span className="row-time row-waiting">
        <Icon name="clock" size={12} />
        <span aria-hidden="true">{shortAge(since, now)}</span>
        <span className="hidden">{words.list.waiting(spokenAge(since, now))}</span>
      </span>
    );
  }
  return <span className="row-time">{shortAge(row.preview?.at ?? row.updated_at, now)}</span>;
}

function Preview({ row, draft, me }: ListRowProps) {
  if (draft !== undefined) {
    return (
      <span className="row-preview" dir="auto">
        <b className="row-draft">{words.list.draft}:</b> {draft}
      </span>
    );
  }
  const { preview } = row;
  if (preview === null) return <span className="row-preview">{words.list.noWords}</span>;
  const speaker = speakerOf(preview.author, me);
  return (
    <span className="row-preview" dir="auto">
      {preview.kind === 'note' && <b className="row-note">{words.list.note}:</b>}{' '}
      {preview.kind !== 'note' && speaker !== null && `${speaker}: `}
      {preview.text}
    </span>
  );
}

function speakerOf({ type, id, name }: NonNullable<Row['preview']>['author'], me: string) {
  if (type === 'bot') return words.list.bot;
  if (type === 'admin') return id === me ? words.list.you : (name ?? words.thread.teammate);
  return null;
}

/** Who it is assigned to is not said in one's own view. */
const showsAssignee = ({ assignee, place }: ListRowProps): boolean =>
  assignee !== undefined && place.view !== 'mine';

const hasMarks = (props: ListRowProps): boolean =>
  props.hasFailed ||
  props.row.tags.length > 0 ||
  props.row.holder.kind === 'workflow' ||
  showsAssignee(props);

function RowMarks(props: ListRowProps) {
  const { row, hasFailed, me, assignee } = props;
  const tags = row.tags.slice(0, 2);
  return (
    <span className="row-marks">
      {hasFailed && (
        <span className="row-failed">
          <Icon name="alert" size={12} />
          {words.list.notSent}
        </span>
      )}
      {row.holder.kind === 'workflow' && (
        <span className="row-holder" dir="auto">
          <Icon name="workflow" size={12} />
          <span>{holderWords(row.holder)}</span>
        </span>
      )}
      {tags.map((tag) => (
        <span className="tag" key={tag.id} dir="auto">
          {tag.name}
        </span>
      ))}
      {row.tags.length > tags.length && (
        <span className="row-more">+{row.tags.length - tags.length}</span>
      )}
      {assignee !== undefined && showsAssignee(props) && (
        <span className="row-assignee">
          <Avatar name={assignee} size="small" isOwn={row.admin_assignee_id === me} />
          <span className="hidden">{words.holder.teammate(assignee)}</span>
        </span>
      )}
    </span>
  );
}
