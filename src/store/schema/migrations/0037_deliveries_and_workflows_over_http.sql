-- Commands write deliveries and what `parley apply` writes: in the one workspace that their transaction names.
-- Lock cost: policies are replaced under a short exclusive lock of each table.
-- Rollback: set the policies back to `with check ((select parley.sees_all_workspaces()))`.

alter policy one_workspace on parley.delivery_lanes
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.delivery_resends
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.dead_letters
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.workflows
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.workflow_versions
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.admins
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.teams
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.team_members
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.channels
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.channel_callbacks
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.secrets
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
