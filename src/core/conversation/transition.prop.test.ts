import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChannelEvent } from '../../contract/channel-events.ts';
import type { Channel, Contact, Conversation, DataAttribute } from '../model/model.ts';
import { noStatistics } from '../model/statistics.ts';
import type { Snapshot } from './snapshot.ts';
import { transition } from './transition.ts';
import type { TransitionContext } from './transition-context.ts';

const NOW = 1_795_000_000_000;
const text = fc.string({ maxLength: 12 });
const textOrNull = fc.option(text, { nil: null });
const time = fc.integer({ min: 0, max: NOW });
const timeOrNull = fc.option(time, { nil: null });
const json = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { maxKeys: 3 });
const contactId = fc.constantFrom('0'.repeat(24), '1'.repeat(24), '2'.repeat(24));

const channel: fc.Arbitrary<Channel> = fc.record({
  workspaceId: fc.constant(1),
  id: fc.constant(1),
  name: text,
  isEnabled: fc.boolean(),
  autoCreateConversation: fc.boolean(),
  requireUserIdentity: fc.boolean(),
  unknownAttribute: fc.constantFrom('record', 'reject'),
  strictVersion: fc.boolean(),
  hasButtons: fc.boolean(),
  timeZone: fc.constantFrom(null, 'Europe/Berlin'),
  allowedOrigins: fc.constant([]),
});
const contact: fc.Arbitrary<Contact> = fc.record({
  id: contactId,
  role: fc.constantFrom('user', 'lead'),
  externalId: textOrNull,
  name: textOrNull,
  email: textOrNull,
  profile: fc.constant({}),
  phone: textOrNull,
  customAttributes: json,
  signedUpAt: timeOrNull,
  lastRepliedAt: timeOrNull,
  archivedAt: timeOrNull,
  blockedAt: timeOrNull,
  tagIds: fc.constant([]),
  createdAt: time,
  updatedAt: time,
});
const conversation: fc.Arbitrary<Conversation> = fc.record({
  id: fc.integer({ min: 1, max: 1e9 }),
  externalId: text,
  contactId,
  otherContactIds: fc.array(contactId, { maxLength: 2 }),
  source: fc.constant(null),
  state: fc.constantFrom('open', 'closed', 'snoozed'),
  isRead: fc.boolean(),
  isPriority: fc.boolean(),
  title: textOrNull,
  adminAssigneeId: fc.constant(null),
  teamAssigneeId: fc.constant(null),
  customAttributes: json,
  waitingSince: timeOrNull,
  snoozedUntil: timeOrNull,
  firstContactReplyAt: timeOrNull,
  lastContactReplyAt: timeOrNull,
  countReopens: fc.nat(5),
  statistics: fc.constant(noStatistics),
  partCount: fc.nat(100),
  tagIds: fc.constant([]),
  run: fc.constant(null),
  heldByAdminId: fc.constantFrom(null, 7),
  eventCount: fc.nat(100),
  signalCount: fc.nat(100),
  wakeAt: timeOrNull,
  createdAt: time,
  updatedAt: time,
});
const dataAttribute: fc.Arbitrary<DataAttribute> = fc.record({
  model: fc.constantFrom('contact', 'conversation'),
  name: text,
  dataType: fc.constantFrom('string', 'integer', 'float', 'boolean', 'date', 'datetime', 'options'),
  options: fc.array(text, { maxLength: 3 }),
});
const snapshot: fc.Arbitrary<
  Snapshot & { channel: Channel; format: TransitionContext['eventFormat'] }
> = fc.record({
  channel,
  format: fc.constantFrom('parley', 'intercom'),
  contact: fc.option(contact, { nil: null }),
  conversation: fc.option(conversation, { nil: null }),
  offeredOption: fc.option(
    fc.record({ text, promptPosition: fc.option(fc.nat(9), { nil: null }) }),
    { nil: null },
  ),
  isAttributeRequested: fc.boolean(),
  dataAttributes: fc.array(dataAttribute, { maxLength: 2 }),
  joining: fc.constant([]),
  presentIds: fc.constant([]),
});
const base = {
  eventId: text,
  externalConversationId: text,
  contact: fc.record({
    type: fc.constantFrom<('user' | 'lead')[]>('user', 'lead'),
    externalId: text,
    name: textOrNull,
    email: textOrNull,
  }),
};
const event: fc.Arbitrary<ChannelEvent> = fc.oneof(
  fc.record({ ...base, kind: fc.constant('new_conversation' as const) }),
  fc.record({ ...base, kind: fc.constant('new_message' as const), body: text }),
  fc.record({ ...base, kind: fc.constant('quick_reply_selected' as const), optionId: text }),
  fc.record({
    ...base,
    kind: fc.constant('attribute_collected' as const),
    attributeId: fc.oneof(text, fc.constantFrom('email', 'name', 'phone', '__proto__')),
    value: fc.oneof(text, fc.constantFrom('', '42', 'true', '2026-02-28')),
  }),
);
const number = fc.integer({ min: 1, max: 1e12 });

const run = (
  s: Snapshot & { channel: Channel; format: TransitionContext['eventFormat'] },
  e: ChannelEvent,
  n: number,
) =>
  transition(
    s,
    { kind: 'channel_event', event: e },
    {
      channel: s.channel,
      eventFormat: s.format,
      setup: {
        workspaceId: 1,
        channels: new Map(),
        admins: new Map(),
        teams: new Map(),
        tags: new Map(),
        dataAttributes: [],
        workflows: [],
        definitionOf: () => undefined,
      },
      signalNumber: n,
      nowMs: NOW,
    },
  );

test('transition: returns an outcome or an error and never throws', () => {
  fc.assert(
    fc.property(snapshot, event, number, (s, e, n) => {
      const result = run(s, e, n);
      if (!result.ok) assert.ok([400, 404, 422].includes(result.error.status));
    }),
  );
});

test('transition: is deterministic and does not change its input', () => {
  fc.assert(
    fc.property(snapshot, event, number, (s, e, n) => {
      const before = JSON.stringify({ s, e });
      assert.deepEqual(run(s, e, n), run(s, e, n));
      assert.equal(JSON.stringify({ s, e }), before);
    }),
  );
});

test('transition: keeps the invariants of a conversation', () => {
  fc.assert(
    fc.property(snapshot, event, number, (s, e, n) => {
      const result = run(s, e, n);
      if (!result.ok) return;
      const { contact: who, conversation: where, parts, events } = result.value;
      assert.deepEqual(
        events.map(({ sequence }) => sequence),
        events.map((_, i) => (s.conversation?.eventCount ?? 0) + 1 + i),
      );
      for (const { body } of events) JSON.parse(body);
      const countBefore = s.conversation?.partCount ?? 0;
      assert.equal(where.partCount, countBefore + parts.length);
      assert.deepEqual(
        parts.map(({ position }) => position),
        parts.map((_, i) => countBefore + 1 + i),
      );
      const ids = [where.id, ...parts.map(({ id }) => id)];
      assert.equal(new Set(ids).size, ids.length);
      for (const part of parts) assert.equal(part.conversationId, where.id);
      // A user stays a user; a blocked contact is not served; a contact who writes is a member.
      if (s.contact?.role === 'user') assert.equal(who.role, 'user');
      assert.equal(who.blockedAt, null);
      assert.ok(where.contactId === who.id || where.otherContactIds.includes(who.id));
      if (e.kind !== 'new_conversation') {
        assert.equal(where.state, 'open');
        assert.equal(where.snoozedUntil, null);
        assert.notEqual(where.waitingSince, null);
      } else {
        assert.equal(parts.length, 0);
        // In the webhook format the app gets a contact's new address, which counts as an event.
        if (
          s.conversation !== null &&
          result.value.events.length === 0 &&
          s.conversation.wakeAt === where.wakeAt
        )
          assert.equal(where, s.conversation);
      }
    }),
  );
});

test('transition: never changes an id or a time of creation', () => {
  fc.assert(
    fc.property(snapshot, event, number, (s, e, n) => {
      const result = run(s, e, n);
      if (!result.ok) return;
      const { contact: who, conversation: where } = result.value;
      if (s.contact !== null)
        assert.deepEqual([who.id, who.createdAt], [s.contact.id, s.contact.createdAt]);
      if (s.conversation !== null) assert.equal(where.id, s.conversation.id);
    }),
  );
});
