// SPDX-License-Identifier: MIT
import { ConsensusModel, type Moment } from "../../../test/model/elections/parts/index.ts";
import { RandomPriorityModel } from "../../../test/model/elections/randomPriority.ts";
import type { Chance } from "../chance.ts";
import { BLOCK_TIME, mixHashes, momentOf, seq } from "./elections.ts";

const FIRST = 1_000n;
const CLOCK = { slotBlocks: 25n, epochSlots: 32n };
const TERMS = { ticket: seq(2_000), fine: seq(1_000), claimBlocks: 5n, opensAfter: 720n };
/** Part of a slot in which a sensible member's proof has to fit. */
const FITS = 0.8;
const ANYBODY = "anybody";
const nameOf = (i: number): string => `aggregator ${i}`;

/** Aggregators with one ticket each of `RandomPriority`, on its model, block of L1 by block. */
export class PriorityWorld {
  readonly #consensus: ConsensusModel;
  readonly #model: RandomPriorityModel;
  readonly #members: readonly number[];
  readonly #chance: Chance;
  #now: Moment;

  /** @param seconds of the aggregators' proofs: those that do not fit into a slot do not join */
  constructor(seconds: readonly number[], chance: Chance) {
    this.#chance = chance;
    this.#now = momentOf(FIRST);
    this.#consensus = new ConsensusModel(1_000_000n, this.#now, () => this.#model);
    this.#model = new RandomPriorityModel(CLOCK, TERMS, {
      ...{ genesisBlock: FIRST, consensus: this.#consensus, randomOf: mixHashes(chance) },
    });
    const slotSeconds = Number(CLOCK.slotBlocks) * BLOCK_TIME;
    this.#members = seconds.flatMap((time, i) => (time <= FITS * slotSeconds ? [i] : []));
    for (const i of this.#members) {
      this.#model.balances.credit(nameOf(i), TERMS.ticket);
      this.#model.join(nameOf(i), 1n, true, this.#now);
    }
  }

  /** The next block: seeds are sealed, the slot that is over is reported, and the next one is claimed. */
  next(): void {
    const model = this.#model;
    this.#now = momentOf(this.#now.block + 1n);
    const { block } = this.#now;
    const { clock } = model;
    if (block === model.seeds.seedBlock(clock.epochAt(this.#now) + 1n)) model.seeds.seal(this.#now);
    const slot = clock.slotAt(this.#now);
    if (block === clock.slotStart(slot)) this.#report(slot - 1n);
    if (block === clock.slotStart(slot + 1n) - TERMS.claimBlocks) this.#claim(slot + 1n);
  }

  post(): void {
    this.#consensus.post("sequencer", [1n], this.#now);
  }

  prove(i: number, batches: number): void {
    this.#consensus.prove(nameOf(i), BigInt(batches), this.#now);
  }

  /** Seconds until an aggregator may prove: 0 if it may. */
  allowedIn(i: number): number {
    const slot = this.#model.clock.slotAt(this.#now);
    const holder = this.#model.claims.get(slot)?.holder;
    if (holder === undefined || holder === nameOf(i)) return 0;
    const ends = Number(this.#model.clock.slotStart(slot + 1n) - this.#now.block) * BLOCK_TIME;
    const opensAt = this.#consensus.opensAt("aggregator");
    return opensAt === undefined ? ends : Math.max(0, Math.min(ends, Number(opensAt - this.#now.time)));
  }

  #claim(slot: bigint): void {
    const model = this.#model;
    if (model.seeds.seedOf(model.clock.epochOf(slot)) === 0n) return;
    let best: { readonly name: string; readonly score: number } | undefined;
    for (const name of this.#members.map(nameOf)) {
      const member = model.members.get(name)!;
      const score = this.#chance.unit();
      const isIn = member.tickets > 0n && slot > member.slot;
      if (isIn && (best === undefined || score < best.score)) best = { name, score };
    }
    if (best !== undefined) model.claim(best.name, slot, 0n, { isRight: true, score: best.score }, this.#now);
  }

  #report(slot: bigint): void {
    const claim = this.#model.claims.get(slot);
    const oldest = this.#consensus.batches[Number(this.#consensus.verified) + 1];
    if (claim === undefined || claim.isSettled || oldest === undefined || oldest.time >= claim.time) return;
    this.#model.report(ANYBODY, slot, this.#now);
    // A member that was fined brings its deposit up again, and claims on.
    const member = this.#model.members.get(claim.holder)!;
    [member.deposit, member.tickets] = [TERMS.ticket, 1n];
  }
}
