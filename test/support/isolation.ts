// Collects the isolation.fixture.ts of all resources: requests with another workspace's token for objects of the first
// one, for each route with parameters or a body. Adds the objects that they name.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from './postgres.ts';
import { person, type TestParley } from './server.ts';

/** Objects of the first workspace, and the other workspace's own teammate. */
export type Victim = {
  readonly conversationId: string;
  readonly contactId: string;
  readonly teamId: string;
  readonly tagId: string;
  readonly dataAttributeId: string;
  readonly companyId: string;
  readonly noteId: string;
  readonly channelId: string;
  readonly tokenId: string;
  readonly adminEmail: string;
  /** The external id of its conversation and of its contact. */
  readonly externalId: string;
  readonly otherAdminId: number;
};

export type Attack = {
  /** The parameters of the path, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
  /** Whether the other workspace may have the same id: then it gets its own object. */
  readonly findsOwn?: boolean;
};

/** The requests by `METHOD /path`. */
export type Isolation = Readonly<Record<string, (victim: Victim) => Attack>>;

/** Loads the fixtures of all resources. */
export async function readIsolation(): Promise<Isolation> {
  const folder = fileURLToPath(new URL('../../src/http/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('isolation.fixture.ts'),
  );
  const parts = await Promise.all(
    files.map(async (file) => (await import(join(folder, file))).isolation as Isolation),
  );
  return Object.assign({}, ...parts);
}

/**
 * Adds one object of each kind to the first workspace.
 * @param mark a word in the texts and external ids of all of them.
 * @param otherAdminId the teammate in whose name the requests act.
 */
export async function addVictim(
  { notify, database }: Pick<TestParley, 'notify' | 'database'>,
  mark: string,
  otherAdminId: number,
) {
  const contact = { ...person(mark), email: `${mark}@example.com` };
  const external = { external_conversation_id: mark, contact };
  const { body: created } = await notify('new_conversation', { ...external, event_id: mark });
  await notify('new_message', { ...external, body: `${mark} said this` });
  await notify('attribute_collected', { ...external, attribute: { id: mark, value: mark } });
  const { conversation_id: conversationId, contact_id: contactId } = created;
  const name = `Name of ${mark}`;
  const insert = async (text: string, values: unknown[]): Promise<string> => {
    const [row] = await database.sql<{ id: number }>(`insert into ${text} returning id`, values);
    return String(row!.id);
  };
  const tagId = await insert('tags (workspace_id, name) values (1, $1)', [name]);
  for (const [table, id] of Object.entries({
    contacts: contactId,
    conversations: conversationId,
  })) {
    const text = `update ${table} set tag_ids = array[$1::bigint] where id = $2`;
    await database.sql(text, [tagId, id]);
  }
  const companyId = await insert('companies (workspace_id, company_id, name) values (1, $1, $2)', [
    mark,
    name,
  ]);
  await database.sql(
    'insert into company_contacts (workspace_id, company_id, contact_id) values (1, $1, $2)',
    [companyId, contactId],
  );
  await database.sql(
    'insert into company_tags (workspace_id, company_id, tag_id) values (1, $1, $2)',
    [companyId, tagId],
  );
  const victim: Victim = {
    conversationId,
    contactId,
    teamId: await insert('teams (workspace_id, name) values (1, $1)', [name]),
    tagId,
    dataAttributeId: await insert(
      `data_attributes (workspace_id, model, name, data_type) values (1, 'contact', $1, 'string')`,
      [name],
    ),
    companyId,
    noteId: await insert('notes (workspace_id, contact_id, admin_id, body) values (1, $1, 1, $2)', [
      contactId,
      name,
    ]),
    ...(await operatorObjects(database)),
    externalId: mark,
    otherAdminId,
  };
  return { victim, contact, created };
}

/** Finds what an operator of the first workspace manages. */
async function operatorObjects({ sql }: TestDatabase) {
  const [found] = await sql<{ channel: number; token: number; email: string }>(
    `select c.id as channel, t.id as token, a.email from access_tokens t
      join channels c on c.id = t.channel_id join admins a on a.id = t.admin_id
      where t.workspace_id = 1 order by t.id limit 1`,
  );
  const { channel, token, email } = found!;
  return { channelId: String(channel), tokenId: String(token), adminEmail: email };
}

/** Finds the first teammate of a workspace. */
export async function adminOf(database: TestDatabase, workspaceId: number): Promise<number> {
  const [admin] = await database.sql<{ id: number }>(
    'select id from admins where workspace_id = $1 order by id',
    [workspaceId],
  );
  return admin!.id;
}

/** The path of a request, with its parameters and its query. */
export const pathOf = (
  route: { readonly method: string; readonly path: string },
  { parameters = {}, query = '' }: Attack,
): string => {
  const path = route.path.replaceAll(/:(\w+)/g, (_, name) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`${route.method} ${route.path} lacks ${name}`);
    return value;
  });
  return `${path}${query}`;
};
