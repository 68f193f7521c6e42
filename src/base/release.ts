// What this release calls itself: read once from package.json, which lies two folders up in a checkout and in the
// published package alike.

import { readFileSync } from 'node:fs';

export type Release = { readonly version: string; readonly license: string };

/** The version and license of the Parley that runs. */
export function readRelease(): Release {
  const file = new URL('../../package.json', import.meta.url);
  const { version, license } = JSON.parse(readFileSync(file, 'utf8')) as Release;
  return { version, license };
}

/** How Parley names itself to those it calls. */
export const ownUserAgent = (): string => `Parley/${readRelease().version}`;
