// Reads how long a workspace keeps what. It is described as a whole: whatever is absent is kept for ever.

import { limits } from '../base/limits.ts';
import type { FieldReader } from '../base/text-files/field-reader.ts';
import { type AgedKind, agedKinds, type RetentionAges } from '../core/model/retention.ts';
import { setupLimits } from './setup-limits.ts';

const { retentionMinMs, retentionOfEventIdsMinMs, retentionMaxMs } = setupLimits;

/** The shortest and the longest age of each kind. */
export const ageLimits: Readonly<Record<AgedKind, readonly [minMs: number, maxMs: number]>> = {
  // The ids of the events of a conversation go with it.
  conversations: [retentionOfEventIdsMinMs, retentionMaxMs],
  events: [retentionMinMs, retentionMaxMs],
  attempts: [retentionMinMs, retentionMaxMs],
  traces: [retentionMinMs, retentionMaxMs],
  event_ids: [retentionOfEventIdsMinMs, retentionMaxMs],
  idempotency_keys: [retentionMinMs, limits.idempotencyKeptMs],
};

/** Reads the ages; an empty mapping has none. */
export function readRetention(file: FieldReader): RetentionAges {
  const fields = file.mapping('retention') ?? file.below(['retention'], {});
  const ages = agedKinds.flatMap((kind) => {
    const ms = fields.duration(kind, ...ageLimits[kind]);
    return ms === undefined ? [] : [[kind, ms] as const];
  });
  fields.reportUnknownKeys();
  return Object.fromEntries(ages);
}
