// `parley channel rotate-secret`: gives a channel a new secret, and keeps the current one valid for a while, so that
// the app can change over without missing an event.

import { newSigningSecret } from '../../base/random.ts';
import { isSecretTrouble, openSecretBox, type SecretBox } from '../../base/seal.ts';
import { readDuration, showDuration } from '../../base/text-files/duration.ts';
import { commandLine } from '../../core/model/audit.ts';
import type { Pool } from '../../database/pool.ts';
import { findSecret, replaceSecret } from '../../store/outbox/callback-settings.ts';
import { changeAudited } from '../../store/resources/audited-change.ts';
import { secretContexts } from '../../store/secrets/sealed-values.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { timeText } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';

const OVERLAP = '24h';
const OVERLAP_MAX_MS = 90 * 86_400_000;

export const channelRotateSecret: Command = {
  name: 'channel rotate-secret',
  about: 'Create a new signing secret for a channel, and print it once.',
  details: [
    'During the overlap, events are signed with both secrets, so the app can change to the new one at any time.',
    'Running servers follow within 2 seconds. If the current secret has leaked, use --overlap 0s.',
    'If secret.key or PARLEY_SECRET_KEY is lost for good, --new-key starts with another key. Values sealed with the old',
    'key are lost, so do this for every channel, then run `parley apply` and restart the servers.',
  ].join('\n'),
  arguments: [{ name: 'name', about: 'The channel.' }],
  options: {
    workspace: workspaceOption,
    overlap: {
      type: 'string',
      placeholder: 'duration',
      about: `How long the current secret stays valid: 0s to 90d; ${OVERLAP} if omitted.`,
    },
    'new-key': {
      type: 'boolean',
      about: 'Use the current key, or create one, although it does not open the sealed secrets.',
    },
  },
  examples: [
    'parley channel rotate-secret mobile-app',
    'parley channel rotate-secret mobile-app --overlap 0s',
    'parley channel rotate-secret mobile-app --new-key',
  ],
  remote: 'it reads the database itself',
  run: rotateSecret,
};

async function rotateSecret(call: CommandCall): Promise<number> {
  const channelName = call.positionals[0]!;
  const workspaceName = workspaceNameOf(call);
  const overlapMs = readOverlap(textOption(call, 'overlap') ?? OVERLAP);
  const secret = newSigningSecret();
  const previousUntil = await withStore('channel rotate-secret', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = await channelOrFail(pool, workspace, channelName);
    const place = { workspaceId: workspace.id, channelId: channel.id };
    const sealContext = secretContexts.secret(workspace.id, channel.id);
    const secrets = await openOrFail(pool, call.options['new-key'] === true);
    const present = await findSecret(pool, workspace.id, channel.id);
    // A secret that cannot be opened is of no use during an overlap.
    const keptMs = present !== null && secrets.opens(present, sealContext) ? overlapMs : 0;
    const sealed = secrets.seal(secret, sealContext);
    return changeAudited(pool, commandLine, async (connected) => ({
      value: await replaceSecret(connected, place, sealed, keptMs),
      workspaceId: workspace.id,
      entries: [
        {
          action: 'channel.secret_rotated',
          object: { type: 'channel', id: String(channel.id) },
          relatedId: null,
          details: { name: channelName, overlap_ms: keptMs },
        },
      ],
    }));
  });
  const until = previousUntil === null ? null : timeText(previousUntil);
  if (call.isJson) {
    const shown = { workspace: workspaceName, channel: channelName, secret };
    call.print(JSON.stringify({ ...shown, previous_secret_until: until }));
    return 0;
  }
  call.print(
    [
      `Secret of channel "${channelName}"  ${secret}`,
      '  shown only now; it is stored sealed',
      until === null
        ? 'No earlier secret is valid any more.'
        : `The earlier secret stays valid until ${until} (${showDuration(overlapMs)}).`,
    ].join('\n'),
  );
  return 0;
}

function readOverlap(text: string): number {
  const ms = readDuration(text);
  if (ms !== undefined && ms <= OVERLAP_MAX_MS) return ms;
  throw new CommandFailed(
    `--overlap must be a duration from 0s to 90d such as 24h, not "${text}"`,
    2,
  );
}

async function openOrFail(pool: Pool, isNewKey: boolean): Promise<SecretBox> {
  const settings = settingsOrFail();
  try {
    if (isNewKey) return openSecretBox(settings);
    return (await findSecretKey(pool, settings)).toSeal();
  } catch (error) {
    throw isSecretTrouble(error) ? new CommandFailed(error.message) : error;
  }
}
