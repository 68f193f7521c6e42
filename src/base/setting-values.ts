// Reads values of settings from the texts of environment variables. Each returns the value, or what it must be.

import { fail, ok, type Result } from './result.ts';
import { isGuessable } from './secret-strength.ts';

/** Reads a whole number. */
export const wholeNumber =
  (fallback: number, min: number, max: number) =>
  (text: string | undefined): Result<number, string> => {
    if (text === undefined) return ok(fallback);
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max
      ? ok(value)
      : fail(`must be a whole number from ${min} to ${max}`);
  };

/** Reads a secret that a person chose. @param generator a command that creates a good one. */
export const secret =
  (min: number, max: number, generator: string) =>
  (text: string | undefined): Result<string | undefined, string> => {
    if (text === undefined) return ok(text);
    if (!/^[\x21-\x7e]*$/.test(text) || text.length < min || text.length > max) {
      return fail(`must have ${min} to ${max} visible ASCII characters and no spaces`);
    }
    return isGuessable(text)
      ? fail(`could be guessed, having too little variety: make one with \`${generator}\``)
      : ok(text);
  };

/** Reads the URL of a proxy. */
export const readProxyUrl = (text: string | undefined): Result<URL | undefined, string> => {
  if (text === undefined) return ok(undefined);
  // Other tools accept `proxy:3128` too.
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  return url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/'
    ? ok(url)
    : fail('must be the URL of a proxy, such as http://proxy.example:3128');
};

/** Reads the address of a server, without a query. */
export const readOrigin = (text: string | undefined): Result<string | undefined, string> => {
  if (text === undefined) return ok(undefined);
  const url = URL.parse(text);
  const isOrigin = url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === '';
  return isOrigin && url.username === ''
    ? ok(text.replace(/\/+$/, ''))
    : fail('must be an address such as https://parley.example');
};

/** Reads a text of a form. */
export const matching =
  (form: RegExp, fault: string) =>
  (text: string | undefined): Result<string | undefined, string> =>
    text === undefined || form.test(text) ? ok(text) : fail(fault);

/** Reads on or off. */
export function readSwitch(text: string | undefined): Result<boolean | undefined, string> {
  if (text === undefined) return ok(undefined);
  return text === 'on' || text === 'off' ? ok(text === 'on') : fail('must be on or off');
}
