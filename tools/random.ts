// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

/** A reproducible source of randomness: SHA-256 of a seed and a counter. */
export class Random {
  readonly seed: string;
  #counter = 0;

  constructor(seed: string) {
    this.seed = seed;
  }

  bytes(length: number): Uint8Array {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      createHash("sha256").update(`${this.seed}/${this.#counter++}`).digest(),
    );
    return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
  }

  /** Uniform in [0, limit) up to a bias of 2^−64. */
  bigint(limit: bigint): bigint {
    const length = Math.ceil(limit.toString(16).length / 2) + 8;
    return BigInt(`0x${Buffer.from(this.bytes(length)).toString("hex")}`) % limit;
  }

  /** Uniform in [0, limit). */
  int(limit: number): number {
    return Number(this.bigint(BigInt(limit)));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(items.length)];
    if (item === undefined) {
      throw new Error("nothing to pick from");
    }
    return item;
  }

  chance(probability: number): boolean {
    return this.int(1 << 20) < probability * (1 << 20);
  }
}
