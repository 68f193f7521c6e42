// Opens a tunnel through the operator's proxy (HTTP CONNECT), for http: and https: alike, so the proxy sees the host of
// a request but not its content. The address guard does not apply to the proxy, which the operator chose.

import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** The proxy did not open a tunnel. */
export class ProxyFailed extends Error {
  override readonly name = 'ProxyFailed';
}

/** Opens a tunnel. @param target `host:port`, an IPv6 address in brackets. */
export function openTunnel(proxy: URL, target: string, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const where = `the proxy ${proxy.host}`;
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...authorizationOf(proxy) },
    agent: false,
  });
  const late = setTimeout(() => {
    request.destroy(new ProxyFailed(`${where} did not open a tunnel within ${timeoutMs} ms`));
  }, timeoutMs);
  request.on('connect', (response, socket, head) => {
    // Node has removed its own listeners: an error of the socket would end the process.
    socket.on('error', () => {});
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300 && head.length === 0)
      return resolve(socket as Socket);
    socket.destroy();
    reject(new ProxyFailed(`${where} answered ${statusCode} to CONNECT ${target}`));
  });
  request.on('response', (response) => {
    reject(new ProxyFailed(`${where} answered ${response.statusCode} to CONNECT ${target}`));
    request.destroy();
  });
  request.on('error', (error) => reject(explained(error, where)));
  request.end();
  return promise.finally(() => clearTimeout(late));
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function explained(error: Parameters<ClientRequest['destroy']>[0], where: string): Error {
  if (error instanceof ProxyFailed) return error;
  return new ProxyFailed(`${where} cannot be used: ${error?.message}`);
}
