// The workspace of an operator's token. A token belongs to one workspace and shows no other.

import { ok } from '../base/result.ts';
import { readAs } from '../store/sql/row-level-security.ts';
import { currentWorkspace, type Workspace } from '../store/tenancy/workspaces.ts';
import type { List, Operation } from './operation.ts';
import { isoTime } from './times.ts';

export type PresentedWorkspace = ReturnType<typeof presentWorkspace>;

const presentWorkspace = ({ id, name, createdAt }: Workspace) => ({
  type: 'workspace' as const,
  id: String(id),
  name,
  created_at: isoTime(createdAt),
});

export const listWorkspaces: Operation<undefined, List<PresentedWorkspace>> = {
  method: 'GET',
  path: '/parley/v1/workspaces',
  async run({ workspaceId, readPool }) {
    const found = await readAs(readPool, workspaceId, (connection) =>
      currentWorkspace(connection, workspaceId),
    );
    return ok({ type: 'list', data: found === null ? [] : [presentWorkspace(found)] });
  },
};
