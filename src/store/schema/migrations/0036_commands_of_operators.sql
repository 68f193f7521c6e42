-- Lets commands write what operators manage in their own workspace: tokens, channels, callbacks, and the lanes of the
-- callbacks, which get the events that were logged before a channel had a URL.
-- Lock cost: policies are replaced under a short exclusive lock of four tables.
-- Rollback: set the four policies back.

alter policy one_workspace on parley.access_tokens
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.channels
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.channel_callbacks
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));

alter policy one_workspace on parley.delivery_lanes
  with check ((select parley.sees_all_workspaces())
    or (workspace_id = (select parley.visible_workspace_id()) and (select parley.writes_one_workspace())));
