// The address of a webhook: a fixed host with a template behind it. Values are percent-encoded, so they can neither
// leave their segment of the path nor change where it leads.

import { secretMark, withoutSecrets } from '../template/secret-mark.ts';

/** The most characters of the rendered address. */
const URL_CHARACTERS_MAX = 8_000;

/** A piece of the address: literal text, or an output `{{ … }}`. */
export type UrlPiece = { readonly kind: 'text' | 'output'; readonly text: string };

/** Splits an address into its pieces. */
export const piecesOf = (url: string): readonly UrlPiece[] =>
  url
    .split(/(\{\{.*?\}\})/s)
    .map((text, index): UrlPiece => ({ kind: index % 2 === 1 ? 'output' : 'text', text }))
    .filter(({ text }) => text !== '');

export type UrlFault = { readonly reason: string; readonly remedy: string };

/** Returns what is wrong with an address, besides its templates; null: nothing. */
export function checkUrl(url: string): UrlFault | null {
  const [, before = '', behind = ''] = /^([^?#]*)(.*)$/s.exec(withoutOutputs(url)) ?? [];
  if (secretMark.test(before)) {
    const remedy = 'write secrets into a header, or into the query behind the "?"';
    return { reason: 'has a secret in its path', remedy };
  }
  const sample = withoutSecrets(`${before}${behind}`);
  if (/\{%|\{\{|\}\}/.test(sample)) {
    const remedy = 'use {{ … }} with values only, without tags such as {% if %}';
    return { reason: 'is a template with more than values', remedy };
  }
  const [authority = ''] = /^[a-z]+:\/\/[^/?#\\]*/i.exec(url) ?? [];
  if (/[{}$]/.test(authority) || /^\s*\{/.test(url)) {
    // A contact must not choose the host that is called.
    const remedy =
      'write it out; values belong behind the host, as in https://orders.example/orders/{{ … }}';
    return { reason: 'does not fix whom it calls: scheme, host and port cannot be values', remedy };
  }
  if (!isCallableUrl(sample) || sample.includes('\\')) {
    const remedy = 'write http:// or https:// and a host, without user and password';
    return { reason: `is not a URL that can be called: "${url}"`, remedy };
  }
  return null;
}

const withoutOutputs = (url: string): string =>
  piecesOf(url)
    .map(({ kind, text }) => (kind === 'output' ? 'x' : text))
    .join('');

/** Whether a text is an http or https address without credentials. */
export function isCallableUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s]+$/i.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '';
}

export type RenderedUrl =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly why: string };

/**
 * Fills the values into the address.
 * @param render renders a piece in braces.
 */
export function renderUrl(url: string, render: (output: string) => string): RenderedUrl {
  const reject = (why: string): RenderedUrl => ({ ok: false, why });
  const pieces = piecesOf(url);
  if (pieces.every(({ kind }) => kind === 'text')) return { ok: true, url };
  // A mark that no URL contains stands for each value until the segments of the path have been checked.
  let marked = '';
  for (const { kind, text } of pieces) {
    marked += kind === 'text' ? text : `\u0000${encodeURIComponent(render(text))}`;
  }
  const [, path = ''] = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(marked) ?? [];
  for (const segment of path.split('/').filter((one) => one.includes('\u0000'))) {
    const text = segment.replaceAll('\u0000', '');
    if (text === '') return reject('a value of its path is empty');
    if (/^(\.|%2e)+$/i.test(text)) return reject('a value would change where its path leads');
  }
  const whole = marked.replaceAll('\u0000', '');
  if (whole.length > URL_CHARACTERS_MAX) {
    return reject(
      `it would have ${whole.length} characters, at most ${URL_CHARACTERS_MAX} are sent`,
    );
  }
  return { ok: true, url: whole };
}
