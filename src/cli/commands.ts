// All commands, in the order in which the help lists them.

import { channelCreate, channelList, channelUpdate } from './channel.ts';
import type { Command } from './command.ts';
import { config } from './config.ts';
import { doctor } from './doctor.ts';
import { migrate } from './migrate.ts';
import { serve } from './serve.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token.ts';
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
  migrate,
  doctor,
  config,
];
