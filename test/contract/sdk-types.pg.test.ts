// Real responses against the official SDK's TypeScript types: what it promises at compile time is what arrives.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { IntercomClient } from 'intercom-client';
import { afterAll } from '../support/after-all.ts';
import { startTestParley } from '../support/server.ts';

const { url, token, notify, database } = await startTestParley();
await database.sql(`insert into teams (workspace_id, name) select id, 'Orders' from workspaces`);
const client = new IntercomClient({ token, baseUrl: url, maxRetries: 0 });

/** The name of the response's type, and the response. */
type Recorded = readonly [type: string, response: unknown];

/** The type of the SDK's request lacks the name and the model. */
function createAttribute() {
  const options = [{ value: 'a' }, { value: 'b' }];
  const attribute = { name: 'Recorded', model: 'contact', data_type: 'options', options } as const;
  return client.dataAttributes.create(attribute);
}

async function record(): Promise<readonly Recorded[]> {
  const { body: ids } = await notify('new_conversation');
  const { contact_id, conversation_id } = ids;
  const me = (await client.admins.identify())!;
  const by = { type: 'admin' as const, admin_id: me.id! };
  const tag = await client.tags.create({ name: 'Recorded' });
  const { teams } = await client.teams.list();
  const replied = await client.conversations.reply({
    conversation_id,
    body: { ...by, message_type: 'quick_reply', reply_options: [{ text: 'Yes', uuid: 'yes' }] },
  });
  return [
    ['Intercom.CustomChannelNotificationResponse', ids],
    ['Intercom.AdminWithApp', me],
    ['Intercom.AdminList', await client.admins.list()],
    ['Intercom.Admin', await client.admins.find({ admin_id: Number(me.id) })],
    ['Intercom.TeamList', { type: 'team.list', teams }],
    [
      'Intercom.Admin',
      await client.admins.away({
        admin_id: Number(me.id),
        ...{ away_mode_enabled: true, away_mode_reassign: true },
      }),
    ],
    [
      'Intercom.ActivityLogList',
      // The types of the others are Parley's own.
      await client.admins.listAllActivityLogs({ created_at_after: '0' }).then((list) => ({
        ...list,
        activity_logs: list.activity_logs!.filter(
          (one) => one!.activity_type === 'admin_away_mode_change',
        ),
      })),
    ],
    ['Intercom.Team', await client.teams.find({ team_id: teams![0]!.id! })],
    ['Intercom.Tag', tag],
    ['Intercom.Tag', await client.tags.tagContact({ contact_id, id: tag.id })],
    ['Intercom.TagList', await client.contacts.listAttachedTags({ contact_id })],
    ['Intercom.Tag', await client.tags.tagConversation({ ...by, conversation_id, id: tag.id })],
    ['Intercom.Conversation', replied],
    [
      'Intercom.Conversation',
      await client.conversations.manage({
        conversation_id,
        body: { ...by, message_type: 'close', body: 'Bye.' },
      }),
    ],
    ['Intercom.Conversation', await client.conversations.find({ conversation_id })],
    ['Intercom.Contact', await client.contacts.find({ contact_id })],
    ['Intercom.SegmentList', await client.segments.list({ include_count: true })],
    ['Intercom.Segment', await client.segments.find({ segment_id: '1' })],
    ['Intercom.ContactSegments', await client.contacts.listAttachedSegments({ contact_id })],
    ['Intercom.SubscriptionTypeList', await client.subscriptionTypes.list()],
    [
      'Intercom.SubscriptionType',
      await client.contacts.attachSubscription({
        ...{ contact_id, id: '1', consent_type: 'opt_out' },
      }),
    ],
    ['Intercom.DataAttribute', await createAttribute()],
    ['Intercom.DataAttributeList', await client.dataAttributes.list()],
    ...(await recordCompanies(contact_id)),
    ...(await recordContacts(contact_id)),
  ];
}

async function recordCompanies(contact_id: string): Promise<readonly Recorded[]> {
  const company = await client.companies.createOrUpdate({ company_id: 'recorded', plan: 'Gold' });
  const { id } = company;
  const attached = await client.companies.attachContact({ contact_id, id });
  await client.tags.create({ name: 'Recorded', companies: [{ id }] });
  const body = { name: 'Recorded', remote_created_at: 1_700_000_000 };
  const pages = await client.contacts.listAttachedCompanies({ contact_id });
  return [
    ['Intercom.Company', company],
    ['Intercom.Company', attached],
    ['Intercom.Company', await client.companies.update({ company_id: id, body })],
    ['Intercom.Company', await client.companies.find({ company_id: id })],
    ['Intercom.ContactAttachedCompanies', pages.response],
    [
      'Intercom.CompanyAttachedContacts',
      await client.companies.listAttachedContacts({ company_id: id }),
    ],
    [
      'Intercom.CompanyAttachedSegments',
      await client.companies.listAttachedSegments({ company_id: id }),
    ],
    ['Intercom.Company', await client.companies.detachContact({ contact_id, company_id: id })],
    ['Intercom.DeletedCompanyObject', await client.companies.delete({ company_id: id })],
  ];
}

async function recordContacts(contact_id: string): Promise<readonly Recorded[]> {
  const email = 'recorded@example.com';
  const user = (await client.contacts.create({ email, name: 'Recorded' }))!;
  const lead = (await client.contacts.create({ role: 'lead' }))!;
  const { external_id } = (await client.contacts.find({ contact_id }))!;
  const note = await client.notes.create({ contact_id, body: 'A note' });
  const notes = await client.notes.list({ contact_id });
  const changed = await client.contacts.update({ contact_id: user.id, phone: '123' });
  const merged = await client.contacts.mergeLeadInUser({ from: lead.id, into: user.id });
  return [
    ['Intercom.Contact', user],
    ['Intercom.Contact', lead],
    ['Intercom.Contact', changed],
    ['Intercom.Contact', merged],
    [
      'Intercom.Contact',
      await client.contacts.showContactByExternalId({ external_id: external_id! }),
    ],
    ['Intercom.Note', note],
    ['Intercom.Note', await client.notes.find({ note_id: Number(note.id) })],
    ['Intercom.NoteList', { type: 'list', data: notes.data }],
    ['Intercom.ContactArchived', await client.contacts.archive({ contact_id })],
    ['Intercom.ContactUnarchived', await client.contacts.unarchive({ contact_id })],
    ['Intercom.ContactBlocked', await client.contacts.blockContact({ contact_id })],
    ['Intercom.ContactDeleted', await client.contacts.delete({ contact_id })],
  ];
}

/** Optional fields arrive as null, where the types say that they are not there. */
const asSent = `
type AsSent<T> = T extends readonly (infer Item)[] ? readonly AsSent<Item>[]
  : T extends object ? { readonly [Key in keyof T]: {} extends Pick<T, Key> ? AsSent<T[Key]> | null : AsSent<T[Key]> }
  : T;
`;

function sourceOf(recorded: readonly Recorded[]): string {
  const lines = recorded.flatMap(([type, response], index) => [
    `const response${index} = ${JSON.stringify(response)} as const;`,
    `export const typed${index}: AsSent<${type}> = response${index};`,
  ]);
  return ["import type { Intercom } from 'intercom-client';", asSent, ...lines, ''].join('\n');
}

/** Compiles a module with the settings of the project. @returns what the compiler prints. */
async function compile(source: string): Promise<string> {
  const file = fileURLToPath(new URL(`recorded-${process.pid}.tmp.ts`, import.meta.url));
  afterAll(async () => rmSync(file, { force: true }));
  writeFileSync(file, source);
  const compiler = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
    'package.json',
    'bin/tsc',
  );
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--exactOptionalPropertyTypes'];
  const modules = ['--module', 'nodenext', '--target', 'es2024', '--ignoreConfig'];
  const ran = promisify(execFile)(process.execPath, [compiler, ...options, ...modules, file]);
  return ran.then(
    () => '',
    ({ stdout }: { stdout: string }) => stdout,
  );
}

test('SDK types: recorded responses compile as what the SDK says they are', async () => {
  const recorded = await record();
  assert.equal(await compile(sourceOf(recorded)), '');
});

test('SDK types: a response of another shape does not compile', async () => {
  assert.match(await compile(sourceOf([['Intercom.Tag', { type: 'tag', id: 7 }]])), /error TS/);
});
