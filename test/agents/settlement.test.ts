import { expect } from "chai";
import { AbiCoder, concat, keccak256 } from "ethers";

import { settlementPath, type SettledLeaf } from "../../src/agents/index.ts";
import { expectError } from "../helpers/expectError.ts";

const nodeOf = ({ batch, leaf, exitsRoot }: SettledLeaf): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "uint32", "uint256"], [batch, leaf, exitsRoot]));

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

describe("settlementPath", () => {
  for (const count of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    it(`leads from each of ${count} leaves to the root`, () => {
      const leaves = Array.from({ length: count }, (_, i) => ({
        batch: BigInt(7 + i),
        leaf: BigInt(i % 3),
        exitsRoot: BigInt(keccak256(Uint8Array.of(i))) >> 8n,
      }));
      const nodes = leaves.map(nodeOf);
      for (const [position, node] of nodes.entries()) {
        expect(settlementPath(leaves, position).reduce(pair, node)).to.equal(rootOf(nodes));
      }
    });
  }

  it("refuses a position that is not there", () => {
    const leaves = [{ batch: 1n, leaf: 0n, exitsRoot: 1n }];
    expectError(() => settlementPath(leaves, 1), "OUT_OF_RANGE");
    expectError(() => settlementPath(leaves, -1), "OUT_OF_RANGE");
  });
});
