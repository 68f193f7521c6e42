// Makes sure that Parley never uses a role that bypasses row-level security. If the login role of an external server is
// a superuser (as in the official container image), Parley switches to a plain role of its own.

import pg from 'pg';
import { limits } from '../base/limits.ts';
import { NothingThere } from './nothing-there.ts';
import { asStartupOptions, type ConnectionTarget } from './pool.ts';

const PLAIN_ROLE = 'parley_server';

export type ServerFacts = {
  /** The version as a number, for example 180004. */
  readonly versionNumber: number;
  readonly version: string;
  /** The role to switch to; undefined if the login role is plain already. */
  readonly role: string | undefined;
  readonly durability: { readonly fsync: string; readonly synchronousCommit: string };
};

export class DatabaseNotUsable extends Error {
  override readonly name = 'DatabaseNotUsable';
}

/**
 * Checks the server and prepares the role and the schema `parley`.
 * @param expected a description of what must already hold a Parley; null: a new one may be created.
 * @throws DatabaseNotUsable if the server is too old or the login role may not create what is needed.
 */
export async function prepareServer(
  target: ConnectionTarget,
  expected: string | null,
): Promise<ServerFacts> {
  const client = new pg.Client({
    ...target,
    application_name: 'parley start',
    connectionTimeoutMillis: limits.connectTimeoutMs,
    query_timeout: limits.queryTimeoutMs,
    options: asStartupOptions({ statement_timeout: String(limits.statementTimeoutMs) }),
  });
  // A broken connection also rejects the running query; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await prepare(client, expected);
  } finally {
    await client.end().catch(() => {});
  }
}

async function prepare(client: pg.Client, expected: string | null): Promise<ServerFacts> {
  const { rows } = await client.query<{
    versionNumber: number;
    version: string;
    isUnbound: boolean;
    user: string;
    fsync: string;
    synchronousCommit: string;
    encoding: string;
    hasSchema: boolean;
    hasTables: boolean;
  }>(`select current_setting('server_version_num')::int as "versionNumber",
      current_setting('server_version') as version, r.rolsuper or r.rolbypassrls as "isUnbound",
      current_user as user, current_setting('fsync') as fsync,
      current_setting('server_encoding') as encoding,
      current_setting('synchronous_commit') as "synchronousCommit",
      to_regnamespace('parley') is not null as "hasSchema",
      exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'parley' and c.relname = 'schema_migrations') as "hasTables"
    from pg_roles r where r.rolname = current_user`);
  const facts = rows[0]!;
  const unusable = whyNotUsable(facts);
  if (unusable !== null) throw new DatabaseNotUsable(unusable);
  if (expected !== null && !facts.hasTables) {
    throw new NothingThere(expected, 'it was never used by one', facts.version);
  }
  if (facts.isUnbound) await preparePlainRole(client, facts.user);
  else if (!facts.hasSchema) await prepareSchema(client, facts.user);
  return {
    versionNumber: facts.versionNumber,
    version: facts.version,
    role: facts.isUnbound ? PLAIN_ROLE : undefined,
    durability: { fsync: facts.fsync, synchronousCommit: facts.synchronousCommit },
  };
}

/** Returns what makes a server unusable, whatever the settings; null if nothing does. */
export function whyNotUsable(facts: {
  readonly versionNumber: number;
  readonly version: string;
  readonly encoding: string;
}): string | null {
  if (facts.versionNumber < 150_000) {
    return (
      `PostgreSQL ${facts.version} is too old: Parley needs 15 or newer. ` +
      'Upgrade the server behind PARLEY_DATABASE_URL.'
    );
  }
  if (facts.encoding !== 'UTF8') {
    return (
      `the database of PARLEY_DATABASE_URL is encoded in ${facts.encoding}: Parley needs UTF8. ` +
      "Make one with: create database parley encoding 'UTF8' template template0;"
    );
  }
  return null;
}

/**
 * Creates the role that row-level security binds, and the schema as its own. Two servers may start and create them at
 * once, so a conflict is fine.
 */
async function preparePlainRole(client: pg.Client, user: string): Promise<void> {
  try {
    await client.query(`do $$ begin
        if not exists (select from pg_roles where rolname = '${PLAIN_ROLE}') then
          create role ${PLAIN_ROLE} nologin nosuperuser nobypassrls nocreatedb nocreaterole;
        end if;
      exception when duplicate_object or unique_violation then null; end $$`);
    // A superuser may switch to any role; others, such as the administrators of managed servers, only as members.
    await client.query(`do $$ begin
        if not (select rolsuper from pg_roles where rolname = current_user) then
          grant ${PLAIN_ROLE} to current_user;
        end if;
      exception when unique_violation then null; end $$`);
    await client.query(`do $$ begin
        create schema if not exists parley authorization ${PLAIN_ROLE};
      exception when duplicate_schema or unique_violation then null; end $$`);
  } catch (error) {
    throw new DatabaseNotUsable(
      `row-level security does not bind the role "${user}", and it may not prepare a plain one ` +
        `(${(error as Error).message}). Give PARLEY_DATABASE_URL an ordinary role that owns its database.`,
    );
  }
}

async function prepareSchema(client: pg.Client, user: string): Promise<void> {
  try {
    await client.query(`do $$ begin
        create schema if not exists parley;
      exception when duplicate_schema or unique_violation then null; end $$`);
  } catch (error) {
    throw new DatabaseNotUsable(
      `the role "${user}" may not create the schema "parley" (${(error as Error).message}). ` +
        `As the owner of the database run: create schema parley authorization "${user}";`,
    );
  }
}
