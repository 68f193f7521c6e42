// All commands, in the order in which the help lists them.

import { apply } from './apply.ts';
import { channelCreate, channelList, channelUpdate } from './channel.ts';
import { channelRotateSecret } from './channel-rotate-secret.ts';
import type { Command } from './command.ts';
import { config } from './config.ts';
import { doctor } from './doctor.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import { simulate } from './simulate.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token.ts';
import { workflowsDiff, workflowsList, workflowsRollback, workflowsShow } from './workflows.ts';
import { workspaceCreate, workspaceList } from './workspace.ts';

export const commands: readonly Command[] = [
  serve,
  tokenCreate,
  tokenList,
  tokenRevoke,
  workspaceCreate,
  workspaceList,
  channelCreate,
  channelList,
  channelUpdate,
  channelRotateSecret,
  apply,
  workflowsList,
  workflowsShow,
  workflowsDiff,
  workflowsRollback,
  simulate,
  migrate,
  doctor,
  config,
];
