// Builds the web app in a checkout, in a child process beside the start of PostgreSQL. The published package and the
// image contain it, so there is nothing to do.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Log } from '../base/log.ts';
import { currentWebBuild, neededWebBuild, webBuild } from '../base/web-build.ts';

/** Starts the build if the sources have changed since the last one. Never fails: the API is served without the app. */
export function buildWebFiles(log: Log): void {
  const needed = neededWebBuild();
  if (needed === null || needed === currentWebBuild()) return;
  if (!hasBuilder()) {
    log.warn({ remedy: 'npm ci' }, 'web.not_built');
    return;
  }
  const child = spawn(process.execPath, [webBuild.script], {
    cwd: webBuild.root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-2000);
  });
  child.on('error', (error) => log.error({ err: error }, 'web.build_failed'));
  child.on('close', (code) => {
    if (code === 0) log.info('web.built');
    else log.error({ code, printed }, 'web.build_failed');
  });
}

/** Whether the development dependencies are installed. */
function hasBuilder(): boolean {
  try {
    createRequire(import.meta.url).resolve('vite');
    return true;
  } catch {
    return false;
  }
}
