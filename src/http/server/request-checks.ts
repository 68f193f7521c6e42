// Checks of request headers, each a pure function: version, Accept, Content-Type (contract rows 36 to 41).

import { apiError, type ContractError } from '../../contract/errors.ts';

/** Published versions below 2.14, in which the channel endpoints did not exist. */
const olderVersions = new Set([
  '1.0',
  '1.1',
  '1.2',
  '1.3',
  '1.4',
  '2.0',
  '2.1',
  '2.2',
  '2.3',
  '2.4',
  '2.5',
  '2.6',
  '2.7',
  '2.8',
  '2.9',
  '2.10',
  '2.11',
  '2.12',
  '2.13',
]);
const servedVersions = new Set(['2.14', '2.15', '2.16', '2.17', 'unstable', 'preview']);

/**
 * Checks the Intercom-Version header (rows 38 to 41).
 * @param isStrict whether the channel rejects versions older than the endpoints.
 */
export function checkVersion(header: string | undefined, isStrict: boolean): ContractError | null {
  if (header === undefined || header === '') return null;
  const version = header.toLowerCase();
  if (servedVersions.has(version)) return null;
  if (!olderVersions.has(version)) return apiError('versionUnknown', 'Intercom-Version');
  return isStrict ? apiError('versionTooOld', 'Intercom-Version') : null;
}

/** Checks the Accept header: rejected only if it excludes JSON. */
export function checkAccept(header: string | undefined): ContractError | null {
  if (header === undefined || header === '' || header === '*/*') return null;
  if (header === 'application/json') return null;
  const ranges = header.split(',').map((range) => {
    const [name, ...parameters] = range.split(';').map((piece) => piece.trim().toLowerCase());
    return { name, isExcluded: parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) };
  });
  // Ruby's client names the vendor's own type (contract G 12), which is JSON too.
  if (ranges.some(({ name, isExcluded }) => /^application\/.+\+json$/.test(name!) && !isExcluded)) {
    return null;
  }
  // The most specific range that matches decides (RFC 9110, 12.5.1).
  for (const name of ['application/json', 'application/*', '*/*']) {
    const range = ranges.find((candidate) => candidate.name === name);
    if (range !== undefined) return range.isExcluded ? apiError('acceptExcludesJson') : null;
  }
  return apiError('acceptExcludesJson');
}

/** Checks the Content-Type of a body that is not empty: JSON in UTF-8 (row 36). */
export function checkContentType(header: string | undefined): ContractError | null {
  if (header === 'application/json') return null;
  const [type = '', ...parameters] = (header ?? '')
    .toLowerCase()
    .split(';')
    .map((piece) => piece.trim());
  const isJson = /^application\/([a-z0-9!#$&^_.-]+\+)?json$/.test(type);
  const isOtherCharset = parameters.some(
    (parameter) => parameter.startsWith('charset=') && !/^charset="?utf-?8"?$/.test(parameter),
  );
  return isJson && !isOtherCharset ? null : apiError('contentTypeNotJson');
}

/** Checks the Content-Type of an upload: multipart/form-data with a boundary. */
export function checkMultipartType(header: string | undefined): ContractError | null {
  const isMultipart = /^multipart\/form-data\s*;.*boundary=/i.test(header ?? '');
  return isMultipart ? null : apiError('contentTypeNotMultipart');
}

/** Checks the Content-Encoding of a body: compressed bodies are rejected. */
export function checkContentEncoding(header: string | undefined): ContractError | null {
  if (header === undefined || /^(identity)?$/i.test(header.trim())) return null;
  return apiError('contentTypeNotJson', null, 'The body must not be compressed (Content-Encoding)');
}
