// Advice on the response of a callback. Sends nothing.

import type { PresentedPing } from '../../management/callbacks.ts';
import type { OutgoingResponse } from '../../outgoing/http-client.ts';

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

export const isDelivered = (response: OutgoingResponse): boolean =>
  response.kind === 'responded' && isSuccess(response.status);

/** Advises on a response that is no success; null if it is one. */
export function adviceFor(response: OutgoingResponse): string | null {
  return response.kind === 'failed'
    ? adviceByReason[response.reason]
    : adviceForStatus(response.status);
}

type Reason = Extract<OutgoingResponse, { kind: 'failed' }>['reason'];

/** Advises on the result of a ping; null if it was a success. */
export const adviceForPing = ({ status, reason }: Pick<PresentedPing, 'status' | 'reason'>) =>
  status === null ? adviceByReason[reason!] : adviceForStatus(status);

const adviceByReason: Readonly<Record<Reason, string>> = {
  address_refused:
    'Parley does not call private addresses. To call this one, add its range to `callback.allow_cidrs` of the ' +
    'channel in parley.yaml.',
  timeout:
    'The app did not respond in time: respond first and work afterwards, or raise `callback.timeout`.',
  dns: 'The host name was not found: check the URL, and the name servers of this machine.',
  proxy:
    'HTTPS_PROXY or HTTP_PROXY names this proxy: check that it runs and allows CONNECT to that host. NO_PROXY lists ' +
    'the hosts that are called directly.',
  connection:
    'Nothing responded, or the connection broke: check that the app listens on that port, and the firewalls.',
  tls: 'The certificate has another name, has expired, or is from an authority that Node does not trust.',
  protocol: 'The server on this port does not speak HTTP/1.1: check the port, and http: or https:.',
  url: 'Correct `callback.url` of the channel in parley.yaml.',
};

function adviceForStatus(status: number): string | null {
  if (isSuccess(status)) return null;
  if (status >= 300 && status < 400) {
    return 'Parley never follows redirects: set `callback.url` to the final address.';
  }
  if (status === 401 || status === 403) {
    return (
      'The app rejects the signature or the token: compare `callback.token` with what it expects; ' +
      '`parley signature check` explains why a signature fails.'
    );
  }
  if (status === 404 || status === 405) return 'The app has no POST route at this path.';
  if (status === 410)
    return 'With 410 the app asks never to be called again: a real event would disable the callback.';
  if (status >= 500) return 'The app failed: look at its log.';
  return 'Only a status from 200 to 299 accepts an event.';
}
