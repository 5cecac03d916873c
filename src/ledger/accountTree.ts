import { poseidon } from "../crypto/poseidon.ts";
import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";
import { hashAccount, type Account } from "./account.ts";

/** The hashes of the four children of a node, in order. */
export type Children = readonly [bigint, bigint, bigint, bigint];

/** Children along a path, the root's first, each level including the node on the path. */
export type Path = readonly Children[];

interface Leaf {
  readonly hash: Field;
  readonly account: Account;
}

interface Inner {
  readonly hash: Field;
  readonly children: readonly (Node | undefined)[];
}

type Node = Leaf | Inner;

const ARITY = 4;

/** Hashes of empty trees by depth, the leaf's first. */
const emptyHashes: Field[] = [0n as Field];

function emptyHash(depth: number): Field {
  for (let i = emptyHashes.length; i <= depth; i++) {
    const below = emptyHashes[i - 1] as Field;
    emptyHashes.push(poseidon([below, below, below, below]));
  }
  return emptyHashes[depth] as Field;
}

/**
 * The account tree: sparse, of arity 4, hashed with Poseidon (docs/protocol.md §2). Immutable: `set` returns a new tree which shares
 * all but the changed path, so that any state can be kept or forked at no cost.
 */
export class AccountTree {
  readonly depth: number;
  readonly #root: Node | undefined;

  private constructor(depth: number, root: Node | undefined) {
    this.depth = depth;
    this.#root = root;
  }

  static empty(depth: number): AccountTree {
    return new AccountTree(depth, undefined);
  }

  get root(): Field {
    return this.#root?.hash ?? emptyHash(this.depth);
  }

  /** Undefined if absent or outside the tree. @param index a non-negative integer */
  get(index: number): Account | undefined {
    if (index >= ARITY ** this.depth) return undefined;
    let node = this.#root;
    for (const digit of this.#digits(index)) {
      if (node === undefined || !("children" in node)) return undefined;
      node = node.children[digit];
    }
    return node !== undefined && "account" in node ? node.account : undefined;
  }

  /** @throws {ProtocolError} `INDEX_OUTSIDE_TREE` */
  set(index: number, account: Account): AccountTree {
    const digits = this.#digits(index);
    const leaf: Leaf = { hash: hashAccount(account), account };
    const rebuild = (node: Node | undefined, level: number): Node => {
      const digit = digits[level];
      if (digit === undefined) return leaf;
      const children = node !== undefined && "children" in node ? [...node.children] : new Array<undefined>(ARITY);
      children[digit] = rebuild(children[digit], level + 1);
      return { children, hash: poseidon(this.#hashes(children, level + 1)) };
    };
    return new AccountTree(this.depth, rebuild(this.#root, 0));
  }

  /** Proves what is at `index`, an account or nothing. @throws {ProtocolError} `INDEX_OUTSIDE_TREE` */
  path(index: number): Path {
    const path: Children[] = [];
    let node = this.#root;
    this.#digits(index).forEach((digit, level) => {
      const children = node !== undefined && "children" in node ? node.children : [];
      path.push(this.#hashes(children, level + 1));
      node = children[digit];
    });
    return path;
  }

  /** All accounts with their indices, in order. */
  *entries(): Generator<readonly [index: number, account: Account]> {
    function* walk(node: Node | undefined, index: number): Generator<readonly [number, Account]> {
      if (node === undefined) return;
      if ("account" in node) yield [index, node.account];
      else for (let digit = 0; digit < ARITY; digit++) yield* walk(node.children[digit], index * ARITY + digit);
    }
    yield* walk(this.#root, 0);
  }

  /** Base-4 digits of an index, the most significant first. */
  #digits(index: number): number[] {
    if (!Number.isInteger(index) || index < 0 || index >= ARITY ** this.depth) {
      throw new ProtocolError("INDEX_OUTSIDE_TREE", `index ${index} is outside 0 … ${ARITY ** this.depth - 1}`);
    }
    return Array.from({ length: this.depth }, (_, i) => Math.floor(index / ARITY ** (this.depth - 1 - i)) % ARITY);
  }

  #hashes(children: readonly (Node | undefined)[], level: number): Children {
    const hash = (i: number): Field => children[i]?.hash ?? emptyHash(this.depth - level);
    return [hash(0), hash(1), hash(2), hash(3)];
  }
}
