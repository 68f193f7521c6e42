// Reads and writes the rows of files; their bytes are in a store (src/files/). A row comes before its bytes and goes
// after them, so bytes without a row never stay.

import type { StoredFile } from '../../core/model/file.ts';
import type { Connection, Pool } from '../../database/pool.ts';
import { runStatement } from '../sql/run-statement.ts';

type Querying = Pick<Connection, 'query'>;

export type FileRowKey = { readonly workspaceId: number; readonly id: string };

/** How long a file may be written; then it counts as interrupted. */
const WRITING_HOURS = 1;
/** How long an upload can be used. It is kept an hour longer, for a reply that is just being written. */
const UPLOAD_HOURS = 24;
const KEPT_HOURS = UPLOAD_HOURS + 1;

const columns = (f: string): string =>
  `${f}.id, ${f}.name, ${f}.state, ${f}.content_type as "contentType", ${f}.size, ${f}.failure`;

/** Adds the row of a file whose bytes are about to be written. */
export async function insertFile(
  connection: Querying,
  { workspaceId, id, name, place }: FileRowKey & { readonly name: string; readonly place: string },
): Promise<void> {
  await connection.query({
    name: 'insert_file',
    text: `insert into files (workspace_id, id, name, state, place, remove_at)
      values ($1, $2, $3, 'writing', $4, now() + make_interval(hours => $5))`,
    values: [workspaceId, id, name, place, WRITING_HOURS],
  });
}

export type WrittenFile = FileRowKey & {
  readonly contentType: string;
  readonly size: number;
  readonly sha256Hex: string;
};

/** Records that all bytes are in the store. @returns false if the file has been given up in the meantime. */
export async function finishFile(connection: Querying, file: WrittenFile): Promise<boolean> {
  const { workspaceId, id, contentType, size, sha256Hex } = file;
  const { rowCount } = await connection.query({
    name: 'finish_file',
    text: `update files set state = 'stored', content_type = $3, size = $4, sha256 = decode($5, 'hex'),
        due_at = null, source_url = null,
        remove_at = case when state = 'writing' then now() + make_interval(hours => $6) end
      where workspace_id = $1 and id = $2 and state in ('writing', 'fetching')`,
    values: [workspaceId, id, contentType, size, sha256Hex, KEPT_HOURS],
  });
  if (rowCount === 0) return false;
  await changeUsage(connection, workspaceId, size);
  return true;
}

async function changeUsage(
  connection: Querying,
  workspaceId: number,
  bytes: number,
): Promise<void> {
  await connection.query({
    name: 'change_file_usage',
    text: `insert into file_usage as u (workspace_id, bytes) values ($1, $2)
      on conflict (workspace_id) do update set bytes = u.bytes + excluded.bytes, updated_at = now()`,
    values: [workspaceId, bytes],
  });
}

/** Returns the bytes that the stored files of a workspace take together. */
export async function readFileUsage(connection: Querying, workspaceId: number): Promise<number> {
  const { rows } = await connection.query<{ bytes: number }>({
    name: 'read_file_usage',
    text: 'select bytes from file_usage where workspace_id = $1',
    values: [workspaceId],
  });
  return rows[0]?.bytes ?? 0;
}

export type ServedFile = StoredFile & { readonly place: string; readonly sha256Hex: string | null };

/** Finds a file with what is needed to serve it. */
export async function findFile(
  connection: Querying,
  { workspaceId, id }: FileRowKey,
): Promise<ServedFile | null> {
  const { rows } = await connection.query<ServedFile>({
    name: 'find_file',
    text: `select ${columns('f')}, f.place, encode(f.sha256, 'hex') as "sha256Hex"
      from files f where f.workspace_id = $1 and f.id = $2`,
    values: [workspaceId, id],
  });
  return rows[0] ?? null;
}

/** Lets files be removed as soon as no part has them. */
export async function giveUpFiles(
  connection: Querying,
  workspaceId: number,
  ids: readonly string[],
): Promise<void> {
  await connection.query({
    name: 'give_up_files',
    text: `update files set remove_at = now() where workspace_id = $1 and id = any($2::text[])`,
    values: [workspaceId, ids],
  });
}

export type RemovableFile = FileRowKey & { readonly place: string };

/** How long a server has to remove the bytes of a file before another one tries. */
const REMOVAL_LEASE_MINUTES = 5;

/**
 * Claims files whose time is over and that no part has. Nothing can use or read them from then on.
 * @param pool a pool that sees all workspaces.
 */
export async function claimRemovableFiles(pool: Pool, limit: number): Promise<RemovableFile[]> {
  const rows = await runStatement<RemovableFile & { readonly isUsed: boolean }>(pool, {
    name: 'claim_removable_files',
    text: `with due as (
        select workspace_id, id, exists (
            select from part_files p where p.workspace_id = f.workspace_id and p.file_id = f.id) as is_used
        from files f where remove_at <= now() order by remove_at limit $1 for update skip locked)
      update files f set
        state = case when due.is_used then f.state else 'deleting' end,
        due_at = case when due.is_used then f.due_at end,
        remove_at = case when due.is_used then null else now() + make_interval(mins => $2) end
      from due where f.workspace_id = due.workspace_id and f.id = due.id
      returning f.workspace_id as "workspaceId", f.id, f.place, due.is_used as "isUsed"`,
    values: [limit, REMOVAL_LEASE_MINUTES],
  });
  return rows.filter(({ isUsed }) => !isUsed);
}

/** Deletes the row of a file whose bytes are gone. */
export async function deleteFileRow(pool: Pool, { workspaceId, id }: FileRowKey): Promise<void> {
  await runStatement(pool, {
    name: 'delete_file',
    text: `with gone as (
        delete from files where workspace_id = $1 and id = $2 and state = 'deleting' returning size)
      update file_usage u set bytes = u.bytes - gone.size, updated_at = now() from gone
      where u.workspace_id = $1 and gone.size is not null`,
    values: [workspaceId, id],
  });
}
