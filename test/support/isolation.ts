// Collects the isolation.fixture.ts of all resources: requests with another workspace's token for objects of the first
// one, for each route with parameters or a body.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Objects of the first workspace, and the other workspace's own teammate. */
export type Victim = {
  readonly conversationId: string;
  readonly contactId: string;
  readonly teamId: string;
  readonly tagId: string;
  readonly dataAttributeId: string;
  readonly companyId: string;
  readonly noteId: string;
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
