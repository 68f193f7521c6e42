// How long a workspace keeps what. Whatever has no age is kept for ever.

import { showDuration } from '../../base/text-files/duration.ts';

/** What can have an age, under the names of parley.yaml. */
export const agedKinds = [
  'conversations',
  'events',
  'attempts',
  'traces',
  'event_ids',
  'idempotency_keys',
] as const;

export type AgedKind = (typeof agedKinds)[number];

/** Ages in milliseconds. */
export type RetentionAges = { readonly [Kind in AgedKind]?: number };

/** How many of each were removed. */
export type RemovedCounts = { readonly [Kind in AgedKind]?: number };

/** Formats ages in the order of the documents: `conversations 730d, events 90d`. */
export const showAges = (ages: RetentionAges): string =>
  agedKinds
    .flatMap((kind) => (ages[kind] === undefined ? [] : `${kind} ${showDuration(ages[kind])}`))
    .join(', ');
