// `parley channel ping`: sends one test event to the callback of a channel, now, and shows the response.

import { systemClock } from '../../base/clock.ts';
import { isSecretTrouble } from '../../base/seal.ts';
import type { OutgoingResponse } from '../../outgoing/http-client.ts';
import { findCallback } from '../../store/outbox/event-admin.ts';
import { findSecretKey } from '../../store/secrets/secret-key.ts';
import { onOneLine } from '../events/events-show.ts';
import { type Command, type CommandCall, CommandFailed } from '../kit/command.ts';
import {
  channelOrFail,
  workspaceNameOf,
  workspaceOption,
  workspaceOrFail,
} from '../kit/find-or-fail.ts';
import { settingsOrFail } from '../kit/settings.ts';
import { withStore } from '../kit/with-database.ts';
import { adviceFor, isDelivered } from './callback-advice.ts';
import { pingCallback } from './callback-ping.ts';
import { HOW_TO_ENABLE } from './callback-state.ts';

export const channelPing: Command = {
  name: 'channel ping',
  about: "Send a test event to a channel's callback, and show the response.",
  details:
    'Sends one signed POST of a `ping` from this machine. The event is not logged, not retried, and changes nothing.',
  arguments: [{ name: 'name', about: 'The channel.' }],
  options: {
    workspace: workspaceOption,
  },
  examples: ['parley channel ping mobile-app'],
  remote: 'it reads the database itself',
  run: ping,
};

async function ping(call: CommandCall): Promise<number> {
  const channelName = call.positionals[0]!;
  const workspaceName = workspaceNameOf(call);
  const { callback, box, trouble } = await withStore('channel ping', async (pool) => {
    const workspace = await workspaceOrFail(pool, workspaceName);
    const channel = await channelOrFail(pool, workspace, channelName);
    const found = await findCallback(pool, workspace.id, channel.id);
    return { callback: found, ...(await findSecretKey(pool, settingsOrFail())) };
  });
  if (callback === null) {
    throw new CommandFailed(
      `channel "${channelName}" has no callback URL: set one in parley.yaml and run \`parley apply\`.`,
    );
  }
  // Loaded only when something is sent: the other commands start sooner without it.
  const { OutgoingHttp } = await import('../../outgoing/http-client.ts');
  const http = new OutgoingHttp({ clock: systemClock, proxy: settingsOrFail() });
  try {
    if (trouble !== null || box === null) throw trouble;
    const response = await pingCallback(callback, channelName, box, http);
    show(call, callback, response);
    return isDelivered(response) ? 0 : 1;
  } catch (error) {
    throw isSecretTrouble(error) ? new CommandFailed(error.message) : error;
  } finally {
    await http.close();
  }
}

function show(
  call: CommandCall,
  { url, disabledReason }: { readonly url: string; readonly disabledReason: string | null },
  response: OutgoingResponse,
): void {
  const advice = adviceFor(response);
  const said = response.kind === 'responded' ? response.body : response.detail;
  if (call.isJson) {
    const shown = {
      ok: advice === null,
      url,
      status: response.kind === 'responded' ? response.status : null,
      reason: response.kind === 'failed' ? response.reason : null,
      latency_ms: response.latencyMs,
      answer: said,
      disabled: disabledReason,
      advice,
    };
    call.print(JSON.stringify(shown));
    return;
  }
  const status = response.kind === 'responded' ? `status ${response.status}` : 'no response';
  const lines = [`POST ${url}: ${status} after ${response.latencyMs} ms`];
  if (said !== '') lines.push(`  ${onOneLine(said, 300)}`);
  if (advice !== null) lines.push(advice);
  if (disabledReason !== null) {
    lines.push(
      `No events are sent there: the callback is disabled (${disabledReason}). ${HOW_TO_ENABLE}`,
    );
  }
  call.print(lines.join('\n'));
}
