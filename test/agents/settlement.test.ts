// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, concat, keccak256 } from "ethers";

import { exitPath, settlementPath, settlementRoot, type SettledExit, type Settlement } from "../../src/agents/index.ts";
import { expectError } from "../helpers/expectError.ts";

/** Nodes that L1 keeps of a height. */
const keptAt = (height: number): number => (height === 0 ? 64 : 8);
/** Further settlements for which a claim stays good. */
const MARGIN = 32;

const encode = (types: readonly string[], values: readonly unknown[]): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(types, values));

const nodeOf = ({ exit: { recipient, token, amount } }: SettledExit, index: number): string =>
  encode(["uint256", "uint256", "uint256"], [index, recipient + token * 2n ** 160n, amount]);

const leafOf = ({ number, first, exits }: Settlement): string =>
  encode(["uint256", "uint256", "bytes32"], [number, first, rootOf(exits.map(nodeOf))]);

const pair = (a: string, b: string): string =>
  keccak256(a.toLowerCase() < b.toLowerCase() ? concat([a, b]) : concat([b, a]));

/** The root of `MerkleRoot.sol`, recursively: the largest power of two that leaves something goes to the left. */
function rootOf(nodes: readonly string[]): string {
  const [first] = nodes;
  if (first === undefined) throw new Error("no nodes");
  if (nodes.length === 1) return first;
  let left = 1;
  while (left * 2 < nodes.length) left *= 2;
  return pair(rootOf(nodes.slice(0, left)), rootOf(nodes.slice(left)));
}

const exitsOf = (count: number): SettledExit[] =>
  Array.from({ length: count }, (_, i) => ({
    batch: 7 + i,
    leaf: i % 3,
    exit: { slot: i % 4, recipient: BigInt(keccak256(Uint8Array.of(i))) >> 96n, token: BigInt(i), amount: 5n },
  }));

/** Settlements with one, two and three exits in turn. */
function settlementsOf(count: number): Settlement[] {
  const list: Settlement[] = [];
  let first = 0n;
  for (let number = 0; number < count; number++) {
    const exits = exitsOf(1 + (number % 3));
    list.push({ number, first, exits });
    first += BigInt(exits.length);
  }
  return list;
}

/** All complete nodes by height, and whether L1 still has one of them (`SettlementTree.sol`). */
function treeOf(settlements: readonly Settlement[]): string[][] {
  const heights = [settlements.map(leafOf)];
  for (let nodes = heights[0]!; nodes.length > 1; heights.push(nodes)) {
    const below = nodes;
    nodes = Array.from({ length: below.length >> 1 }, (_, i) => keccak256(concat([below[2 * i]!, below[2 * i + 1]!])));
  }
  return heights;
}

describe("settlements", () => {
  for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    it(`have a path from each of ${count} exits to the root`, () => {
      const exits = exitsOf(count);
      const nodes = exits.map(nodeOf);
      expect(settlementRoot(exits)).to.equal(rootOf(nodes));
      for (const [index, node] of nodes.entries()) {
        expect(exitPath(exits, index).reduce(pair, node)).to.equal(rootOf(nodes));
      }
    });
  }

  for (const count of [1, 2, 33, 34, 63, 64, 65, 97, 98, 200, 511]) {
    it(`have a path from each of ${count} settlements to a node that L1 has, and has for ${MARGIN} more`, () => {
      const settlements = settlementsOf(count);
      const tree = treeOf(settlements);
      // All of a few; of many each seventh, and the last ones.
      const some = settlements.filter(({ number }) => count < 70 || number % 7 === 0 || number > count - 5);
      for (const settlement of some) {
        const path = settlementPath(settlements, settlement.number);
        let [node, index] = [leafOf(settlement), settlement.number];
        for (const sibling of path) {
          node = keccak256(concat(index % 2 === 0 ? [node, sibling] : [sibling, node]));
          index >>= 1;
        }
        const height = path.length;
        expect(tree[height]?.[index], `settlement ${settlement.number}`).to.equal(node);
        expect(((count + MARGIN) >> height) - index, `settlement ${settlement.number}`).to.be.at.most(keptAt(height));
      }
      // Of an old one a higher node stays longer.
      const { length: high } = settlementPath(settlements, 0);
      if (count > 500) expect((count + 256) >> high).to.be.at.most(keptAt(high));
      // Above the last one nothing is complete if there is an odd number.
      if (count % 2 === 1) expect(settlementPath(settlements, count - 1)).to.have.length(0);
    });
  }

  it("refuse a number that is not there", () => {
    expectError(() => exitPath(exitsOf(1), 1), "OUT_OF_RANGE");
    expectError(() => exitPath(exitsOf(1), -1), "OUT_OF_RANGE");
    expectError(() => settlementPath(settlementsOf(1), 1), "OUT_OF_RANGE");
    expectError(() => settlementPath(settlementsOf(1), -1), "OUT_OF_RANGE");
  });
});
