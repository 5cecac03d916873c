// SPDX-License-Identifier: MIT
import { Dice } from "../simulation/dice.ts";
import { exp, ln } from "./maths.ts";

/** Reproducible chance of the lab. Each purpose has its own: a change in one leaves the others as they were. */
export class Chance extends Dice {
  #spare: number | undefined;

  /** A multiple of 2^-48 in (0, 1]. */
  unit(): number {
    return 1 - this.part() - this.part() / (1 << 24);
  }

  happens(probability: number): boolean {
    return this.part() < probability;
  }

  /** One of the items. @throws {RangeError} if there are none */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("there is nothing to pick from");
    return items[this.below(items.length)]!;
  }

  /** An item, by weights of at least 0. @throws {RangeError} if all are 0 */
  pickWeighted<T>(items: readonly T[], weights: readonly number[]): T {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0)) throw new RangeError("all weights are 0");
    let left = (1 - this.unit()) * total;
    let last = 0;
    for (const [i, weight] of weights.entries()) {
      if (weight <= 0) continue;
      last = i;
      left -= weight;
      if (left < 0) break;
    }
    return items[last]!;
  }

  exponential(mean: number): number {
    return -mean * ln(this.unit());
  }

  /** A normal deviate, by the polar method: it needs no sine. */
  normal(): number {
    const spare = this.#spare;
    if (spare !== undefined) {
      this.#spare = undefined;
      return spare;
    }
    for (;;) {
      const [x, y] = [2 * this.unit() - 1, 2 * this.unit() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * ln(square)) / square);
      this.#spare = y * factor;
      return x * factor;
    }
  }

  /** Its logarithm is normal with this standard deviation. */
  lognormal(median: number, deviation: number): number {
    return median * exp(deviation * this.normal());
  }

  /** Number of events of which so many are expected. */
  poisson(expected: number): number {
    let count = 0;
    for (let time = this.exponential(1); time < expected; time += this.exponential(1)) count++;
    return count;
  }
}
