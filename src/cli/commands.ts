// All commands, in the order in which the help lists them.

import { apply } from './apply.ts';
import { backup } from './backup.ts';
import { channelCreate, channelList, channelUpdate } from './channel.ts';
import { channelPing } from './channel-ping.ts';
import { channelRotateSecret } from './channel-rotate-secret.ts';
import type { Command } from './command.ts';
import { config } from './config.ts';
import { deadLettersList, deadLettersResend, deadLettersSummary } from './dead-letters.ts';
import { deadLettersDiscard } from './dead-letters-discard.ts';
import { doctor } from './doctor.ts';
import { eventsAttempts } from './events-attempts.ts';
import { eventsResend } from './events-resend.ts';
import { eventsSendNow } from './events-send-now.ts';
import { eventsTail } from './events-tail.ts';
import { listen } from './listen.ts';
import { migrate } from './migrate.ts';
import { replay } from './replay.ts';
import { restore } from './restore.ts';
import { serve } from './serve.ts';
import { signatureCheck } from './signature-check.ts';
import { simulate } from './simulate.ts';
import { tokenCreate, tokenList, tokenRevoke } from './token.ts';
import { workflowsDiff, workflowsList, workflowsRollback, workflowsShow } from './workflows.ts';
import { type WithMoveDoor, workflowsMove } from './workflows-move.ts';
import { workspaceCreate, workspaceList } from './workspace.ts';

/** Loaded only when something moves: the other commands start twice as fast without the server. */
const withMoveDoor: WithMoveDoor = async (pool, use) =>
  (await import('../main/move-door.ts')).withMoveDoor(pool, use);

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
  channelPing,
  apply,
  workflowsList,
  workflowsShow,
  workflowsDiff,
  workflowsRollback,
  workflowsMove(withMoveDoor),
  simulate,
  replay,
  eventsTail,
  eventsAttempts,
  eventsResend,
  eventsSendNow,
  deadLettersList,
  deadLettersSummary,
  deadLettersResend,
  deadLettersDiscard,
  listen,
  signatureCheck,
  backup,
  restore,
  migrate,
  doctor,
  config,
];
