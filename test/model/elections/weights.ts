// SPDX-License-Identifier: MIT
import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";

/** Weights of the members by the set from which on they count. Nothing is ever forgotten. */
export class WeightsModel {
  /** By member, in the order of the calls. */
  readonly #changes = new Map<number, { readonly set: number; readonly weight: bigint }[]>();

  set(member: number, weight: bigint, set: number): void {
    this.#changes.set(member, [...(this.#changes.get(member) ?? []), { set, weight }]);
  }

  of(member: number, set: number): bigint {
    return this.#changes.get(member)?.findLast((change) => change.set <= set)?.weight ?? 0n;
  }

  total(set: number): bigint {
    return [...this.#changes.keys()].reduce((sum, member) => sum + this.of(member, set), 0n);
  }

  /** The member whose weights, added in the order of the members, hold a point in `0 … total − 1`. */
  memberAt(point: bigint, set: number): number {
    let rest = point;
    for (const member of [...this.#changes.keys()].sort((a, b) => a - b)) {
      const weight = this.of(member, set);
      if (rest < weight) return member;
      rest -= weight;
    }
    throw new Error(`${point} is beyond the weights of set ${set}`);
  }
}

/** `keccak256(abi.encode(seed, index))`; `seed` is 27 bytes in hexadecimal with 0x. */
export function randomOf(seed: string, index: number): bigint {
  const words = seed.slice(2).padEnd(64, "0") + index.toString(16).padStart(64, "0");
  return BigInt(`0x${bytesToHex(keccak_256(hexToBytes(words)))}`);
}
