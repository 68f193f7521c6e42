// The response of the list of workspaces.

import { Type } from 'typebox';

const workspace = Type.Object(
  {
    type: Type.Literal('workspace'),
    id: Type.String(),
    name: Type.String(),
    created_at: Type.String({ description: 'In ISO 8601.' }),
  },
  { title: 'Workspace' },
);

export const workspaceList = Type.Object(
  { type: Type.Literal('list'), data: Type.Array(workspace) },
  { title: 'WorkspaceList' },
);
