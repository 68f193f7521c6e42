// Effects of signals on a contact, without a database: unique ids and e-mails, merges, and deletions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../base/limits.ts';
import { transition } from '../conversation/transition.ts';
import type { Contact } from '../model/model.ts';
import {
  contextOf,
  nowMs,
  testContact,
  testConversation,
} from '../workflow/run/context.fixture.ts';
import { applyContactSignal, type ContactSnapshot } from './apply-contact-signal.ts';
import type { ContactSignal, GivenContact } from './signal.ts';

const actor = { type: 'admin', id: '11' } as const;
const context = { definitions: [], signalNumber: 900, nowMs };
const lead: Contact = {
  ...testContact,
  id: '6921a0c00000000000002000',
  role: 'lead',
  externalId: 'lead-1',
  name: 'Lead',
  email: 'lead@example.com',
  phone: '123',
  profile: { ownerId: 12, lastSeenAt: 5 },
  tagIds: [31, 32],
  customAttributes: { plan: 'free', source: 'ad' },
  lastRepliedAt: nowMs - 5,
};

const nothing = { contact: null, into: null, namesake: null, emailHolder: null };
const given = (fields: Partial<GivenContact>): GivenContact => ({
  profile: {},
  customAttributes: {},
  ...fields,
});

function apply(snapshot: Partial<ContactSnapshot>, signal: object) {
  const whole = { actor, ...signal } as ContactSignal;
  return applyContactSignal({ ...nothing, ...snapshot }, whole, context);
}

function applied(snapshot: Partial<ContactSnapshot>, signal: object) {
  const result = apply(snapshot, signal);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function messageOf(snapshot: Partial<ContactSnapshot>, signal: object): string | undefined {
  const result = apply(snapshot, signal);
  return result.ok ? undefined : result.error.errors[0]!.message;
}

test('merge: the user keeps its fields, and takes those that only the lead has', () => {
  const user: Contact = { ...testContact, profile: { ownerId: 11 }, tagIds: [32], email: null };
  const merge = { kind: 'merge_contact', intoId: user.id };
  const { contact, into, end, emailTaker } = applied({ contact: lead, into: user }, merge);
  assert.equal(end, 'merged');
  assert.deepEqual(into, {
    ...user,
    email: 'lead@example.com',
    phone: '123',
    profile: { ownerId: 11, lastSeenAt: 5 },
    tagIds: [32, 31],
    customAttributes: { ...testContact.customAttributes, source: 'ad' },
    lastRepliedAt: nowMs - 5,
    updatedAt: nowMs,
  });
  assert.equal(emailTaker, into);
  assert.deepEqual(
    [contact.name, contact.email, contact.phone, contact.customAttributes, contact.externalId],
    [null, null, null, {}, 'lead-1'],
  );
});

test('merge: an e-mail that another user has stays behind', () => {
  const user: Contact = { ...testContact, email: null };
  const emailHolder = { id: 'another', isArchived: false };
  const merge = { kind: 'merge_contact', intoId: user.id };
  const { into, emailTaker } = applied({ contact: lead, into: user, emailHolder }, merge);
  assert.deepEqual([into!.email, emailTaker], [null, null]);
});

test('merge: keeps the limits of tags and attributes, and those of the user', () => {
  const full = Array.from({ length: limits.tagsPerObjectMax }, (_, n) => n + 1000);
  const customAttributes = Object.fromEntries(
    Array.from({ length: limits.customAttributesMax }, (_, n) => [`a${n}`, n]),
  );
  const user: Contact = { ...testContact, tagIds: full, customAttributes };
  const merge = { kind: 'merge_contact', intoId: user.id };
  const { into } = applied({ contact: lead, into: user }, merge);
  assert.deepEqual([into!.tagIds, into!.customAttributes], [full, customAttributes]);
});

test('merge: always writes the user, so that a concurrent deletion conflicts', () => {
  const merge = { kind: 'merge_contact', intoId: testContact.id };
  const empty: Contact = { ...lead, email: null, phone: null, tagIds: [], customAttributes: {} };
  const { into } = applied({ contact: empty, into: testContact }, merge);
  assert.notEqual(into, testContact);
});

test('names: another contact conflicts, the contact itself does not', () => {
  const update = { kind: 'update_contact', given: given({ externalId: 'user-1', email: 'A@b.c' }) };
  const own = { id: testContact.id, isArchived: false };
  applied({ contact: testContact, namesake: testContact, emailHolder: own }, update);
  const other = { ...testContact, id: 'other', archivedAt: 5 };
  assert.equal(
    messageOf({ contact: testContact, namesake: other }, update),
    'An archived contact matching those details already exists with id=other',
  );
  const emailHolder = { id: 'other', isArchived: false };
  assert.equal(
    messageOf({ contact: testContact, emailHolder }, update),
    'A contact matching those details already exists with id=other',
  );
});

test('names: a contact cannot take the external id of a lead merged into it', () => {
  const update = { kind: 'update_contact', given: given({ externalId: 'lead-1' }) };
  assert.equal(
    messageOf({ contact: testContact, namesake: testContact }, update),
    `A contact matching those details already exists with id=${testContact.id}`,
  );
});

test('names: two users keep an e-mail that events gave to both', () => {
  const emailHolder = { id: 'other', isArchived: false };
  const email = testContact.email!.toUpperCase();
  const same = { kind: 'update_contact', given: given({ email, name: 'New' }) };
  const { contact, emailTaker } = applied({ contact: testContact, emailHolder }, same);
  assert.deepEqual([contact.email, contact.name, emailTaker], [email, 'New', null]);
});

test('names: leads never conflict by e-mail, not even with a user', () => {
  const emailHolder = { id: 'other', isArchived: false };
  const create = { kind: 'create_contact', given: given({ role: 'lead', email: 'a@b.c' }) };
  assert.equal(applied({ emailHolder }, create).contact.email, 'a@b.c');
  assert.equal(
    messageOf(
      { contact: lead, emailHolder },
      {
        kind: 'update_contact',
        given: given({ role: 'user' }),
      },
    ),
    'A contact matching those details already exists with id=other',
  );
});

test('states: an unchanged one returns the same object, without an audit entry', () => {
  const archived = { ...testContact, archivedAt: 5 };
  const blocked = { ...testContact, blockedAt: 5 };
  for (const [contact, kind] of [
    [archived, 'archive_contact'],
    [testContact, 'unarchive_contact'],
    [blocked, 'block_contact'],
  ] as const) {
    const outcome = applied({ contact }, { kind });
    assert.equal(outcome.contact, contact, kind);
    assert.deepEqual(outcome.audit, []);
  }
});

test('delete: leaves no personal data', () => {
  const { contact, end } = applied({ contact: lead }, { kind: 'delete_contact' });
  assert.equal(end, 'deleted');
  assert.doesNotMatch(JSON.stringify(contact), /Lead|lead@|lead-1|123|free|31/);
});

test('missing contacts: each signal is 404, a merge names the field', () => {
  for (const kind of ['archive_contact', 'delete_contact', 'merge_contact']) {
    const result = apply({}, { kind });
    assert.ok(!result.ok);
    const { field, message } = result.error.errors[0]!;
    assert.equal(message, 'User Not Found');
    assert.equal(field, kind === 'merge_contact' ? 'from' : null);
  }
});

test('contact.merged: in the other format, one conversation of a channel sends it', () => {
  for (const isFirstOfChannel of [true, false]) {
    const result = transition(
      {
        contact: testContact,
        conversation: {
          ...testConversation,
          contactId: lead.id,
          otherContactIds: [testContact.id],
        },
        offeredOption: null,
        isAttributeRequested: false,
        dataAttributes: [],
        joining: [],
        presentIds: [],
      },
      {
        kind: 'contact_merged',
        conversationId: testConversation.id,
        from: { id: lead.id, externalId: 'lead-1' },
        intoId: testContact.id,
        isFirstOfChannel,
      },
      contextOf([], { eventFormat: 'intercom' }),
    );
    assert.ok(result.ok);
    const { conversation, events } = result.value;
    assert.deepEqual([conversation.contactId, conversation.otherContactIds], [testContact.id, []]);
    const told = events.map(({ name, body }) => [name, JSON.parse(body).data.item.merged_from]);
    const expected = [['contact.merged', { type: 'contact', id: lead.id }]];
    assert.deepEqual(told, isFirstOfChannel ? expected : []);
  }
});
