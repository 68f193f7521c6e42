// Details of a conversation and its contact.

import type { ReactNode } from 'react';
import { run } from '../../actions/registry.ts';
import { useInboxPlace } from '../../app/place.ts';
import { useViews } from '../../app/workspace.tsx';
import { dayOnly, nearTime, useNow } from '../../live/time.ts';
import type { Details, Json } from '../../live/wire.ts';
import { Avatar } from '../../parts/avatar.tsx';
import { IconButton } from '../../parts/button.tsx';
import { PlaceLink } from '../../parts/place-link.tsx';
import { words } from '../../words/en.ts';
import { contactName } from './names.ts';
import './panel.css';

type PanelProps = { readonly details: Details; readonly onHide: () => void };

export function Panel({ details, onHide }: PanelProps) {
  const { contact } = details;
  const { channels, people, teams } = useViews();
  const name = contactName(contact);
  const { panel } = words;
  const nameIn = (list: readonly { id: string; name: string }[], id: string | null) =>
    list.find((one) => one.id === id)?.name;
  return (
    <aside className="panel" aria-label={panel.title}>
      <span className="panel-hide">
        <IconButton icon="close" label={panel.hide} onClick={onHide} />
      </span>
      <div className="panel-person">
        <Avatar name={name} size="large" />
        <div>
          <h2 dir="auto">{name}</h2>
          {contact !== null && (
            <p className="quiet">{contact.role === 'lead' ? panel.roles.lead : panel.roles.user}</p>
          )}
        </div>
      </div>
      {contact !== null && (
        <>
          <dl className="facts">
            <Fact name={panel.email} value={contact.email} />
            <Fact name={panel.phone} value={contact.phone} />
            <Fact name={panel.externalId} value={contact.external_id} />
            <Fact name={panel.since} value={dayOnly(contact.created_at)} />
          </dl>
          <Attributes values={contact.custom_attributes} />
        </>
      )}
      <h3>{panel.conversation}</h3>
      <dl className="facts">
        <Fact name={panel.assignee}>
          <button type="button" className="fact-button" onClick={() => run('assign')} dir="auto">
            {nameIn(people, details.admin_assignee_id) ?? panel.none}
          </button>
        </Fact>
        <Fact name={panel.team} value={nameIn(teams, details.team_assignee_id) ?? panel.noTeam} />
        <Fact name={panel.state} value={panel.states[details.state]} />
        <Fact name={panel.channel} value={nameIn(channels, details.channel_id)} />
        <Fact name={panel.id} value={details.id} />
        <Fact name={panel.externalId} value={details.external_id} />
        <Fact name={panel.created} value={dayOnly(details.created_at)} />
        {details.tags.length > 0 && (
          <Fact name={panel.tags}>
            {details.tags.map((tag) => (
              <span key={tag.id} className="tag" dir="auto">
                {tag.name}
              </span>
            ))}
          </Fact>
        )}
      </dl>
      <Attributes values={details.custom_attributes} />
      <Others details={details} />
    </aside>
  );
}

type FactProps = {
  readonly name: string;
  readonly value?: string | null | undefined;
  readonly children?: ReactNode;
};

function Fact({ name, value, children }: FactProps) {
  if (children === undefined && (value === null || value === undefined)) return null;
  return (
    <div>
      <dt dir="auto">{name}</dt>
      <dd dir="auto">{children ?? value}</dd>
    </div>
  );
}

const valueWords = (value: Json): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);

function Attributes({ values }: { readonly values: { readonly [name: string]: Json } }) {
  const known = Object.entries(values).filter(([, value]) => value !== null);
  if (known.length === 0) return null;
  return (
    <>
      <h3>{words.panel.attributes}</h3>
      <dl className="facts">
        {known.map(([name, value]) => (
          <Fact key={name} name={name} value={valueWords(value)} />
        ))}
      </dl>
    </>
  );
}

function Others({ details }: { readonly details: Details }) {
  const place = useInboxPlace();
  const now = useNow();
  const others = details.other_conversations;
  if (others.length === 0) return null;
  return (
    <>
      <h3>{words.panel.others}</h3>
      <ul className="others">
        {others.map((other) => (
          <li key={other.id}>
            <PlaceLink to={{ ...place, conversation: other.id }}>
              <span className="other-words" dir="auto">
                {other.preview ?? `#${other.id}`}
              </span>
              <span className="quiet">
                {words.panel.states[other.state]} · {nearTime(other.updated_at, now)}
              </span>
            </PlaceLink>
          </li>
        ))}
      </ul>
    </>
  );
}
