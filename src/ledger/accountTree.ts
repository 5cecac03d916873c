import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";
import { accountHash, type Account } from "./account.ts";

export const ARITY = 4;

/**
 * A path through the account tree: per level the hashes of all children of the node on the path, the next node of the
 * path among them. Level 0 holds the children of the root, the last level the leaves.
 */
export type AccountPath = readonly (readonly [Field, Field, Field, Field])[];

interface Branch {
  readonly hash: Field;
  readonly children: readonly [Node, Node, Node, Node];
}

interface Leaf {
  readonly hash: Field;
  readonly account: Account;
}

interface Empty {
  readonly hash: Field;
}

type Node = Branch | Leaf | Empty;

const isBranch = (node: Node): node is Branch => "children" in node;

/** Hashes of empty subtrees by height; [0] is the absent account. Height 16 is the tallest tree. */
const EMPTY: Empty[] = [{ hash: toField(0n) }];
for (let height = 1; height <= 16; height++) {
  const { hash } = at(EMPTY, height - 1);
  EMPTY.push({ hash: poseidon([hash, hash, hash, hash]) });
}

/**
 * The sparse Merkle tree of accounts: arity 4, `node = Poseidon(c0, c1, c2, c3)`, path of a leaf by the base-4 digits
 * of its index, most significant first (docs/protocol.md §2).
 *
 * Immutable: `set` and `withSubtree` return a new tree that shares all untouched nodes with the old one, so that a
 * snapshot or a fork costs nothing.
 */
export class AccountTree {
  /** Number of levels, 1 … 16. */
  readonly depth: number;
  readonly #root: Node;

  private constructor(depth: number, root: Node) {
    this.depth = depth;
    this.#root = root;
  }

  /** @throws {ProtocolError} `OUT_OF_RANGE` unless 1 ≤ depth ≤ 16 */
  static empty(depth: number): AccountTree {
    if (!Number.isInteger(depth) || depth < 1 || depth >= EMPTY.length) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "depth", value: depth, minimum: 1, maximum: EMPTY.length - 1 },
        `depth ${depth} is not in 1 … ${EMPTY.length - 1}`,
      );
    }
    return new AccountTree(depth, at(EMPTY, depth));
  }

  /** Root of the tree. */
  get root(): Field {
    return this.#root.hash;
  }

  /** Number of indexes, 4^depth. */
  get capacity(): number {
    return ARITY ** this.depth;
  }

  /** The account at `index`, or undefined if it is absent or lies outside the tree. */
  get(index: number): Account | undefined {
    if (index >= this.capacity) {
      return undefined;
    }
    let node = this.#root;
    for (const digit of this.#digits(index)) {
      if (!isBranch(node)) {
        return undefined;
      }
      node = at(node.children, digit);
    }
    return "account" in node ? node.account : undefined;
  }

  /** @throws {ProtocolError} `OUT_OF_RANGE` for an index outside the tree */
  set(index: number, account: Account): AccountTree {
    const leaf: Leaf = { hash: accountHash(account), account };
    return new AccountTree(this.depth, replace(this.#root, this.depth, this.#digits(index), leaf));
  }

  /**
   * The tree with all accounts of `subtree` from `base` on, in the order of their indexes there.
   *
   * @throws {ProtocolError} `OUT_OF_RANGE` unless the subtree lies in this tree and `base` is a multiple of its
   *   capacity; `SUBTREE_NOT_EMPTY` if there is an account already
   */
  withSubtree(base: number, subtree: AccountTree): AccountTree {
    const levels = this.depth - subtree.depth;
    if (levels < 1) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "depth", value: subtree.depth, minimum: 1, maximum: this.depth - 1 },
        `depth ${subtree.depth} is not below ${this.depth}`,
      );
    }
    const digits = indexDigits(base / subtree.capacity, levels);
    const old = digits.reduce<Node>(
      (node, digit, level) => at(childrenOf(node, this.depth - level), digit),
      this.#root,
    );
    if (old.hash !== at(EMPTY, subtree.depth).hash) {
      throw new ProtocolError(
        "SUBTREE_NOT_EMPTY",
        { base, capacity: subtree.capacity },
        `there are accounts between ${base} and ${base + subtree.capacity}`,
      );
    }
    return new AccountTree(this.depth, replace(this.#root, this.depth, digits, subtree.#root));
  }

  /** @throws {ProtocolError} `OUT_OF_RANGE` for an index outside the tree */
  path(index: number): AccountPath {
    let node = this.#root;
    return this.#digits(index).map((digit, level) => {
      const children = childrenOf(node, this.depth - level);
      node = at(children, digit);
      return [children[0].hash, children[1].hash, children[2].hash, children[3].hash];
    });
  }

  /** All accounts, by ascending index. */
  *entries(): Generator<readonly [index: number, account: Account]> {
    yield* walk(this.#root, 0);
  }

  #digits(index: number): number[] {
    return indexDigits(index, this.depth);
  }
}

/**
 * The root that `leaf` (0 if absent) at `index` hashes to along `path`, or undefined if the path does not contain it.
 * The last level of the path binds the leaf, each level above the hash of the one below.
 */
export function rootOfPath(index: number, leaf: Field, path: AccountPath): Field | undefined {
  let node = leaf;
  const digits = indexDigits(index, path.length);
  for (let level = path.length - 1; level >= 0; level--) {
    const children = at(path, level);
    if (children[at(digits, level)] !== node) {
      return undefined;
    }
    node = poseidon(children);
  }
  return node;
}

/** Base-4 digits of `index`, most significant first. */
function indexDigits(index: number, depth: number): number[] {
  if (!Number.isInteger(index) || index < 0 || index >= ARITY ** depth) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "index", value: index, minimum: 0, maximum: ARITY ** depth - 1 },
      `index ${index} is outside a tree of depth ${depth}`,
    );
  }
  return Array.from({ length: depth }, (_, level) => Math.floor(index / ARITY ** (depth - 1 - level)) % ARITY);
}

function childrenOf(node: Node, height: number): Branch["children"] {
  if (isBranch(node)) {
    return node.children;
  }
  const empty = at(EMPTY, height - 1);
  return [empty, empty, empty, empty];
}

/** `node`, of this height, with another node at the end of the path of `digits`. */
function replace(node: Node, height: number, digits: readonly number[], replacement: Node): Node {
  const [digit, ...rest] = digits;
  if (digit === undefined) {
    return replacement;
  }
  const children: [Node, Node, Node, Node] = [...childrenOf(node, height)];
  children[digit] = replace(at(children, digit), height - 1, rest, replacement);
  const [c0, c1, c2, c3] = children;
  return { hash: poseidon([c0.hash, c1.hash, c2.hash, c3.hash]), children };
}

function* walk(node: Node, index: number): Generator<readonly [number, Account]> {
  if ("account" in node) {
    yield [index, node.account];
  } else if (isBranch(node)) {
    for (const [digit, child] of node.children.entries()) {
      yield* walk(child, index * ARITY + digit);
    }
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "index", value: index, minimum: 0, maximum: items.length - 1 },
      `no item ${index} among ${items.length}`,
    );
  }
  return item;
}
