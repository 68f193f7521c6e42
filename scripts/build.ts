// `npm run build`: builds dist/ for the npm package, since Node does not strip types below node_modules. A checkout
// runs src/ and never needs it.

import { cpSync, existsSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { compile, root } from './compile.ts';

const source = join(root, 'src');
const target = join(root, 'dist');

rmSync(target, { recursive: true, force: true });
compile('tsconfig.build.json');
copyOtherFiles();
if (!existsSync(join(target, 'cli/run.js'))) throw new Error('dist/cli/run.js was not made');

/** Files that are read at run time from beside the code: migrations, the expected schema, pages. */
function copyOtherFiles(): void {
  cpSync(source, target, {
    recursive: true,
    // The receiver is a separate package.
    filter: (path) => !path.endsWith('.ts') && relative(source, path).split(sep)[0] !== 'receiver',
  });
}
