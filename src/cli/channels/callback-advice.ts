// What a person can do about the answer of a callback. Sends nothing.

import type { OutgoingResponse } from '../../outgoing/http-client.ts';

export const isDelivered = (answer: OutgoingResponse): boolean =>
  answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;

/** What a person can do about an answer that is no success; null if it is one. */
export function adviceFor(answer: OutgoingResponse): string | null {
  if (isDelivered(answer)) return null;
  return answer.kind === 'failed' ? adviceByReason[answer.reason] : adviceForStatus(answer.status);
}

const adviceByReason: Readonly<
  Record<Extract<OutgoingResponse, { kind: 'failed' }>['reason'], string>
> = {
  address_refused:
    'Parley does not call addresses inside its own network. If this one is meant, allow its range in parley.yaml, ' +
    'with `callback.allow_cidrs` of the channel.',
  timeout:
    'The app did not answer in time: let it answer first and work afterwards, or raise `callback.timeout`.',
  dns: 'The name of the host was not found: check the URL, and the name servers of the machine that Parley runs on.',
  proxy:
    'HTTPS_PROXY or HTTP_PROXY names this proxy: check that it runs and lets CONNECT to that host pass. NO_PROXY ' +
    'names the hosts that are called directly.',
  connection:
    'Nobody answered, or the connection broke: check that the app runs and listens on that port, and firewalls.',
  tls: 'The certificate is not valid for this name, has expired, or is signed by nobody that Node trusts.',
  protocol:
    'What answered does not speak HTTP/1.1 on this port: check the port, and https: against http:.',
  url: 'Correct `callback.url` of the channel in parley.yaml.',
};

function adviceForStatus(status: number): string {
  if (status >= 300 && status < 400) {
    return 'Redirects are never followed: set `callback.url` to where it leads.';
  }
  if (status === 401 || status === 403) {
    return (
      'The app refuses the signature or the token: compare `callback.token` with what it expects; ' +
      '`parley signature check` says why a signature fails.'
    );
  }
  if (status === 404 || status === 405) return 'The app has no POST route at this path.';
  if (status === 410)
    return 'With 410 the app asks never to be called again: real events disable the callback.';
  if (status >= 500) return 'The app failed: look at its log.';
  return 'Any status from 200 to 299 means that the event was taken.';
}
