// Looks at the bare structure of a YAML document before anything follows it: how deep it nests, and whether its aliases
// lead somewhere, into themselves, or to more than memory holds. Knows no keys and no values.

import { type Document, isAlias, isCollection, isPair, isScalar, type Node } from 'yaml';

/** Nothing that people write comes near; recursion is safe up to here. */
const DEPTH_MAX = 100;
/** Nodes that aliases may stand for altogether: each is read as if it were written out, a long text as several. */
const ALIASED_NODES_MAX = 100_000;
const NODE_CHARACTERS = 100;

export type StructureFault = {
  readonly offset: number;
  readonly reason: string;
  readonly remedy: string;
};

/** The first fault of the structure; null if there is none. */
export function findStructureFault({ contents }: Document): StructureFault | null {
  try {
    new Walk().measure(contents, 0);
    return null;
  } catch (error) {
    if (error instanceof FaultFound) return error.fault;
    throw error;
  }
}

/** Ends the walk from any depth. */
class FaultFound extends Error {
  readonly fault: StructureFault;

  constructor(node: Node, reason: string, remedy: string) {
    super(reason);
    this.fault = { offset: node.range?.[0] ?? 0, reason, remedy };
  }
}

class Walk {
  /** By name, the node that has the anchor last: a later one of the same name takes its place. */
  readonly #anchors = new Map<string, Node>();
  /** Nodes that are complete, with how many nodes they stand for. */
  readonly #sizes = new Map<Node, number>();
  #aliasedCount = 0;

  /** @returns how many nodes this one stands for, itself included. */
  measure(node: unknown, depth: number): number {
    if (isPair(node)) return this.measure(node.key, depth) + this.measure(node.value, depth);
    if (node === null || node === undefined) return 0;
    const part = node as Node;
    if (depth > DEPTH_MAX) {
      const reason = `nests deeper than ${DEPTH_MAX} levels`;
      throw new FaultFound(part, reason, 'look for brackets that are not closed');
    }
    if (isAlias(node)) return this.#sizeBehind(node, node.source);
    const { anchor } = part as { anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, part);
    const items = isCollection(node) ? node.items : [];
    const own = isScalar(node) ? 1 + Math.floor(String(node.value).length / NODE_CHARACTERS) : 1;
    const size = items.reduce<number>((sum, item) => sum + this.measure(item, depth + 1), own);
    this.#sizes.set(part, size);
    return size;
  }

  #sizeBehind(alias: Node, name: string): number {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const reason = `has the alias *${name}, and no &${name} stands before it`;
      throw new FaultFound(alias, reason, 'put a text that begins with * in quotes');
    }
    const size = this.#sizes.get(target);
    if (size === undefined) {
      const reason = `has the alias *${name} within what &${name} names: it would contain itself`;
      throw new FaultFound(alias, reason, 'write out what is meant');
    }
    this.#aliasedCount += size;
    if (this.#aliasedCount > ALIASED_NODES_MAX) {
      const reason = `has aliases that stand for more than ${ALIASED_NODES_MAX} values altogether`;
      throw new FaultFound(alias, reason, 'use fewer aliases, or none within others');
    }
    return size;
  }
}
