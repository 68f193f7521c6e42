// Classifies the failures of outgoing requests into the few reasons that an operator can act on.

import { AddressRejected } from './guarded-connect.ts';
import { ProxyFailed } from './proxy-tunnel.ts';

/**
 *   address_refused  the guard rejects the address
 *   timeout          no complete response in time
 *   dns              the name has no address, or the lookup failed
 *   proxy            the operator's proxy cannot be reached, or does not open a tunnel to the host
 *   connection       refused, reset, unreachable, or closed without a response
 *   tls              the certificate or the handshake
 *   protocol         the response, or the request, is not valid HTTP
 *   url              the URL cannot be used
 */
export type FailureReason =
  | 'address_refused'
  | 'timeout'
  | 'dns'
  | 'proxy'
  | 'connection'
  | 'tls'
  | 'protocol'
  | 'url';

type ErrorFacts = {
  readonly name?: string;
  readonly code?: string;
  readonly syscall?: string;
  readonly cause?: unknown;
};

/** Classifies the error of a request. */
export function reasonOf(error: unknown): FailureReason {
  if (error instanceof AddressRejected) return 'address_refused';
  if (error instanceof ProxyFailed) return 'proxy';
  // Node tries several addresses of a name and reports their errors together.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  const { name, code = '', syscall, cause } = error as ErrorFacts;
  if (cause instanceof AddressRejected) return 'address_refused';
  if (syscall === 'getaddrinfo' || dnsCode.test(code)) return 'dns';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') return 'timeout';
  if (tlsCode.test(code)) return 'tls';
  if (name === 'HTTPParserError' || protocolCode.test(code)) return 'protocol';
  return 'connection';
}

const dnsCode = /^(EAI_|ENOTFOUND$)/;

const tlsCode =
  /^(ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|EPROTO$)/;

const protocolCode =
  /^(HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_INVALID_ARG|UND_ERR_RES_|UND_ERR_REQ_|UND_ERR_NOT_SUPPORTED|ERR_INVALID)/;

/** Describes an error for a person. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return describeError(error.errors[0]);
  }
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const isCodeNews = typeof code === 'string' && !error.message.includes(code);
  return isCodeNews ? `${error.message} (${code})` : error.message;
}
