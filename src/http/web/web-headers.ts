// The security headers of the web app: nothing from other servers, nothing inline, and no text that becomes markup.

/** The one policy of Trusted Types lets the address of the shared worker through, nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types parley',
].join('; ');

/** Headers of the page. */
export const webPageHeaders = {
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Frame-Options': 'DENY',
} as const;

/** Headers of scripts and styles: their names contain a hash of their content. The policy holds in a worker, too. */
export const webAssetHeaders = {
  'Cache-Control': 'public, max-age=31536000, immutable',
  'Content-Security-Policy': policy,
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;
