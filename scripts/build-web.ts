// `npm run build:web`: builds web/ into dist/web, unless it is built already. With --watch, again after each change.
// The server runs it when it starts in a checkout (src/main/web-files.ts).

import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import { currentWebBuild, neededWebBuild, webBuild } from '../src/base/web-build.ts';

/** Builds what the sources need. Several processes may do so at once: each writes into a folder of its own first. */
export async function ensureWebBuilt(): Promise<void> {
  const needed = neededWebBuild();
  if (needed === null || currentWebBuild() === needed) return;
  mkdirSync(webBuild.folder, { recursive: true });
  const target = join(webBuild.folder, needed);
  if (!existsSync(target)) {
    const temporary = mkdtempSync(join(webBuild.folder, 'new-'));
    await run(temporary);
    // For this user alone by default, but another one may serve it.
    chmodSync(temporary, 0o755);
    try {
      renameSync(temporary, target);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  const next = join(webBuild.folder, `current-${process.pid}`);
  writeFileSync(next, needed);
  renameSync(next, join(webBuild.folder, 'current'));
  removeOthers(needed);
}

/** Removes earlier builds. A running server has read its files already. */
function removeOthers(needed: string): void {
  for (const name of readdirSync(webBuild.folder)) {
    if (/^[0-9a-f]{16}$/.test(name) && name !== needed) {
      rmSync(join(webBuild.folder, name), { recursive: true, force: true });
    }
  }
}

/** Some libraries mark files with 'use client', which means nothing here. */
const onLog = (
  level: string,
  log: Rolldown.RollupLog,
  next: (level: never, log: never) => void,
) => {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') next(level as never, log as never);
};

async function run(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: webBuild.sources,
    base: '/app/',
    logLevel: 'warn',
    mode: 'production',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2024',
      license: true,
      cssTarget: ['chrome125', 'firefox125', 'safari17.5'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: { onLog },
    },
    worker: { format: 'es' },
  });
}

if (import.meta.main) {
  await ensureWebBuilt();
  if (process.argv.includes('--watch')) {
    let timer: NodeJS.Timeout | undefined;
    watch(webBuild.sources, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        ensureWebBuilt().then(
          () => console.log('built'),
          (error: Error) => console.error(error.message),
        );
      }, 50);
    });
    console.log('Watching web/. Reload the page after a change.');
  }
}
