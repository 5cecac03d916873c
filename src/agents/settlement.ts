import { AbiCoder, concat, keccak256 } from "ethers";

import { ProtocolError } from "../errors.ts";

/** A proven leaf that has exits; one transition settles some of them under one root (`IExits`). */
export interface SettledLeaf {
  readonly batch: bigint;
  readonly leaf: bigint;
  readonly exitsRoot: bigint;
}

const nodeOf = ({ batch, leaf, exitsRoot }: SettledLeaf): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "uint32", "uint256"], [batch, leaf, exitsRoot]));

/** OpenZeppelin's commutative hash: the smaller node first. */
const hashPair = (a: string, b: string): string => keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a]));

/**
 * Siblings of the leaf at `position` up to the root of a settlement, as `MerkleRoot.sol` builds it: an odd node at the
 * end of a level moves up unhashed.
 *
 * @throws {ProtocolError} `OUT_OF_RANGE`
 */
export function settlementPath(leaves: readonly SettledLeaf[], position: number): string[] {
  if (position < 0 || position >= leaves.length) {
    throw new ProtocolError("OUT_OF_RANGE", `leaf ${position} of a settlement of ${leaves.length}`);
  }
  const path: string[] = [];
  let index = position;
  for (let level = leaves.map(nodeOf); level.length > 1; index >>= 1) {
    const sibling = level[index ^ 1];
    if (sibling !== undefined) path.push(sibling);
    const parents: string[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as string, level[i + 1]];
      parents.push(right === undefined ? left : hashPair(left, right));
    }
    level = parents;
  }
  return path;
}
