// All commands, by their first word, in the order in which the help lists them. A family is loaded when it is called:
// loading all of them takes twice as long as most commands run.

import type { Command } from './kit/command.ts';

/** Loads the commands that begin with a word. */
type Family = () => Promise<readonly Command[]>;

export const families: Readonly<Record<string, Family>> = {
  serve: async () => [(await import('./operate/serve.ts')).serve],
  token: async () => {
    const { tokenCreate, tokenList, tokenRevoke } = await import('./tenancy/token.ts');
    return [tokenCreate, tokenList, tokenRevoke];
  },
  admin: async () => {
    const { adminDisable, adminEnable, adminInvite, adminList, adminReset } = await import(
      './tenancy/admin.ts'
    );
    return [adminList, adminInvite, adminReset, adminDisable, adminEnable];
  },
  workspace: async () => {
    const { workspaceCreate, workspaceList } = await import('./tenancy/workspace.ts');
    return [workspaceCreate, workspaceList];
  },
  channel: async () => {
    const { channelCreate, channelList, channelUpdate } = await import('./channels/channel.ts');
    const { channelRotateSecret } = await import('./channels/channel-rotate-secret.ts');
    const { channelPing } = await import('./channels/channel-ping.ts');
    return [channelCreate, channelList, channelUpdate, channelRotateSecret, channelPing];
  },
  apply: async () => [(await import('./workflows/apply.ts')).apply],
  workflows: async () => {
    const { workflowsDiff, workflowsList, workflowsRollback, workflowsShow } = await import(
      './workflows/workflows.ts'
    );
    const { workflowsMove } = await import('./workflows/workflows-move.ts');
    return [workflowsList, workflowsShow, workflowsDiff, workflowsRollback, workflowsMove];
  },
  simulate: async () => [(await import('./workflows/simulate.ts')).simulate],
  replay: async () => [(await import('./workflows/replay.ts')).replay],
  events: async () => {
    const { eventsTail } = await import('./events/events-tail.ts');
    const { eventsAttempts } = await import('./events/events-attempts.ts');
    const { eventsResend } = await import('./events/events-resend.ts');
    const { eventsSendNow } = await import('./events/events-send-now.ts');
    return [eventsTail, eventsAttempts, eventsResend, eventsSendNow];
  },
  'dead-letters': async () => {
    const { deadLettersList, deadLettersResend, deadLettersSummary } = await import(
      './events/dead-letters.ts'
    );
    const { deadLettersDiscard } = await import('./events/dead-letters-discard.ts');
    return [deadLettersList, deadLettersSummary, deadLettersResend, deadLettersDiscard];
  },
  erasures: async () => [(await import('./privacy/erasures.ts')).erasures],
  export: async () => [(await import('./privacy/export-contact.ts')).exportContact],
  'remove-old': async () => [(await import('./privacy/remove-old.ts')).removeOld],
  audit: async () => [(await import('./operate/audit.ts')).audit],
  listen: async () => [(await import('./events/listen.ts')).listen],
  signature: async () => [(await import('./channels/signature-check.ts')).signatureCheck],
  backup: async () => [(await import('./operate/backup.ts')).backup],
  restore: async () => [(await import('./operate/restore.ts')).restore],
  migrate: async () => [(await import('./operate/migrate.ts')).migrate],
  doctor: async () => [(await import('./operate/doctor.ts')).doctor],
  config: async () => [(await import('./operate/config.ts')).config],
};

/** Loads every command, for the help. */
export const loadCommands = async (): Promise<readonly Command[]> =>
  (await Promise.all(Object.values(families).map((load) => load()))).flat();

/** Loads what a command line may mean: one family, nothing for the version, or else everything. */
export async function loadCommandsFor(words: readonly string[]): Promise<readonly Command[]> {
  const [first = ''] = words;
  if (Object.hasOwn(families, first)) return families[first]!();
  return ['--version', '-v', 'version'].includes(first) ? [] : loadCommands();
}
