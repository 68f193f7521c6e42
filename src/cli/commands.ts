// All commands, in the order in which the help lists them.

import { channelCreate, channelList, channelUpdate } from './channels/channel.ts';
import { channelPing } from './channels/channel-ping.ts';
import { channelRotateSecret } from './channels/channel-rotate-secret.ts';
import { signatureCheck } from './channels/signature-check.ts';
import { deadLettersList, deadLettersResend, deadLettersSummary } from './events/dead-letters.ts';
import { deadLettersDiscard } from './events/dead-letters-discard.ts';
import { eventsAttempts } from './events/events-attempts.ts';
import { eventsResend } from './events/events-resend.ts';
import { eventsSendNow } from './events/events-send-now.ts';
import { eventsTail } from './events/events-tail.ts';
import { listen } from './events/listen.ts';
import type { Command } from './kit/command.ts';
import { backup } from './operate/backup.ts';
import { config } from './operate/config.ts';
import { doctor } from './operate/doctor.ts';
import { migrate } from './operate/migrate.ts';
import { restore } from './operate/restore.ts';
import { serve } from './operate/serve.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tenancy/token.ts';
import { workspaceCreate, workspaceList } from './tenancy/workspace.ts';
import { apply } from './workflows/apply.ts';
import { replay } from './workflows/replay.ts';
import { simulate } from './workflows/simulate.ts';
import {
  workflowsDiff,
  workflowsList,
  workflowsRollback,
  workflowsShow,
} from './workflows/workflows.ts';
import { type WithStandaloneEngine, workflowsMove } from './workflows/workflows-move.ts';

/** Loaded only when something moves: the other commands start twice as fast without the server. */
const withStandaloneEngine: WithStandaloneEngine = async (pool, use) =>
  (await import('../main/standalone-engine.ts')).withStandaloneEngine(pool, use);

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
  workflowsMove(withStandaloneEngine),
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
