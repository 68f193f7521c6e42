// The name and version of this release, read once from package.json, which lies two folders up in a checkout and in
// the published package alike.

import { readFileSync } from 'node:fs';

export type Release = { readonly version: string; readonly license: string };

/** Returns the version and license of this release. */
export function readRelease(): Release {
  const file = new URL('../../package.json', import.meta.url);
  const { version, license } = JSON.parse(readFileSync(file, 'utf8')) as Release;
  return { version, license };
}

/** Returns the User-Agent of Parley's own requests. */
export const ownUserAgent = (): string => `Parley/${readRelease().version}`;
