// Explains in one sentence why a server could not be reached, and what to do about it.

/** Certificates that Node does not accept. */
const untrusted: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'is from an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is from an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is from an authority that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'is from an authority that this machine does not know',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host name',
};

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the host and the port, and that the server runs.',
  ENOTFOUND: 'the host name was not found.',
  EAI_AGAIN: 'the name servers of this machine do not respond.',
  ETIMEDOUT: 'the server does not respond: check the host, the port and the firewalls.',
  UND_ERR_CONNECT_TIMEOUT:
    'the server does not respond: check the host, the port and the firewalls.',
  EHOSTUNREACH: 'there is no route to the host.',
  ENETUNREACH: 'there is no route to the host.',
  ECONNRESET: 'the connection broke.',
  UND_ERR_SOCKET: 'the connection broke.',
  EPROTO: 'the server does not speak TLS on this port: check https: or http:.',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'the server does not speak TLS on this port: check https: or http:.',
  ERR_SSL_PACKET_LENGTH_TOO_LONG:
    'the server does not speak TLS on this port: check https: or http:.',
};

/** Explains an error of fetch, which hides the reason in its causes. */
export function explainHttpFailure(error: unknown, timeoutMs: number): string {
  const { name } = error as { name?: string };
  if (name === 'TimeoutError') return `no response within ${timeoutMs / 1000} s.`;
  const { name: kind, code, message } = rootOf(error);
  const fault = untrusted[code];
  if (fault !== undefined) {
    const remedy =
      fault === 'has expired' || fault === 'is not valid yet'
        ? 'renew it'
        : 'name the authority in NODE_EXTRA_CA_CERTS, or use the host name of the certificate';
    return `the certificate of the server ${fault}: ${remedy}.`;
  }
  if (kind === 'HTTPParserError') return 'the server does not speak HTTP on this port.';
  return unreachable[code] ?? `the request failed (${message || code}).`;
}

/** The innermost cause that has a code; a name with several addresses fails once for each. */
function rootOf(error: unknown): Record<'name' | 'code' | 'message', string> {
  const { name, code, message, cause, errors } = error as {
    name?: string;
    code?: unknown;
    message?: string;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  const inner = cause ?? errors?.[0];
  if (typeof inner === 'object' && inner !== null) return rootOf(inner);
  return {
    name: name ?? '',
    code: typeof code === 'string' ? code : '',
    message: message ?? String(error),
  };
}
