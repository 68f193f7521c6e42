// A small workspace for the tests of workflows: a channel, two admins, a team, tags, attributes, and a conversation in
// it. Each test changes what it is about.

import { beginChange, type Change } from '../../conversation/change.ts';
import type { TransitionContext } from '../../conversation/transition-context.ts';
import type { Contact, Conversation, DataAttribute } from '../../model/model.ts';
import { noStatistics } from '../../model/statistics.ts';
import type { Step, WorkflowDefinition, WorkflowVersion } from '../definition.ts';
import { advanceWorkflows, type RunInput } from './interpret.ts';

export const nowMs = Date.UTC(2026, 10, 22, 9, 30, 15);

export const testContact: Contact = {
  id: '6921a0c00000000000001000',
  role: 'user',
  externalId: 'user-1',
  name: 'Ada',
  email: 'ada@example.com',
  phone: null,
  profile: {},
  tagIds: [],
  customAttributes: { plan: 'gold', city: 'Lima' },
  signedUpAt: null,
  lastRepliedAt: null,
  archivedAt: null,
  blockedAt: null,
  createdAt: nowMs - 86_400_000,
  updatedAt: nowMs - 1000,
};

export const testConversation: Conversation = {
  id: 70_401,
  externalId: 'thread-1',
  contactId: testContact.id,
  otherContactIds: [],
  source: null,
  state: 'open',
  isRead: true,
  isPriority: false,
  title: null,
  adminAssigneeId: null,
  teamAssigneeId: null,
  customAttributes: { city: 'Oslo' },
  waitingSince: null,
  snoozedUntil: null,
  firstContactReplyAt: null,
  lastContactReplyAt: null,
  countReopens: 0,
  statistics: noStatistics,
  partCount: 0,
  tagIds: [],
  run: null,
  heldByAdminId: null,
  eventCount: 0,
  signalCount: 0,
  wakeAt: null,
  createdAt: nowMs - 60_000,
  updatedAt: nowMs - 60_000,
};

export const testAttributes: readonly DataAttribute[] = [
  { model: 'conversation', name: 'order_number', dataType: 'string', options: [] },
  { model: 'conversation', name: 'age', dataType: 'integer', options: [] },
  { model: 'conversation', name: 'color', dataType: 'options', options: ['Red', 'Blue'] },
  { model: 'conversation', name: 'price', dataType: 'float', options: [] },
  { model: 'conversation', name: 'gift', dataType: 'boolean', options: [] },
  { model: 'conversation', name: 'day', dataType: 'date', options: [] },
  { model: 'conversation', name: 'moment', dataType: 'datetime', options: [] },
  { model: 'contact', name: 'plan', dataType: 'string', options: [] },
];

const admin = (id: number, name: string) => ({
  id,
  name,
  email: `${name.toLowerCase()}@example.com`,
  jobTitle: null,
  awayModeEnabled: false,
  awayModeReassign: false,
  hasInboxSeat: true,
  awayStatusReasonId: null,
});

/** A workflow of given steps; without more, every new conversation starts it. */
export const workflow = (
  steps: readonly Step[],
  other: Partial<WorkflowDefinition> = {},
  workflowId = 1,
  version = 1,
): WorkflowVersion => ({
  workflowId,
  version,
  definition: {
    name: `Workflow ${workflowId}`,
    trigger: { on: 'new_conversation', channelIds: null },
    when: null,
    ...other,
    steps,
  },
});

/** A transition context with these current workflows; `older` are versions that runs may still use. */
export function contextOf(
  workflows: readonly WorkflowVersion[],
  other: Partial<Omit<TransitionContext, 'setup' | 'channel'>> = {},
  older: readonly WorkflowVersion[] = [],
): TransitionContext {
  const channel = {
    workspaceId: 1,
    id: 3,
    name: 'Mobile app',
    isEnabled: true,
    autoCreateConversation: true,
    requireUserIdentity: false,
    unknownAttribute: 'record',
    strictVersion: false,
    allowedOrigins: [],
    hasButtons: true,
    timeZone: null,
    eventFormat: 'parley',
  } as const;
  return {
    channel,
    eventFormat: 'parley',
    signalNumber: 900,
    nowMs,
    ...other,
    setup: {
      workspaceId: 1,
      channels: new Map([[3, channel]]),
      admins: new Map([
        [11, admin(11, 'Grace')],
        [12, admin(12, 'Alan')],
      ]),
      teams: new Map([[21, { id: 21, name: 'Support', adminIds: [11, 12] }]]),
      tags: new Map([
        [31, { id: 31, name: 'vip' }],
        [32, { id: 32, name: 'order' }],
      ]),
      dataAttributes: testAttributes,
      workflows,
      definitionOf: (workflowId, version) =>
        [...workflows, ...older].find(
          (one) => one.workflowId === workflowId && one.version === version,
        )?.definition,
    },
  };
}

/** A change that begins where another ended, for the next signal. */
export const nextSignal = ({ contact, conversation }: Change): Change =>
  beginChange(contact, conversation);

/** A conversation whose first signal started a run of these steps. */
export function startRun(
  steps: readonly Step[],
  fields: {
    readonly conversation?: Partial<Conversation>;
    readonly contact?: Partial<Contact>;
  } = {},
): { readonly change: Change; readonly context: TransitionContext } {
  const context = contextOf([workflow(steps)]);
  const before = beginChange(
    { ...testContact, ...fields.contact },
    { ...testConversation, ...fields.conversation },
  );
  return { change: advanceWorkflows(before, { kind: 'created' }, context), context };
}

/** The next signal of a conversation, a while later. */
export const signal = (
  before: Change,
  input: RunInput,
  context: TransitionContext,
  afterMs = 1000,
): Change =>
  advanceWorkflows(nextSignal(before), input, {
    ...context,
    nowMs: context.nowMs + afterMs,
    signalNumber: context.signalNumber + 1,
  });

/** Lists the sent parts in order: texts of comments, and kinds of other parts. */
export const sentIn = ({ parts }: Change): readonly string[] =>
  parts.map(({ partType, body }) =>
    partType === 'comment' && body !== null ? body : `${partType}:${body ?? ''}`,
  );

/** The last sentences of the trace. */
export const sentences = ({ trace }: Change): readonly string[] => trace.map(({ what }) => what);
