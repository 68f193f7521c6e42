// The role `parley` and the database `parley` of the application: an ordinary role that owns its database and nothing
// else. Migrations create the tables, as this role.
import pg from 'pg';
import { NothingThere } from '../nothing-there.ts';
import type { EmbeddedContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { errorCode, errorMessage } from './embedded-error.ts';
import { closeQuietly, superuserClient } from './ownership.ts';

/** The connection of the application, constant while the cluster is held. */
export type ApplicationConnection = {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl: false;
};

const role = 'parley';
const database = 'parley';

/** Returns the connection options of the application role. */
export function applicationConnection(
  context: EmbeddedContext,
  credentials: Credentials,
): ApplicationConnection {
  const { host, port } = context.endpoint;
  return {
    host,
    port,
    user: role,
    password: credentials.applicationPassword,
    database,
    ssl: false,
  };
}

/** Creates or corrects the role and the database. The caller must own the cluster. */
export async function prepareApplicationDatabase(
  context: EmbeddedContext,
  credentials: Credentials,
  { mayCreateDatabases, mustExist }: { mayCreateDatabases: boolean; mustExist: boolean },
): Promise<void> {
  const client = superuserClient(context, credentials, 'postgres');
  try {
    await client.connect();
    const found = await client.query<{ hasRole: boolean; hasDatabase: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as "hasRole",
              exists (select from pg_database where datname = $2) as "hasDatabase"`,
      [role, database],
    );
    const { hasRole, hasDatabase } = found.rows[0]!;
    if (mustExist && !(hasRole && hasDatabase)) {
      const where = `the data folder ${context.location.dataDir}`;
      throw new NothingThere(where, 'its first start was interrupted', context.binaries.version);
    }
    const rights = `login nosuperuser nobypassrls nocreaterole noreplication ${
      mayCreateDatabases ? 'createdb' : 'nocreatedb'
    }`;
    if (hasRole) await client.query(`alter role ${role} ${rights}`);
    else await client.query(`create role ${role} ${rights}`);
    const connection = applicationConnection(context, credentials);
    if (!hasRole || (await tryApplicationLogin(connection)).isDenied) {
      const password = pg.escapeLiteral(credentials.applicationPassword);
      await client.query(`alter role ${role} password ${password}`);
    }
    if (!hasDatabase) await client.query(`create database ${database} owner ${role}`);
  } finally {
    await closeQuietly(client);
  }
}

/** Whether the application can connect; `isDenied` if the role or its password is wrong. */
export async function tryApplicationLogin(
  connection: ApplicationConnection,
): Promise<{ ok: boolean; isDenied: boolean; reason: string }> {
  const client = new pg.Client({ ...connection, options: '-c lock_timeout=0' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { ok: true, isDenied: false, reason: '' };
  } catch (error) {
    const isDenied = ['28P01', '28000'].includes(errorCode(error) ?? '');
    return { ok: false, isDenied, reason: errorMessage(error) };
  } finally {
    await closeQuietly(client);
  }
}
