// What each resource tells the isolation test: how another workspace's token would aim at the things of the first one.
// A resource with routes that have parameters or bodies has such a file beside them: isolation.fixture.ts.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The things of the first workspace, and the other workspace's own teammate. */
export type Victim = {
  readonly conversationId: string;
  readonly contactId: string;
  readonly teamId: string;
  readonly tagId: string;
  /** The external id of its conversation and of its contact. */
  readonly externalId: string;
  readonly strangersAdminId: number;
};

export type Attack = {
  /** The parameters of the path, by name. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
  /** Whether it names something that the other workspace may have too: then it is answered, with its own. */
  readonly findsOwn?: boolean;
};

/** By `METHOD /path`. */
export type Isolation = Readonly<Record<string, (victim: Victim) => Attack>>;

/** What all resources tell. */
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
