// The Nodes that the package is tested with: the present one, and one too old to run Parley itself (that of the
// machine, or the present one with a fake version).

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type NodeToTry = {
  readonly title: string;
  readonly node: string;
  readonly nodeArguments: readonly string[];
};

const present: NodeToTry = {
  title: `Node ${process.versions.node}`,
  node: process.execPath,
  nodeArguments: [],
};

/** Arguments that fake the version, which is all that the launcher checks; the child gets no such arguments. */
export const pretended: NodeToTry = {
  title: 'a Node that says 20',
  node: process.execPath,
  nodeArguments: [
    '--import',
    'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.0.0"}})',
  ],
};

export const nodesToTry: readonly NodeToTry[] = [present, findOld() ?? pretended];

function findOld(): NodeToTry | undefined {
  for (const node of [process.env.npm_node_execpath, '/usr/local/bin/node', '/usr/bin/node']) {
    if (node === undefined || !existsSync(node)) continue;
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1);
    const major = Number(version.split('.')[0]);
    if (major >= 18 && major < 24) return { title: `Node ${version}`, node, nodeArguments: [] };
  }
  return undefined;
}
