// Lists every column of the database with sealed values, and tests a key on all of them. Changes nothing.

import type { SecretBox } from '../../base/seal.ts';
import type { Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';
import { secretContext } from './secrets.ts';

/** The contexts (AAD) of sealed values: a value opens in its own context only. */
export const secretContexts = {
  secret: (workspaceId: number, channelId: number) => `callback secret ${workspaceId} ${channelId}`,
  token: (workspaceId: number, channelId: number) => `callback token ${workspaceId} ${channelId}`,
};

type SealedRow = {
  readonly workspaceId: number;
  readonly workspace: string;
  /** The channel; null: the value belongs to the workspace as a whole. */
  readonly channelId: number | null;
  readonly channel: string | null;
  /** The name of a secret in parley.yaml; null for other values. */
  readonly name: string | null;
  readonly sealed: Buffer;
};

type SealedSource = {
  /** The label in metrics. */
  readonly kind: string;
  /** A description for people. */
  readonly what: string;
  readonly context: (row: SealedRow) => string;
  /** Selects the columns of a SealedRow. */
  readonly sql: string;
};

const ofCallbacks = (column: string, condition: string): string => `
  select b.workspace_id as "workspaceId", w.name as workspace, b.channel_id as "channelId",
    c.name as channel, null as name, b.${column} as sealed
  from channel_callbacks b
  join workspaces w on w.id = b.workspace_id
  join channels c on c.workspace_id = b.workspace_id and c.id = b.channel_id
  where ${condition} order by b.workspace_id, b.channel_id`;

/** All columns with sealed values. A new one gets an entry here, which adds it to all checks. */
const sources: readonly SealedSource[] = [
  {
    kind: 'callback_secret',
    what: 'the secret that callbacks are signed with',
    context: (row) => secretContexts.secret(row.workspaceId, row.channelId!),
    sql: ofCallbacks('secret_sealed', 'true'),
  },
  {
    kind: 'previous_callback_secret',
    what: 'the earlier secret that callbacks are still signed with',
    context: (row) => secretContexts.secret(row.workspaceId, row.channelId!),
    sql: ofCallbacks('previous_secret_sealed', 'b.previous_secret_until > now()'),
  },
  {
    kind: 'callback_token',
    what: 'the token of the callback',
    context: (row) => secretContexts.token(row.workspaceId, row.channelId!),
    sql: ofCallbacks('token_sealed', 'b.token_sealed is not null'),
  },
  {
    kind: 'named_secret',
    what: 'the secret',
    context: (row) => secretContext(row.workspaceId, row.name!),
    sql: `select s.workspace_id as "workspaceId", w.name as workspace, null as "channelId",
        null as channel, s.name, s.sealed
      from secrets s join workspaces w on w.id = s.workspace_id order by s.workspace_id, s.name`,
  },
];

export const sealedKinds: readonly string[] = sources.map(({ kind }) => kind);

/** A value that does not open with the key. */
export type UnreadableValue = Omit<SealedRow, 'sealed'> & Pick<SealedSource, 'kind' | 'what'>;

export type SealedCheck = {
  readonly total: number;
  readonly unreadable: readonly UnreadableValue[];
};

/**
 * Tests a key on all sealed values.
 * @param pool a pool that sees all workspaces.
 * @param box null: there is no key, so nothing opens.
 */
export async function checkSealedValues(pool: Pool, box: SecretBox | null): Promise<SealedCheck> {
  let total = 0;
  const unreadable: UnreadableValue[] = [];
  for (const { kind, what, context, sql } of sources) {
    const rows = await runStatement<SealedRow>(pool, { text: sql });
    total += rows.length;
    for (const row of rows) {
      if (box?.opens(row.sealed, context(row))) continue;
      const { sealed: _, ...where } = row;
      unreadable.push({ ...where, kind, what });
    }
  }
  return { total, unreadable };
}

/** Describes a value: `channel "mobile-app" of workspace "default": the token of the callback`. */
export function describeUnreadable({ workspace, channel, name, what }: UnreadableValue): string {
  const context = channel === null ? '' : `channel "${channel}" of `;
  return `${context}workspace "${workspace}": ${what}${name === null ? '' : ` "${name}"`}`;
}

/** How to restore values that do not open, if the key is right for others. */
export const LOCKED_ADVICE =
  'They were sealed with another key. Set that one (PARLEY_SECRET_KEY, or secret.key in the data folder) and start ' +
  'the server again; or make new values: `parley channel rotate-secret` for the secret of a channel, ' +
  '`parley apply` for tokens and the secrets of parley.yaml.';
