// SPDX-License-Identifier: MIT
import { poseidon } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";

const ABSENT = toField(0n);

/** A binary Poseidon tree of 2^depth leaves, most of them 0. Immutable. */
export class BinaryTree {
  readonly depth: number;
  /** By height, from the leaves: the nodes that are not those of an empty subtree. */
  readonly #levels: readonly ReadonlyMap<number, Field>[];
  readonly #empty: readonly Field[];

  /** @throws {ProtocolError} `OUT_OF_RANGE` for an index outside the tree */
  constructor(depth: number, leaves: Iterable<readonly [index: number, leaf: Field]>) {
    this.depth = depth;
    this.#empty = emptyRoots(depth);
    const levels = [new Map([...leaves].map(([index, leaf]) => [this.#checked(index), leaf] as const))];
    for (let height = 0; height < depth; height++) {
      const below = levels[height];
      const pairs = new Set([...(below?.keys() ?? [])].map((index) => index >> 1));
      const nodeBelow = (index: number): Field => below?.get(index) ?? this.#emptyAt(height);
      levels.push(new Map([...pairs].map((i) => [i, poseidon([nodeBelow(2 * i), nodeBelow(2 * i + 1)])] as const)));
    }
    this.#levels = levels;
  }

  get root(): Field {
    return this.#node(this.depth, 0);
  }

  /** Siblings of the leaf and of the nodes above it, from the leaf upwards. @throws {ProtocolError} `OUT_OF_RANGE` */
  path(index: number): Field[] {
    this.#checked(index);
    return Array.from({ length: this.depth }, (_, height) => this.#node(height, (index >> height) ^ 1));
  }

  #node(height: number, index: number): Field {
    return this.#levels[height]?.get(index) ?? this.#emptyAt(height);
  }

  #emptyAt(height: number): Field {
    return this.#empty[height] ?? ABSENT;
  }

  #checked(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** this.depth) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "index", value: index, minimum: 0, maximum: 2 ** this.depth - 1 },
        `index ${index} is outside a tree of depth ${this.depth}`,
      );
    }
    return index;
  }
}

/** Roots of trees without leaves, by height. */
function emptyRoots(depth: number): Field[] {
  const roots = [ABSENT];
  for (let root = ABSENT; roots.length <= depth; roots.push(root)) {
    root = poseidon([root, root]);
  }
  return roots;
}
