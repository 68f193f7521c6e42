// The shared worker: one stream of news for all tabs of this browser, since a browser opens only six connections to a
// server over HTTP/1.1.

import { openStream } from './stream.ts';

declare const self: {
  onconnect: ((event: MessageEvent) => void) | null;
};

const ports = new Set<MessagePort>();
let isOpen = false;

const stream = openStream((news) => {
  if (news.kind === 'state') isOpen = news.isOpen;
  for (const port of ports) port.postMessage(news);
});

self.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data === 'wake') stream.wake();
    else if (data === 'close') ports.delete(port);
  };
  port.postMessage({ kind: 'state', isOpen });
};
