// SPDX-License-Identifier: MIT
import { Refusal } from "../../b52/refusal.ts";

export const CAPACITY = 1_024;
/** Greatest sum of weights. */
export const MAX_TOTAL = 2n ** 28n - 1n;
/** Members whose weights are in one word of the tree, and are forgotten together. */
const WORD = 4;

interface Change {
  readonly epoch: bigint;
  readonly weight: bigint;
}

/** Weights of members by epoch, as in `WeightTree`, with all of their history. */
export class WeightsModel {
  readonly #changes = new Map<number, Change[]>();
  #lastChange = 0n;

  /** @throws {Refusal} `NoSuchMember`, `WeightsForgotten`, `TotalTooLarge` */
  set(member: number, weight: bigint, epoch: bigint): void {
    requireMember(member);
    if (weight > MAX_TOTAL) throw new Refusal("TotalTooLarge", `weight ${weight}`);
    if (epoch < this.#lastChange) throw new Refusal("WeightsForgotten", `epoch ${epoch}`);
    const sum = this.#sum(epoch) - this.#at(member, epoch) + weight;
    if (sum > MAX_TOTAL) throw new Refusal("TotalTooLarge", `total ${sum}`);
    this.#lastChange = epoch;
    const before = (this.#changes.get(member) ?? []).filter((change) => change.epoch < epoch);
    this.#changes.set(member, [...before, { epoch, weight }]);
  }

  /** @throws {Refusal} `NoSuchMember`, `WeightsForgotten` */
  weightOf(member: number, epoch: bigint): bigint {
    requireMember(member);
    const first = member - (member % WORD);
    const changes = [0, 1, 2, 3].flatMap((place) => this.#changes.get(first + place) ?? []);
    if (changes.some((change) => change.epoch > epoch + 1n)) throw new Refusal("WeightsForgotten", `epoch ${epoch}`);
    return this.#at(member, epoch);
  }

  /** @throws {Refusal} `WeightsForgotten` */
  total(epoch: bigint): bigint {
    if (this.#lastChange > epoch + 1n) throw new Refusal("WeightsForgotten", `epoch ${epoch}`);
    return this.#sum(epoch);
  }

  /** @throws {Refusal} `WeightsForgotten`, `NothingToDraw` */
  draw(random: bigint, epoch: bigint): number {
    const total = this.total(epoch);
    if (total === 0n) throw new Refusal("NothingToDraw", `epoch ${epoch}`);
    let point = random % total;
    for (const member of [...this.#changes.keys()].sort((a, b) => a - b)) {
      const weight = this.#at(member, epoch);
      if (point < weight) return member;
      point -= weight;
    }
    throw new Error("the weights are less than their sum");
  }

  #at(member: number, epoch: bigint): bigint {
    return (this.#changes.get(member) ?? []).filter((change) => change.epoch <= epoch).at(-1)?.weight ?? 0n;
  }

  #sum(epoch: bigint): bigint {
    return [...this.#changes.keys()].reduce((sum, member) => sum + this.#at(member, epoch), 0n);
  }
}

function requireMember(member: number): void {
  if (member >= CAPACITY) throw new Refusal("NoSuchMember", `member ${member} of ${CAPACITY}`);
}
