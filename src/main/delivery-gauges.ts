// The gauges of the backlog of callbacks and of unreadable secrets, for every channel with a callback.

import type { Metrics } from '../base/metrics.ts';
import type { SecretBox } from '../base/seal.ts';
import type { Pool } from '../database/pool.ts';
import {
  type ChannelBacklog,
  callbackStateOf,
  callbackStates,
  readBacklogs,
} from '../store/outbox/backlog.ts';
import {
  checkSealedValues,
  sealedKinds,
  type UnreadableValue,
} from '../store/secrets/sealed-values.ts';
import { DatabaseWatch } from './database-watch.ts';

/** The channels with series of their own: those with the largest backlog. The others are summed up. */
const CHANNELS_MAX = 100;
const OTHERS = '(others)';

type Seen = {
  readonly backlogs: readonly ChannelBacklog[];
  readonly unreadable: readonly UnreadableValue[];
};

type Watch = DatabaseWatch<Seen>;

/**
 * Adds the gauges.
 * @param pool a pool that sees all workspaces.
 * @param box null: there is no key.
 */
export function showDelivery(metrics: Metrics, pool: Pool, box: SecretBox | null): void {
  const watch: Watch = new DatabaseWatch(async () => {
    const backlogs = await readBacklogs(pool);
    const { unreadable } = await checkSealedValues(pool, box);
    return { backlogs, unreadable };
  });
  for (const { name, help, value } of gauges) {
    metrics.gauge(name, help, ['workspace', 'channel'], async (set) => {
      const seen = await watch.current();
      if (seen === null) return;
      const { shown, others } = byWeight(seen.backlogs);
      for (const one of shown) {
        const number = value(one);
        if (number !== null) set({ workspace: one.workspace, channel: one.channel }, number);
      }
      const rest = others.map(value).filter((number) => number !== null);
      if (rest.length === 0) return;
      const isAge = name.endsWith('_seconds');
      const sum = rest.reduce((a, b) => (isAge ? Math.max(a, b) : a + b), 0);
      set({ workspace: OTHERS, channel: OTHERS }, sum);
    });
  }
  showStates(metrics, watch);
  metrics.gauge(
    'parley_sealed_values_unreadable',
    'Sealed values in the database that the secret key of this server does not open, by kind.',
    ['kind'],
    async (set) => {
      const seen = await watch.current();
      if (seen === null) return;
      for (const kind of sealedKinds) {
        set({ kind }, seen.unreadable.filter((one) => one.kind === kind).length);
      }
    },
  );
}

function showStates(metrics: Metrics, watch: Watch): void {
  metrics.gauge(
    'parley_callback_state',
    'How the callback of a channel does: 1 for the state that it is in, 0 for the others.',
    ['workspace', 'channel', 'state'],
    async (set) => {
      const seen = await watch.current();
      if (seen === null) return;
      for (const one of byWeight(seen.backlogs).shown) {
        const { workspace, channel } = one;
        const present = callbackStateOf(one, seen.unreadable);
        for (const state of callbackStates) {
          set({ workspace, channel, state }, state === present ? 1 : 0);
        }
      }
    },
  );
}

type BacklogGauge = {
  readonly name: string;
  readonly help: string;
  readonly value: (backlog: ChannelBacklog) => number | null;
};

const gauges: readonly BacklogGauge[] = [
  {
    name: 'parley_delivery_waiting_conversations',
    help: 'Conversations with events that wait for the callback, by channel.',
    value: ({ conversations }) => conversations,
  },
  {
    name: 'parley_delivery_waiting_events',
    help: 'Events that wait for the callback, by channel.',
    value: ({ events }) => events,
  },
  {
    name: 'parley_delivery_oldest_waiting_seconds',
    help: 'Age of the oldest event that waits for the callback, by channel; 0 when none waits.',
    value: ({ waitingSince, now }) => (waitingSince === null ? 0 : secondsFrom(waitingSince, now)),
  },
  {
    name: 'parley_delivery_next_try_seconds',
    help: 'Time until the next conversation that waits is tried, by channel; 0 when it is its turn.',
    value: ({ nextTryAt, now }) => (nextTryAt === null ? 0 : secondsFrom(now, nextTryAt)),
  },
  {
    name: 'parley_dead_letters_kept',
    help: 'Dead letters that were neither delivered nor discarded since, by channel.',
    value: ({ deadLetters }) => deadLetters,
  },
];

const secondsFrom = (one: number, other: number): number => Math.max(other - one, 0) / 1000;

/** Sorts first the channels that need the operator's attention most. */
function byWeight(backlogs: readonly ChannelBacklog[]) {
  if (backlogs.length <= CHANNELS_MAX) return { shown: backlogs, others: [] };
  const weight = ({ conversations, deadLetters, failingSince, disabledAt }: ChannelBacklog) =>
    conversations + deadLetters + (failingSince === null && disabledAt === null ? 0 : 1e6);
  const sorted = backlogs.toSorted((a, b) => weight(b) - weight(a));
  return { shown: sorted.slice(0, CHANNELS_MAX), others: sorted.slice(CHANNELS_MAX) };
}
