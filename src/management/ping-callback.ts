// Sends a test event to a callback, signed as a real one would be. In no log, not repeated.

import { systemClock } from '../base/clock.ts';
import { newUniqueName } from '../base/random.ts';
import { ownUserAgent } from '../base/release.ts';
import type { SecretBox } from '../base/seal.ts';
import { isoTime } from '../core/conversation/outbound-event.ts';
import { eventRequest } from '../outgoing/event-request.ts';
import type { OutgoingHttp, OutgoingResponse } from '../outgoing/http-client.ts';
import type { CallbackRow } from '../store/outbox/callbacks.ts';
import { secretContexts } from '../store/secrets/sealed-values.ts';

/**
 * Sends a `ping`.
 * @param channel its name.
 * @throws SealBroken when the box does not open the secrets of the callback.
 */
export function pingCallback(
  callback: CallbackRow,
  channel: string,
  box: SecretBox,
  http: OutgoingHttp,
  timeoutMs = callback.timeoutMs,
): Promise<OutgoingResponse> {
  const nowMs = systemClock();
  const id = newUniqueName();
  return http.send(
    eventRequest(
      { ...callback, ...openSecrets(callback, box), timeoutMs },
      {
        id,
        name: 'ping',
        body: pingBody(callback, channel, id, nowMs),
        userAgent: ownUserAgent(),
        nowMs,
      },
    ),
  );
}

function pingBody(
  { format, workspaceId }: CallbackRow,
  channel: string,
  id: string,
  nowMs: number,
): string {
  const seconds = Math.floor(nowMs / 1000);
  return JSON.stringify(
    format === 'parley'
      ? {
          event_id: id,
          event_name: 'ping',
          workspace_id: String(workspaceId),
          channel,
          sequence: null,
          created_at_ms: isoTime(nowMs),
        }
      : {
          type: 'notification_event',
          id: `notif_${id}`,
          topic: 'ping',
          app_id: String(workspaceId),
          created_at: seconds,
          delivery_attempts: 1,
          first_sent_at: seconds,
          data: {
            type: 'notification_event_data',
            item: { type: 'ping', message: `A test of channel "${channel}".` },
          },
        },
  );
}

function openSecrets(callback: CallbackRow, box: SecretBox) {
  const { workspaceId, channelId, secretSealed, previousSecretSealed, tokenSealed, tokenHeader } =
    callback;
  const place = secretContexts.secret(workspaceId, channelId);
  const token =
    tokenSealed === null
      ? null
      : box.open(tokenSealed, secretContexts.token(workspaceId, channelId));
  const previous =
    previousSecretSealed === null ? undefined : box.open(previousSecretSealed, place);
  return {
    secrets: [box.open(secretSealed, place), previous] as const,
    tokenHeader: asHeader(tokenHeader, token),
  };
}

/** Returns the header of a token; without a header name it is a bearer token. */
function asHeader(name: string | null, token: string | null): readonly [string, string] | null {
  if (token === null) return null;
  return name === null ? ['Authorization', `Bearer ${token}`] : [name, token];
}
