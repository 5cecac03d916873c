// SPDX-License-Identifier: MIT
import { AbiCoder, concat, keccak256 } from "ethers";

import { ProtocolError } from "../errors.ts";
import { exitEntry, type Exit } from "../ledger/index.ts";

/** An exit, and where it left L2. */
export interface SettledExit {
  /** Number of the batch, or height of the block. */
  readonly batch: number;
  /** Index of the leaf in the batch, from 0. */
  readonly leaf: number;
  /** Receiver, token and amount. */
  readonly exit: Exit;
}

/** The exits of one transition, as L1 has settled them (`IExits`). */
export interface Settlement {
  /** Number of transitions with exits before it. */
  readonly number: number;
  /** Number of its first exit, counted over all transitions. */
  readonly first: bigint;
  /** In the order of batches, leaves and slots; at least one. */
  readonly exits: readonly SettledExit[];
}

/** Nodes that L1 keeps of a height (`SettlementTree`). */
const keptAt = (height: number): number => (height === 0 ? 64 : 8);

/** For so many further settlements a claim should stay possible; of a young settlement L1 keeps nothing for so long. */
const WANTED_LIFE = 256;

const encode = (types: readonly string[], values: readonly unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

/** `ExitNode.hash` */
const exitNode = ({ exit }: SettledExit, index: number): string =>
  encode(["uint256", "uint256", "uint256"], [index, ...exitEntry(exit, 0)]);

/** `Exits._settlementOf` */
const settlementNode = ({ number, first, exits }: Settlement): string =>
  encode(["uint256", "uint256", "bytes32"], [number, first, settlementRoot(exits)]);

/** OpenZeppelin's commutative hash: the smaller node first. */
const hashPair = (a: string, b: string): string => keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a]));

/** All levels of the tree over exits, as `MerkleRoot.sol` builds it: an odd node at the end of a level moves up. */
function levelsOf(exits: readonly SettledExit[]): string[][] {
  const levels = [exits.map(exitNode)];
  for (let level = levels[0]!; level.length > 1; levels.push(level)) {
    const below = level;
    level = Array.from({ length: Math.ceil(below.length / 2) }, (_, i) => {
      const [left, right] = [below[2 * i]!, below[2 * i + 1]];
      return right === undefined ? left : hashPair(left, right);
    });
  }
  return levels;
}

/** Root over the exits of a transition, at least one. */
export const settlementRoot = (exits: readonly SettledExit[]): string => levelsOf(exits).at(-1)![0]!;

/**
 * Siblings of the exit at `index` up to the root of its settlement.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function exitPath(exits: readonly SettledExit[], index: number): string[] {
  if (index < 0 || index >= exits.length) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "index", value: index, minimum: 0, maximum: exits.length - 1 },
      `exit ${index} of a settlement of ${exits.length}`,
    );
  }
  return levelsOf(exits)
    .slice(0, -1)
    .flatMap((level, height) => level[(index >> height) ^ 1] ?? []);
}

/**
 * Siblings of a settlement up to a node that L1 keeps: the lowest that stays for 256 further settlements, or else the
 * one that stays longest, for 32 at least. For example, the newest of 100 has no siblings, and its claim is good for 63
 * further settlements.
 *
 * @param settlements all of them, in order
 * @param number of the settlement
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function settlementPath(settlements: readonly Settlement[], number: number): string[] {
  const count = settlements.length;
  if (number < 0 || number >= count) {
    throw new ProtocolError(
      "OUT_OF_RANGE",
      { name: "number", value: number, minimum: 0, maximum: count - 1 },
      `settlement ${number} of ${count}`,
    );
  }
  const height = heightFor(count, number);
  const nodes = new Map<string, string>();
  const nodeAt = (level: number, index: number): string => {
    const key = `${level}/${index}`;
    const known = nodes.get(key);
    if (known !== undefined) return known;
    const node =
      level === 0
        ? settlementNode(settlements[index]!)
        : keccak256(concat([nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1)]));
    nodes.set(key, node);
    return node;
  };
  return Array.from({ length: height }, (_, level) => nodeAt(level, (number >> level) ^ 1));
}

/** A node of the tree over all settlements. */
export interface SettlementNode {
  readonly height: number;
  readonly index: number;
  readonly hash: string;
}

/**
 * The highest complete nodes, from the highest to the lowest: together they are over all settlements, and L1 keeps each
 * of them. For example, of 7 settlements these are one of height 2, one of height 1 and a leaf.
 */
export function settlementPeaks(settlements: readonly Settlement[]): SettlementNode[] {
  const peaks: SettlementNode[] = [];
  for (const settlement of settlements) {
    let node: SettlementNode = { height: 0, index: settlement.number, hash: settlementNode(settlement) };
    for (let left = peaks.at(-1); left?.height === node.height; left = peaks.at(-1)) {
      peaks.pop();
      node = { height: node.height + 1, index: node.index >> 1, hash: keccak256(concat([left.hash, node.hash])) };
    }
    peaks.push(node);
  }
  return peaks;
}

/** Number of the storage slot at which L1 keeps the tree (`Rollup._settlements`; snapshots/storageLayout.json). */
const SETTLEMENTS_SLOT = 6;

/** Storage slot of the core that has a node (`SettlementTree._place`). */
export const slotOfSettlementNode = ({ height, index }: Omit<SettlementNode, "hash">): string =>
  encode(["uint256", "uint256"], [(BigInt(height) << 64n) | BigInt(index % keptAt(height)), SETTLEMENTS_SLOT]);

/** Height of the node to which the path of settlement `number` of `count` leads. */
function heightFor(count: number, number: number): number {
  let [best, longest] = [0, -1];
  // Up to the highest node over the settlement that is complete.
  for (let height = 0; ((number >> height) + 1) * 2 ** height <= count && longest < WANTED_LIFE; height++) {
    // The node leaves L1 when there are `(node + kept + 1) · 2^height` settlements.
    const life = ((number >> height) + keptAt(height) + 1) * 2 ** height - 1 - count;
    if (life > longest) [best, longest] = [height, life];
  }
  return best;
}
