// SPDX-License-Identifier: MIT
import { isOnCurve, isSmallOrder, poseidon, type Point } from "../crypto/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Field } from "../field.ts";
import { BinaryTree } from "./binaryTree.ts";

/** Levels of the registry. */
export const TICKET_BITS = 8;

/** Ids of tickets are 1 … 247 (docs/b52.md §1). */
export const MAX_TICKET = 247;

/** Stands for nobody, in a transcript and as the worker of a proof. */
export const NOBODY = 0;

export const isTicket = (id: number): boolean => Number.isInteger(id) && id > NOBODY && id <= MAX_TICKET;

/** The tickets whose votes count in a round. */
export interface Voters {
  /** Keys when the round was opened. */
  readonly registry: RegistryTree;
  /** `packDraw` of the round's draw (docs/b52.md §11); 0 where tickets are not drawn. */
  readonly draw: bigint;
}

/** The keys of all tickets at one time. Immutable. */
export class RegistryTree {
  readonly #keys: ReadonlyMap<number, Point>;
  readonly #tree: BinaryTree;

  private constructor(keys: ReadonlyMap<number, Point>) {
    this.#keys = keys;
    this.#tree = new BinaryTree(
      TICKET_BITS,
      [...keys].map(([ticket, { x, y }]) => [ticket, poseidon([x, y])] as const),
    );
  }

  /** A registry without tickets. */
  static empty(): RegistryTree {
    return new RegistryTree(new Map());
  }

  /** @throws {ProtocolError} as `set` */
  static of(keys: Iterable<readonly [ticket: number, key: Point]>): RegistryTree {
    const checked = new Map(keys);
    checked.forEach((key, ticket) => {
      assertRegistrable(ticket, key);
    });
    return new RegistryTree(checked);
  }

  /** Root of the tree, as the registry on L1 keeps it. */
  get root(): Field {
    return this.#tree.root;
  }

  /** Number of tickets that have a key. */
  get size(): number {
    return this.#keys.size;
  }

  /** The ticket's key, or undefined if it has none or is no ticket. */
  get(ticket: number): Point | undefined {
    return this.#keys.get(ticket);
  }

  /**
   * The registry with this key for the ticket. Several tickets may have one key.
   *
   * @throws {ProtocolError} `OUT_OF_RANGE`, `NOT_ON_CURVE`, `KEY_SMALL_ORDER`
   */
  set(ticket: number, key: Point): RegistryTree {
    return RegistryTree.of([...this.#keys, [ticket, key]]);
  }

  /** The registry without a key for the ticket. @throws {ProtocolError} `OUT_OF_RANGE` */
  remove(ticket: number): RegistryTree {
    assertTicket(ticket);
    return new RegistryTree(new Map([...this.#keys].filter(([other]) => other !== ticket)));
  }

  /**
   * Siblings of a leaf, from the leaf upwards; also of the leaves 0, 248 … 255.
   * @throws {ProtocolError} `OUT_OF_RANGE`
   */
  path(index: number): Field[] {
    return this.#tree.path(index);
  }
}

function assertTicket(ticket: number): void {
  if (!isTicket(ticket)) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "ticket", value: ticket, minimum: 1, maximum: MAX_TICKET },
      `${ticket} is not in 1 … ${MAX_TICKET}`,
    );
  }
}

function assertRegistrable(ticket: number, key: Point): void {
  assertTicket(ticket);
  if (!isOnCurve(key)) {
    throw new ProtocolError("NOT_ON_CURVE", { x: key.x, y: key.y }, `(${key.x}, ${key.y}) is not on BabyJubJub`);
  }
  if (isSmallOrder(key)) {
    throw new ProtocolError("KEY_SMALL_ORDER", { x: key.x, y: key.y }, `(${key.x}, ${key.y}) has small order`);
  }
}
