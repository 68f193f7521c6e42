// The rows of a group while its signals run: opened from the load, changed in memory, and finally compared to get the
// rows to write. Decides nothing.

import type { EmailHolder } from '../core/contact/write-contact.ts';
import type { TransitionContext } from '../core/conversation/transition-context.ts';
import type { AuditEntry } from '../core/model/audit.ts';
import type { Contact, Conversation } from '../core/model/model.ts';
import { noStatistics } from '../core/model/statistics.ts';
import type { GroupWrite, Rewrite, SignalOutcome, Write } from '../store/engine/group-write.ts';
import type {
  Loaded,
  LoadKeys,
  StoredEffect,
  StoredEvent,
  Versioned,
} from '../store/engine/load.ts';
import { inboxChangesOf } from './inbox-changes.ts';
import type { GroupPlan } from './plan.ts';
import type { WaitingSignal } from './signal.ts';
import type { EngineSetup } from './workspace-setups.ts';

/** A row that the group touches: its current state, and the version that was read (0: it did not exist). */
export type Entry<Row> = {
  readonly workspaceId: number;
  readonly channelId: number;
  readonly readVersion: number;
  readonly read: Row | null;
  row: Row | null;
  isChanged: boolean;
  /** Whether the conversation is to be deleted. */
  isDeleted: boolean;
  /** The contact's fields after a write by the REST API; null without one. */
  rewrite: Rewrite | null;
  /** The signal that created or last changed it. */
  signalNumber: number;
};

/** The dependencies of a group besides its rows. */
export type GroupTools = {
  readonly setups: ReadonlyMap<number, EngineSetup>;
  /** Returns the next signal number. */
  readonly takeNumber: () => number;
  /** Called when a transition throws; its signal gets a server error and leaves no trace. */
  readonly onBug: (error: unknown, signal: WaitingSignal) => void;
};

/** An e-mail that users may get in the group, and the signal that gave it to one; 0: none did. */
export type EmailEntry = {
  readonly workspaceId: number;
  readonly hash: string;
  readonly readNumber: number;
  holder: EmailHolder | null;
  signalNumber: number;
};

export type GroupState = {
  readonly loaded: Loaded;
  readonly storedEvents: (StoredEvent | undefined)[];
  readonly contacts: readonly Entry<Contact>[];
  /** The contacts of conversations, by the conversation's slot; only those that a signal needs. */
  readonly owners: ReadonlyMap<number, Entry<Contact>>;
  /** Contacts that signals of the REST API name by Parley's id. */
  readonly contactsById: ReadonlyMap<number, Entry<Contact>>;
  /** Contacts for whom a conversation opens. */
  readonly present: Set<Entry<Contact>>;
  /** Contacts that are created without an external id. */
  readonly created: Entry<Contact>[];
  readonly emails: ReadonlyMap<number, EmailEntry>;
  readonly conversations: readonly Entry<Conversation>[];
  readonly events: GroupWrite['events'][number][];
  readonly audit: GroupWrite['audit'][number][];
  /** The results of requests with an idempotency key, by effectName(). */
  readonly storedEffects: Map<string, StoredEffect>;
  readonly effects: GroupWrite['effects'][number][];
  readonly outcomes: SignalOutcome[];
};

/** Opens the rows of a group. */
export function openState({ keys }: GroupPlan, loaded: Loaded): GroupState {
  // Two external ids can lead to one contact (a merged lead): then both have the same entry.
  const byContact = new Map<string, Entry<Contact>>();
  const entryOf = (workspaceId: number, name: string, found?: Versioned<Contact>) => {
    const entry = byContact.get(name) ?? openEntry(workspaceId, 0, found);
    byContact.set(name, entry);
    return entry;
  };
  const contacts = keys.contacts.map(({ workspaceId }, slot) => {
    const found = loaded.contacts.get(slot);
    const name = found === undefined ? `new ${slot}` : `${workspaceId} ${found.row.id}`;
    return entryOf(workspaceId, name, found);
  });
  const owners = new Map<number, Entry<Contact>>();
  for (const { slot, workspaceId } of keys.owners) {
    const found = loaded.owners.get(slot);
    if (found === undefined) continue;
    owners.set(slot, entryOf(workspaceId, `${workspaceId} ${found.row.id}`, found));
  }
  const contactsById = new Map<number, Entry<Contact>>();
  for (const [slot, { workspaceId }] of keys.contactIds.entries()) {
    const found = loaded.contactsById.get(slot);
    if (found === undefined) continue;
    contactsById.set(slot, entryOf(workspaceId, `${workspaceId} ${found.row.id}`, found));
  }
  return {
    loaded,
    storedEvents: keys.events.map((_, slot) => loaded.events.get(slot)),
    contacts,
    owners,
    contactsById,
    present: new Set(),
    created: [],
    emails: new Map(
      [...loaded.emails].map(([slot, { guard, holder }]) => [
        slot,
        { ...keys.emails[slot]!, readNumber: guard, holder, signalNumber: 0 },
      ]),
    ),
    conversations: keys.conversations.map(({ workspaceId, channelId }, slot) =>
      openEntry(workspaceId, channelId, loaded.conversations.get(slot)),
    ),
    events: [],
    audit: [],
    storedEffects: new Map(
      [...loaded.effects].map(([slot, stored]) => [effectName(keys.effects[slot]!), stored]),
    ),
    effects: [],
    outcomes: [],
  };
}

export const effectName = ({ workspaceId, keyId, step }: LoadKeys['effects'][number]): string =>
  `${workspaceId} ${keyId} ${step}`;

/** Opens a row, or an entry for a row to be created. */
export const openEntry = <Row>(
  workspaceId: number,
  channelId: number,
  found?: Versioned<Row>,
): Entry<Row> => ({
  workspaceId,
  channelId,
  readVersion: found?.version ?? 0,
  read: found?.row ?? null,
  row: found?.row ?? null,
  isChanged: false,
  isDeleted: false,
  rewrite: null,
  signalNumber: 0,
});

/** Adds the changes of a signal to the audit log. */
export function record(
  state: GroupState,
  { workspaceId, acceptedAt: at, origin }: WaitingSignal,
  audit: readonly AuditEntry[],
): void {
  for (const entry of audit) state.audit.push({ ...entry, workspaceId, at, origin });
}

/** Creates the context of a transition; null if the channel no longer exists. */
export function contextOf(
  signal: WaitingSignal,
  { workspaceId, channelId }: Entry<Conversation>,
  { setups, takeNumber }: GroupTools,
): TransitionContext | null {
  const setup = setups.get(workspaceId)!;
  const known = setup.channels.get(channelId);
  // The channel of the access token may be newer than the setup.
  const channel = signal.kind === 'channel_event' ? signal.channel : known;
  if (channel === undefined) return null;
  return {
    channel,
    eventFormat: known?.eventFormat ?? 'parley',
    setup,
    signalNumber: takeNumber(),
    nowMs: signal.acceptedAt,
  };
}

/** Notes the state of a row after a signal. */
export function change<Row>(entry: Entry<Row>, row: Row, signalNumber: number): void {
  if (entry.row === row) return;
  entry.row = row;
  entry.isChanged = true;
  entry.signalNumber = signalNumber;
}

/** Returns the changes of the group; null: there are none. */
export function difference(state: GroupState, setups: GroupTools['setups']): GroupWrite | null {
  const { contacts, owners, contactsById, created, conversations } = state;
  const { events, audit, effects, outcomes } = state;
  const touched = [...contacts, ...owners.values(), ...contactsById.values(), ...created];
  const people = new Set(touched.filter(({ isChanged }) => isChanged));
  if (outcomes.length + audit.length + effects.length + people.size === 0) return null;
  const changed = conversations
    .filter(({ isChanged }) => isChanged)
    .map((entry) => ({
      ...toWrite(entry),
      channelId: entry.channelId,
      isDeleted: entry.isDeleted,
      isRenamed: entry.row!.externalId !== (entry.read ?? entry.row!).externalId,
      hasSameStatistics: entry.row!.statistics === (entry.read?.statistics ?? noStatistics),
    }));
  return {
    events,
    contacts: [...people].map((entry) => ({ ...toWrite(entry), rewrite: entry.rewrite })),
    presentContacts: [...state.present]
      .filter(({ isChanged }) => !isChanged)
      .map(({ workspaceId, row }) => ({ workspaceId, id: row!.id })),
    emailGuards: [...state.emails.values()].filter(({ signalNumber }) => signalNumber > 0),
    conversations: changed,
    inboxChanges: inboxChangesOf({ conversations: changed, outcomes }, setups),
    audit,
    effects,
    outcomes,
  };
}

const toWrite = <Row extends Contact | Conversation>(entry: Entry<Row>): Write<Row> => ({
  ...entry.row!,
  workspaceId: entry.workspaceId,
  readVersion: entry.readVersion,
  hasSameAttributes: entry.row!.customAttributes === entry.read?.customAttributes,
  signalNumber: entry.signalNumber,
});
