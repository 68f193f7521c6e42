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

/** Finds stored files that a new part may have: uploads in their time, and files of other parts. */
export async function findUsableFiles(
  connection: Querying,
  workspaceId: number,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredFile>> {
  const { rows } = await connection.query<StoredFile>({
    name: 'find_usable_files',
    text: `select ${columns('f')} from files f
      where f.workspace_id = $1 and f.id = any($2::text[]) and f.state = 'stored'
        and (f.remove_at is null or f.remove_at > now() + make_interval(hours => $3))`,
    values: [workspaceId, ids, KEPT_HOURS - UPLOAD_HOURS],
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** Lists the files of the parts of a conversation, by the position of the part. */
export async function findPartFiles(
  connection: Querying,
  workspaceId: number,
  conversationId: number,
): Promise<ReadonlyMap<number, readonly StoredFile[]>> {
  const { rows } = await connection.query<StoredFile & { readonly position: number }>({
    name: 'find_part_files',
    text: `select p.position, ${columns('f')} from part_files p
      join files f on f.workspace_id = p.workspace_id and f.id = p.file_id
      where p.workspace_id = $1 and p.conversation_id = $2
      order by p.position, p.ordinal`,
    values: [workspaceId, conversationId],
  });
  return Map.groupBy(rows, ({ position }) => position);
}

/** Lists the files of the first parts of conversations, by the conversation. */
export async function findFirstPartFiles(
  connection: Querying,
  workspaceId: number,
  conversationIds: readonly number[],
): Promise<ReadonlyMap<number, readonly StoredFile[]>> {
  const { rows } = await connection.query<StoredFile & { readonly conversationId: number }>({
    name: 'find_first_part_files',
    text: `select p.conversation_id as "conversationId", ${columns('f')} from part_files p
      join files f on f.workspace_id = p.workspace_id and f.id = p.file_id
      where p.workspace_id = $1 and p.conversation_id = any($2::bigint[]) and p.position = 1
      order by p.ordinal`,
    values: [workspaceId, conversationIds],
  });
  return Map.groupBy(rows, ({ conversationId }) => conversationId);
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
        from files f where remove_at <= now() and (state <> 'fetching' or attempt = 0 or due_at <= now())
        order by remove_at limit $1 for update skip locked)
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

/** A file to fetch, claimed by one server until its lease ends. */
export type FileToFetch = FileRowKey & {
  readonly url: string;
  /** Claims so far, this one included. It identifies the lease. */
  readonly attempt: number;
  /** The ranges that the channel of the conversation may call although the guard would reject them. */
  readonly allowedCidrs: readonly string[];
};

/**
 * Claims files that are due to be fetched.
 * @param pool a pool that sees all workspaces.
 * @param busy workspaces that get none now.
 */
export async function claimFilesToFetch(
  pool: Pool,
  limit: number,
  busy: readonly number[],
  leaseSeconds: number,
): Promise<FileToFetch[]> {
  return runStatement<FileToFetch>(pool, {
    name: 'claim_files_to_fetch',
    text: `with due as (
        select workspace_id, id from files
        where due_at <= now() and remove_at is null and workspace_id <> all($2::bigint[])
        order by due_at limit $1 for update skip locked)
      update files f set attempt = f.attempt + 1, due_at = now() + make_interval(secs => $3)
      from due where f.workspace_id = due.workspace_id and f.id = due.id
      returning f.workspace_id as "workspaceId", f.id, f.source_url as url, f.attempt,
        coalesce((
          select c.allowed_cidrs from part_files p
          join conversations v on v.workspace_id = p.workspace_id and v.id = p.conversation_id
          join channel_callbacks c on c.workspace_id = v.workspace_id and c.channel_id = v.channel_id
          where p.workspace_id = f.workspace_id and p.file_id = f.id limit 1), '{}') as "allowedCidrs"`,
    values: [limit, busy, leaseSeconds],
  });
}

/** Sets when a file is fetched again. Does nothing if the lease has been lost. */
export async function postponeFile(
  pool: Pool,
  { workspaceId, id, attempt }: FileToFetch,
  delayMs: number,
): Promise<void> {
  await runStatement(pool, {
    name: 'postpone_file',
    text: `update files set due_at = now() + make_interval(secs => $4 / 1000.0)
      where workspace_id = $1 and id = $2 and attempt = $3 and state = 'fetching'`,
    values: [workspaceId, id, attempt, delayMs],
  });
}

/** Records that a file cannot be fetched. @param failure completes a sentence. */
export async function failFile(
  pool: Pool,
  { workspaceId, id, attempt }: FileToFetch,
  failure: string,
): Promise<void> {
  await runStatement(pool, {
    name: 'fail_file',
    text: `update files set state = 'failed', failure = $4, due_at = null, source_url = null
      where workspace_id = $1 and id = $2 and attempt = $3 and state = 'fetching'`,
    values: [workspaceId, id, attempt, failure],
  });
}

/** Lists the stored files of all workspaces at a place, piece by piece, in the order of their keys. */
export async function listStoredFiles(
  connection: Querying,
  place: string,
  after: FileRowKey | null,
): Promise<readonly FileRowKey[]> {
  const { rows } = await connection.query<FileRowKey>(
    `select workspace_id as "workspaceId", id from files
      where state = 'stored' and place = $1 and (workspace_id, id) > ($2, $3)
      order by workspace_id, id limit 1000`,
    [place, after?.workspaceId ?? 0, after?.id ?? ''],
  );
  return rows;
}

/** Lists the places in which stored files are. @param pool a pool that sees all workspaces. */
export async function listFilePlaces(pool: Pool): Promise<readonly string[]> {
  const rows = await runStatement<{ place: string }>(pool, {
    text: `select distinct place from files where state = 'stored' order by place`,
  });
  return rows.map(({ place }) => place);
}
