// `parley channel rotate-secret`: gives a channel a new secret, and keeps the current one valid for a while, so that
// the app can change over without missing an event.

import { readDuration, showDuration } from '../../base/text-files/duration.ts';
import { overlapMax, rotateSecret, usualOverlap } from '../../management/callbacks.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import { findChannelOrFail, workspaceOption } from '../kit/find-or-fail.ts';
import { shortTime } from '../kit/print.ts';
import { textOption } from '../kit/read-options.ts';
import { serverUrlOf } from '../kit/server-address.ts';
import { withManagement } from '../kit/with-management.ts';

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
      about: `How long the current secret stays valid: 0s to ${overlapMax}; ${usualOverlap} if omitted.`,
    },
    'new-key': {
      type: 'boolean',
      about:
        'Use the current key, or create one, although it does not open the sealed secrets. Not with --url.',
    },
  },
  examples: [
    'parley channel rotate-secret mobile-app',
    'parley channel rotate-secret mobile-app --overlap 0s',
    'parley channel rotate-secret mobile-app --new-key',
  ],
  remote: true,
  run: rotate,
};

async function rotate(call: CommandCall): Promise<number> {
  const channelName = call.positionals[0]!;
  const overlap = textOption(call, 'overlap') ?? usualOverlap;
  checkOverlap(overlap);
  if (call.options['new-key'] === true && serverUrlOf(call, process.env) !== null) {
    throw new CommandFailed('--new-key works only on the machine of the server, without --url', 2);
  }
  const made = await withManagement('channel rotate-secret', call, async (client) => {
    const { id } = await findChannelOrFail(client, channelName);
    return client.call(rotateSecret, { params: { id }, body: { overlap } });
  });
  const { secret } = made;
  const until = shortTime(made.previous_secret_until);
  if (call.isJson) {
    const shown = { workspace: made.workspace, channel: channelName, secret };
    call.print(JSON.stringify({ ...shown, previous_secret_until: until }));
    return 0;
  }
  call.print(
    [
      `Secret of channel "${channelName}"  ${secret}`,
      '  shown only now; it is stored sealed',
      until === null
        ? 'No earlier secret is valid any more.'
        : `The earlier secret stays valid until ${until} (${showDuration(readDuration(overlap)!)}).`,
    ].join('\n'),
  );
  return 0;
}

function checkOverlap(text: string): void {
  const ms = readDuration(text);
  if (ms !== undefined && ms <= readDuration(overlapMax)!) return;
  throw new CommandFailed(
    `--overlap must be a duration from 0s to ${overlapMax} such as 24h, not "${text}"`,
    2,
  );
}
