// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import { uniformFloat32 } from "pure-rand/distribution/uniformFloat32";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Reproducible chance. Each purpose has its own, so a change in one leaves the others as they were. */
export class Dice {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  constructor(seed: number, purpose: string) {
    const digest = createHash("sha256").update(`${seed}/${purpose}`).digest();
    this.#generator = xoroshiro128plus(digest.readInt32LE(0));
  }

  /** A multiple of 2^-24 in [0, 1). */
  part(): number {
    return uniformFloat32(this.#generator);
  }

  /** 0 … limit − 1 */
  below(limit: number): number {
    return uniformInt(this.#generator, 0, limit - 1);
  }

  /** Uniform in [from, to). */
  between(from: number, to: number): number {
    return from + (to - from) * this.part();
  }

  /** A new list with the same items in another order. */
  shuffled<T>(items: Iterable<T>): T[] {
    const list = [...items];
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j]!, list[i]!];
    }
    return list;
  }
}
