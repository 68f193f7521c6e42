// The deleted contacts of the workspace, and how far the removal of their data is.

import { ok } from '../base/result.ts';
import { type ErasureStage, listErasures as list } from '../store/removal/erasures.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import type { List, Operation } from './operation.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

/** The most erasures that are listed. */
export const erasuresMax = 1_000;

export type PresentedErasure = {
  readonly type: 'erasure';
  readonly contact_id: string;
  readonly stage: ErasureStage;
  readonly requested_at: string;
  readonly finished_at: string | null;
  readonly conversations_left: number;
};

export const listErasures: Operation<undefined, List<PresentedErasure>> = {
  method: 'GET',
  path: '/parley/v1/erasures',
  async run({ workspaceId, readPool }) {
    const rows = await readAs(readPool, workspaceId, (connection) =>
      list(connection, workspaceId, erasuresMax),
    );
    const data = rows.map((row) => ({
      type: 'erasure' as const,
      contact_id: row.contactId,
      stage: row.stage,
      requested_at: isoTime(row.requestedAt),
      finished_at: isoTimeOrNull(row.finishedAt),
      conversations_left: row.conversations,
    }));
    return ok({ type: 'list', data });
  },
};
