// Decides by the URL which requests go through a proxy, with HTTPS_PROXY, HTTP_PROXY and NO_PROXY as in other tools.

import { BlockList, isIP } from 'node:net';

export type ProxySettings = {
  /** The proxies for https: and for http: URLs. */
  readonly httpsProxy: URL | undefined;
  readonly httpProxy: URL | undefined;
  /** The hosts that are reached directly. */
  readonly noProxy: string | undefined;
};

/** The rules for choosing a proxy. */
export class ProxyRules {
  readonly #settings: ProxySettings;
  readonly #isDirect: (hostname: string, port: string) => boolean;

  constructor(settings: ProxySettings) {
    this.#settings = settings;
    this.#isDirect = readNoProxy(settings.noProxy ?? '');
  }

  /** Finds the proxy for a URL; null: none. @param hostname as in a URL, an IPv6 address in brackets. */
  proxyFor(protocol: string, hostname: string, port: string): URL | null {
    const isTls = protocol === 'https:';
    const proxy = isTls ? this.#settings.httpsProxy : this.#settings.httpProxy;
    if (proxy === undefined) return null;
    const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    const isHere = host === 'localhost' || host === '::1' || /^127\.[\d.]+$/.test(host);
    const isDirect = isHere || this.#isDirect(host, port || (isTls ? '443' : '80'));
    return isDirect ? null : proxy;
  }
}

/** Reads NO_PROXY: `*`, names with their subdomains, addresses and ranges, each with or without a port. */
function readNoProxy(text: string): (host: string, port: string) => boolean {
  const ranges = new BlockList();
  const names: { name: string; port: string | null }[] = [];
  let isAll = false;
  for (const entry of text.toLowerCase().split(/[\s,]+/)) {
    const [, address = '', prefix] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    if (entry === '*') isAll = true;
    else if (version !== 0 && Number(prefix ?? widest) <= widest) {
      ranges.addSubnet(address, Number(prefix ?? widest), version === 4 ? 'ipv4' : 'ipv6');
    } else if (entry !== '') {
      const [, name, port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry)!;
      names.push({ name: name!.replace(/^\[(.*)\]$/, '$1'), port: port ?? null });
    }
  }
  return (host, port) =>
    isAll ||
    (isIP(host) !== 0 && ranges.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')) ||
    names.some(
      (one) =>
        (one.port === null || one.port === port) &&
        (host === one.name || host.endsWith(`.${one.name}`)),
    );
}
