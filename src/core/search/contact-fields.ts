// The fields of contacts that a search can name (contract C), each with how to read it and where the database has it:
// `c` is the row of contacts.

import { segments } from '../model/built-in.ts';
import type { Contact, Json } from '../model/model.ts';
import { secondsOrNull } from '../presenters/seconds.ts';
import type { FieldType, KeyTable, StoredField, StoredTable } from './fields.ts';

type Field = StoredField<Contact>;

const keys: KeyTable = {
  table: 'contact_keys',
  column: 'contact_id',
  id: 'c.id',
  tagIds: 'c.tag_ids',
};

const field = (type: FieldType, sql: string, read: (contact: Contact) => Json): Field => ({
  type,
  sql,
  read,
});

const time = (column: string, read: (contact: Contact) => number | null): Field =>
  field('time', `c.${column}`, (contact) => secondsOrNull(read(contact)));

const emptyText = field('text', 'null::text', () => null);
const emptyTime = field('time', 'null::timestamptz', () => null);
const never = field('boolean', 'false', () => false);

/** The segments that Parley has, those of a role. */
const segmentSql = `case c.role ${segments
  .map(({ id, role }) => `when '${role}' then '{${id}}'::text[]`)
  .join(' ')} end`;

const fields: Readonly<Record<string, Field>> = {
  id: field('text', 'c.id', ({ id }) => id),
  role: field('text', 'c.role', ({ role }) => role),
  name: field('text', 'c.name', ({ name }) => name),
  avatar: field('text', `c.profile ->> 'avatarUrl'`, ({ profile }) => profile.avatarUrl ?? null),
  owner_id: field(
    'number',
    `(c.profile ->> 'ownerId')::bigint`,
    ({ profile }) => profile.ownerId ?? null,
  ),
  email: {
    ...field('text', 'c.email', ({ email }) => email),
    ignoresCase: true,
    folded: 'c.email_key',
  },
  email_domain: {
    ...field('text', `nullif(substr(c.email, strpos(c.email, '@') + 1), c.email)`, domainOf),
    ignoresCase: true,
  },
  phone: field('text', 'c.phone', ({ phone }) => phone),
  external_id: field('text', 'c.external_id', ({ externalId }) => externalId),
  created_at: time('created_at', ({ createdAt }) => createdAt),
  signed_up_at: time('signed_up_at', ({ signedUpAt }) => signedUpAt),
  updated_at: {
    ...time('updated_at', ({ updatedAt }) => updatedAt),
    coarse: { sql: 'c.updated_day', unitSeconds: 86_400 },
  },
  last_seen_at: field(
    'time',
    `to_timestamp((c.profile ->> 'lastSeenAt')::float8 / 1000)`,
    ({ profile }) => secondsOrNull(profile.lastSeenAt ?? null),
  ),
  language_override: field(
    'text',
    `c.profile ->> 'languageOverride'`,
    ({ profile }) => profile.languageOverride ?? null,
  ),
  last_replied_at: time('last_replied_at', ({ lastRepliedAt }) => lastRepliedAt),
  unsubscribed_from_emails: field(
    'boolean',
    `coalesce((c.profile ->> 'isUnsubscribedFromEmails')::boolean, false)`,
    ({ profile }) => profile.isUnsubscribedFromEmails ?? false,
  ),
  marked_email_as_spam: never,
  has_hard_bounced: never,
  tag_id: {
    keyed: { keys, kind: 'tag' },
    ...field(
      'list',
      'array(select t.id::text from tags t where t.workspace_id = c.workspace_id and t.id = any(c.tag_ids))',
      ({ tagIds }) => tagIds.map(String),
    ),
  },
  segment_id: field('list', segmentSql, ({ role }) =>
    segments.filter((one) => one.role === role).map(({ id }) => String(id)),
  ),
};

/** Fields that Parley does not store. The published table spells some of them in two ways. */
const emptyFields: Readonly<Record<string, Field>> = {
  last_contacted_at: emptyTime,
  last_email_opened_at: emptyTime,
  last_email_clicked_at: emptyTime,
  browser: emptyText,
  browser_version: emptyText,
  browser_language: emptyText,
  os: emptyText,
  'location.country': emptyText,
  'location.region': emptyText,
  'location.city': emptyText,
  ios_last_seen_at: emptyTime,
  ios_app_version: emptyText,
  ios_device: emptyText,
  ios_app_device: emptyText,
  ios_os_version: emptyText,
  ios_app_name: emptyText,
  ios_sdk_version: emptyText,
  android_last_seen_at: emptyTime,
  android_app_version: emptyText,
  android_device: emptyText,
  android_app_name: emptyText,
  android_os_version: emptyText,
  android_sdk_version: emptyText,
  andoid_sdk_version: emptyText,
};

/** The field table of contacts: `<` and `>` are strict, and times are days (contract G 1 and 3). */
export const contactTable: StoredTable<Contact> = {
  semantics: { isInclusive: false, comparesDays: true },
  fields: new Map(Object.entries({ ...fields, ...emptyFields })),
  families: [
    {
      prefix: 'custom_attributes.',
      sql: 'c.custom_attributes',
      keyed: { keys, kind: 'attribute' },
      read: ({ customAttributes }, name) =>
        Object.hasOwn(customAttributes, name) ? (customAttributes[name] ?? null) : null,
    },
  ],
};

function domainOf({ email }: Contact): string | null {
  const at = email?.indexOf('@') ?? -1;
  return at < 0 ? null : email!.slice(at + 1);
}
