// The Nodes that the package is tried with: the present one, and one that is too old to run Parley itself. Which that
// is depends on the machine: its own, or else the present one that says that it is old.

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

/** The version is all that the launcher goes by; what it starts gets no such arguments. */
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
