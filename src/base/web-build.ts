// Where the built files of the web app are, and which sources they were built from. A build has a folder named by the
// hash of its sources; the file `current` names the folder in use, so that a new one takes over at once.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256Hex } from './random.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export const webBuild = {
  root,
  /** Only a checkout has the sources. */
  sources: join(root, 'web'),
  isCheckout: existsSync(join(root, 'web')),
  script: join(root, 'scripts', 'build-web.ts'),
  folder: join(root, 'dist', 'web'),
} as const;

/** The folder name of the build in use; null before the first build. */
export function currentWebBuild(): string | null {
  const file = join(webBuild.folder, 'current');
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** The folder name of the build that the sources need; null without sources. */
export function neededWebBuild(): string | null {
  if (!webBuild.isCheckout) return null;
  const sources = readdirSync(webBuild.sources, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = [...sources, webBuild.script, join(root, 'package-lock.json')].sort();
  const parts = files.map(
    (file) =>
      `${relative(root, file).replaceAll(sep, '/')}\n${sha256Hex(readFileSync(file, 'utf8'))}`,
  );
  return sha256Hex(parts.join('\n')).slice(0, 16);
}
