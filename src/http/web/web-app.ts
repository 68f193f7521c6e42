// The built files of the web app, held in memory and replaced when a new build is there.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { currentWebBuild, webBuild } from '../../base/web-build.ts';
import { StaticText } from '../reference/static-text.ts';
import { webAssetHeaders, webPageHeaders } from './web-headers.ts';

export type Theme = 'system' | 'light' | 'dark';

export type WebApp = {
  readonly build: string;
  /** The page, which is the same for every place of the app; its class is the theme. */
  readonly pages: Readonly<Record<Theme, StaticText>>;
  /** Scripts and styles by name. */
  readonly assets: ReadonlyMap<string, StaticText>;
};

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** What is not scripts, styles or the page, such as the list of a bundler, is not served. */
const typeOf = (name: string): string | undefined => types[name.split('.').at(-1) ?? ''];

let loaded: WebApp | undefined;

/** Returns the app; null if it is not built. */
export function findWebApp(): WebApp | null {
  const build = currentWebBuild();
  if (build === null) return null;
  if (loaded?.build !== build) loaded = load(build);
  return loaded;
}

function load(build: string): WebApp {
  const folder = join(webBuild.folder, build);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const themed = (theme: Theme) =>
    new StaticText('text/html; charset=utf-8', page.replace('class="system"', `class="${theme}"`), {
      ...webPageHeaders,
      Vary: 'Accept-Encoding, Cookie',
    });
  const assets = new Map<string, StaticText>();
  for (const name of readdirSync(join(folder, 'assets'))) {
    const type = typeOf(name);
    if (type === undefined) continue;
    const text = readFileSync(join(folder, 'assets', name), 'utf8');
    assets.set(name, new StaticText(type, text, webAssetHeaders));
  }
  return {
    build,
    pages: { system: themed('system'), light: themed('light'), dark: themed('dark') },
    assets,
  };
}
