// Inserts a workflow directly into a workspace, as `parley apply` would. Servers see it within a second, or at once if
// they have not cached the workspace yet.

import type { WorkflowDefinition } from '../../src/core/workflow/definition.ts';
import type { TestDatabase } from './postgres.ts';

/** Inserts a workflow. @returns its id; its version is 1. */
export async function insertWorkflow(
  database: TestDatabase,
  definition: WorkflowDefinition,
): Promise<number> {
  const [row] = await database.sql<{ id: number }>(
    `insert into workflows (workspace_id, name, position, current_version)
     select id, $1, (select count(*) from workflows), 1 from workspaces where name = 'default'
     returning id`,
    [definition.name],
  );
  await database.sql(
    `insert into workflow_versions (workspace_id, workflow_id, version, definition, source)
     select workspace_id, id, 1, $2, 'test' from workflows where id = $1`,
    [row!.id, JSON.stringify(definition)],
  );
  return row!.id;
}
