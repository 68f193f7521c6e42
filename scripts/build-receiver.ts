// Prepares packages/receiver for packing, from src/receiver: the code, and types that need no other package. Runs
// before `npm pack` there. Takes another folder as its argument.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compile, root } from './compile.ts';
import { eventTypes } from './event-types.ts';

const target = resolve(process.argv[2] ?? join(root, 'packages', 'receiver', 'dist'));
const compiled = join(target, 'compiled');

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
compile('tsconfig.receiver.json', '--outDir', compiled);
for (const file of readdirSync(join(compiled, 'receiver'))) {
  writeFileSync(
    join(target, file),
    onItsOwn(readFileSync(join(compiled, 'receiver', file), 'utf8')),
  );
}
rmSync(compiled, { recursive: true });
writeFileSync(join(target, 'outbound-events.d.ts'), eventTypes());

/** Only types come from elsewhere, and those are written beside; endings are those of the built files. */
function onItsOwn(text: string): string {
  return text
    .replaceAll("'../contract/outbound-events.ts'", "'./outbound-events.js'")
    .replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'");
}
