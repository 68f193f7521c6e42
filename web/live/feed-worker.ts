// The shared worker: one stream of news for all tabs of this browser, since a browser opens only six connections to a
// server over HTTP/1.1.

import { openStream } from './stream.ts';

declare const self: {
  onconnect: ((event: MessageEvent) => void) | null;
};

const ports = new Set<MessagePort>();
let isOpen = false;

let session: string | undefined;

/** The stream belongs to the session that it was opened with. */
function changeSession(next: string): void {
  if (session !== undefined && session !== next) stream.restart();
  session = next;
}

const stream = openStream((news) => {
  if (news.kind === 'state') isOpen = news.isOpen;
  for (const port of ports) port.postMessage(news);
});

self.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data === 'wake') stream.wake();
    else if (typeof data === 'object') changeSession(data.session);
    else if (data === 'close') ports.delete(port);
  };
  port.postMessage({ kind: 'state', isOpen });
};
