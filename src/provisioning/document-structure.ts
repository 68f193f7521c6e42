// Checks the structure of a YAML document before it is used: its depth, and whether its aliases lead to something, into
// themselves, or to more than memory holds. Knows no keys and no values.

import { type Document, isAlias, isCollection, isPair, isScalar, type Node } from 'yaml';

/** Far more than real files have; recursion is safe up to this depth. */
const DEPTH_MAX = 100;
/** Maximum number of nodes that aliases expand to altogether; a long text counts as several. */
const ALIASED_NODES_MAX = 100_000;
const NODE_CHARACTERS = 100;

export type StructureFault = {
  readonly offset: number;
  readonly reason: string;
  readonly remedy: string;
};

/** Finds the first fault of the structure; null if there is none. */
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
  /** The last node with each anchor name: a later anchor of the same name replaces an earlier one. */
  readonly #anchors = new Map<string, Node>();
  /** Expanded sizes of the nodes that were walked completely. */
  readonly #sizes = new Map<Node, number>();
  #aliasedCount = 0;

  /** @returns the expanded size of a node, itself included. */
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
      const reason = `has the alias *${name}, but no anchor &${name} before it`;
      throw new FaultFound(alias, reason, 'put a text that begins with * in quotes');
    }
    const size = this.#sizes.get(target);
    if (size === undefined) {
      const reason = `has the alias *${name} inside &${name}, so that it would contain itself`;
      throw new FaultFound(alias, reason, 'write the value out');
    }
    this.#aliasedCount += size;
    if (this.#aliasedCount > ALIASED_NODES_MAX) {
      const reason = `has aliases that expand to more than ${ALIASED_NODES_MAX} values`;
      throw new FaultFound(alias, reason, 'use fewer aliases, or none within others');
    }
    return size;
  }
}
