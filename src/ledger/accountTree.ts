// SPDX-License-Identifier: MIT
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

/** Hashes of the four children of a node. */
export type ChildHashes = readonly [Field, Field, Field, Field];

/** Where the nodes are that are not in memory: on a disk. */
export interface NodeSource {
  /**
   * The children of a node that has this hash.
   *
   * @param height of the node, at least 1: the number of levels below it
   * @param index of the node among those of its height
   * @throws {ProtocolError} `STATE_GONE` if they are not there any more
   */
  children(height: number, index: number, hash: Field): ChildHashes;
  /** The account that has this hash. @throws {ProtocolError} `STATE_GONE` if it is not there any more */
  account(index: number, hash: Field): Account;
}

/** A node that a tree has in memory and its source has not: it was set since. */
export type ChangedNode =
  | { readonly height: number; readonly index: number; readonly hash: Field; readonly children: ChildHashes }
  | { readonly height: 0; readonly index: number; readonly hash: Field; readonly account: Account };

type Children = readonly [Node, Node, Node, Node];

/** An inner node. It is hashed when its hash is asked for: of many changes in a row, the last one costs. */
class Branch {
  #children: Children;
  #hash: Field | undefined;
  #isReleased = false;

  constructor(children: Children) {
    this.#children = children;
  }

  get children(): Children {
    return this.#children;
  }

  /** Whether a source has it, so that it counts as read from there. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Takes the same children, as a source has them. */
  release(children: Children): void {
    this.#children = children;
    this.#isReleased = true;
  }

  get hash(): Field {
    this.#hash ??= poseidon(hashesOf(this.children));
    return this.#hash;
  }
}

class Leaf {
  readonly account: Account;
  #hash: Field | undefined;

  constructor(account: Account, hash?: Field) {
    this.account = account;
    this.#hash = hash;
  }

  get hash(): Field {
    this.#hash ??= accountHash(this.account);
    return this.#hash;
  }
}

interface Empty {
  readonly hash: Field;
}

/** A node that its source has. Its content stays in memory until the garbage collector wants the room. */
class Stored {
  readonly hash: Field;
  readonly #place: { readonly source: NodeSource; readonly height: number; readonly index: number };
  #node: WeakRef<{ readonly children: Children } | Leaf> | undefined;

  constructor(place: { readonly source: NodeSource; readonly height: number; readonly index: number }, hash: Field) {
    this.#place = place;
    this.hash = hash;
  }

  /** The node's children, or its account. */
  get node(): { readonly children: Children } | Leaf {
    const known = this.#node?.deref();
    if (known !== undefined) return known;
    const node = this.#read();
    this.#node = new WeakRef(node);
    return node;
  }

  /** As `node`, but keeps nothing in memory: for a walk through a whole tree, which may be larger than the memory. */
  peek(): { readonly children: Children } | Leaf {
    return this.#node?.deref() ?? this.#read();
  }

  #read(): { readonly children: Children } | Leaf {
    const { source, height, index } = this.#place;
    if (height === 0) return new Leaf(source.account(index, this.hash), this.hash);
    const below = height - 1;
    const [c0, c1, c2, c3] = source.children(height, index, this.hash).map((hash, digit) => {
      const empty = at(EMPTY, below);
      return hash === empty.hash ? empty : new Stored({ source, height: below, index: index * ARITY + digit }, hash);
    }) as [Node, Node, Node, Node];
    return { children: [c0, c1, c2, c3] };
  }
}

type Node = Branch | Leaf | Empty | Stored;

/** The node itself, read if it is stored. */
const resolved = (node: Node): { readonly children: Children } | Leaf | Empty =>
  node instanceof Stored ? node.node : node;

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

  /**
   * A tree whose nodes are read when they are needed.
   *
   * @param root that the source has
   * @throws {ProtocolError} `OUT_OF_RANGE` unless 1 ≤ depth ≤ 16; all that read the tree throw as its source does
   */
  static stored(depth: number, root: Field, source: NodeSource): AccountTree {
    const empty = AccountTree.empty(depth);
    return root === empty.root ? empty : new AccountTree(depth, new Stored({ source, height: depth, index: 0 }, root));
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
    let node = resolved(this.#root);
    for (const digit of this.#digits(index)) {
      if (!("children" in node)) {
        return undefined;
      }
      node = resolved(at(node.children, digit));
    }
    return "account" in node ? node.account : undefined;
  }

  /** As `get`, but keeps nothing in memory of a tree that lies on a disk: for questions of strangers. */
  peek(index: number): Account | undefined {
    for (const [found, account] of this.entries(index)) return found === index ? account : undefined;
    return undefined;
  }

  /** @throws {ProtocolError} `OUT_OF_RANGE` for an index outside the tree */
  set(index: number, account: Account): AccountTree {
    return new AccountTree(this.depth, replace(this.#root, this.depth, this.#digits(index), new Leaf(account)));
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
      return hashesOf(children);
    });
  }

  /** All accounts, by ascending index. @param first the lowest index that is wanted */
  *entries(first = 0): Generator<readonly [index: number, account: Account]> {
    yield* walk(this.#root, this.depth, 0, first);
  }

  /**
   * The nodes that were set since the tree was read from its source: all if it has none. Of each the children come
   * first.
   */
  *changes(): Generator<ChangedNode> {
    yield* changesOf(this.#root, this.depth, 0);
  }

  /**
   * Gives up the nodes of `changes`, which a source has from now on. All trees that share them read them from there.
   *
   * @param source has all other stored nodes of the tree as well
   */
  release(source: NodeSource): void {
    release(source, this.#root, this.depth, 0);
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

const hashesOf = ([c0, c1, c2, c3]: Children): [Field, Field, Field, Field] => [c0.hash, c1.hash, c2.hash, c3.hash];

function childrenOf(stored: Node, height: number): Children {
  const node = resolved(stored);
  if ("children" in node) {
    return node.children;
  }
  const empty = at(EMPTY, height - 1);
  return [empty, empty, empty, empty];
}

/** `node`, of this height, with another node at the end of the path of `digits`. */
function replace(node: Node, height: number, digits: readonly number[], replacement: Node, level = 0): Node {
  const digit = digits[level];
  if (digit === undefined) {
    return replacement;
  }
  const children: [Node, Node, Node, Node] = [...childrenOf(node, height)];
  children[digit] = replace(at(children, digit), height - 1, digits, replacement, level + 1);
  return new Branch(children);
}

/** The accounts below a node, from the index `first` on; `index` is the node's among those of its height. */
function* walk(stored: Node, height: number, index: number, first: number): Generator<readonly [number, Account]> {
  if ((index + 1) * ARITY ** height <= first) return;
  const node = stored instanceof Stored ? stored.peek() : stored;
  if (node instanceof Leaf) {
    yield [index, node.account];
  } else if ("children" in node) {
    for (const [digit, child] of node.children.entries()) {
      yield* walk(child, height - 1, index * ARITY + digit, first);
    }
  }
}

function* changesOf(node: Node, height: number, index: number): Generator<ChangedNode> {
  if (node instanceof Leaf) {
    yield { height: 0, index, hash: node.hash, account: node.account };
  } else if (node instanceof Branch && !node.isReleased) {
    for (const [digit, child] of node.children.entries()) yield* changesOf(child, height - 1, index * ARITY + digit);
    yield { height, index, hash: node.hash, children: hashesOf(node.children) };
  }
}

/** The node as its source has it. */
function release(source: NodeSource, node: Node, height: number, index: number): Node {
  if (node instanceof Branch && !node.isReleased) {
    const [c0, c1, c2, c3] = node.children.map((child, digit) =>
      release(source, child, height - 1, index * ARITY + digit),
    ) as [Node, Node, Node, Node];
    node.release([c0, c1, c2, c3]);
  }
  return node instanceof Branch || node instanceof Leaf ? new Stored({ source, height, index }, node.hash) : node;
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
