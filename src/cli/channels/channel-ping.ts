// `parley channel ping`: sends one test event to the callback of a channel, now, and shows the response.

import { type PresentedPing, pingChannel } from '../../management/callbacks.ts';
import { onOneLine } from '../events/events-show.ts';
import type { Command, CommandCall } from '../kit/command.ts';
import { findChannelOrFail, workspaceOption } from '../kit/find-or-fail.ts';
import { withManagement } from '../kit/with-management.ts';
import { adviceForPing } from './callback-advice.ts';
import { HOW_TO_ENABLE } from './callback-state.ts';

export const channelPing: Command = {
  name: 'channel ping',
  about: "Send a test event to a channel's callback, and show the response.",
  details:
    'Sends one signed POST of a `ping`, with --url from the server, else from this machine. The event is not logged, not retried, and changes nothing.',
  arguments: [{ name: 'name', about: 'The channel.' }],
  options: {
    workspace: workspaceOption,
  },
  examples: ['parley channel ping mobile-app'],
  remote: true,
  run: ping,
};

async function ping(call: CommandCall): Promise<number> {
  const response = await withManagement('channel ping', call, async (client) => {
    const { id } = await findChannelOrFail(client, call.positionals[0]!);
    return client.call(pingChannel, { params: { id } });
  });
  const advice = adviceForPing(response);
  show(call, response, advice);
  return advice === null ? 0 : 1;
}

function show(call: CommandCall, response: PresentedPing, advice: string | null): void {
  const { url, status, reason, latency_ms: latencyMs, answer } = response;
  const { disabled_reason: disabled } = response;
  if (call.isJson) {
    const facts = { ok: advice === null, url, status, reason, latency_ms: latencyMs };
    call.print(JSON.stringify({ ...facts, answer, disabled, advice }));
    return;
  }
  const result = status === null ? 'no response' : `status ${status}`;
  const lines = [`POST ${url}: ${result} after ${latencyMs} ms`];
  if (answer !== '') lines.push(`  ${onOneLine(answer, 300)}`);
  if (advice !== null) lines.push(advice);
  if (disabled !== null) {
    lines.push(
      `No events are sent there: the callback is disabled (${disabled}). ${HOW_TO_ENABLE}`,
    );
  }
  call.print(lines.join('\n'));
}
