// SPDX-License-Identifier: MIT
import type { Call, Moment, SlotParameters } from "./parts/index.ts";
import { ceilDiv, fail, RATE_UNIT, type SeatParameters, type SeatSurroundings } from "./seats.ts";
import { StakeRotationModel, type RotationParameters } from "./stakeRotation.ts";

/** The names are those of `IPerformanceRotation.PerformanceParameters`. */
export interface PerformanceParameters {
  readonly window: bigint;
  readonly evidenceSlots: bigint;
  /** In the native token. */
  readonly feeFloor: bigint;
}

/** Facts that the record of a batch shows. */
export interface ShownBatch {
  readonly batch: bigint;
  /** Last batch of the proof that is named. */
  readonly lastOfProof: bigint;
  /** Whether record and openings are those of the batch. */
  readonly isRight: boolean;
  readonly sequencer: string;
  readonly fee: bigint;
}

interface Posted {
  first: bigint;
  last: bigint;
  isCounted: boolean;
}

interface Proof {
  readonly prover: string;
  readonly first: bigint;
  readonly last: bigint;
}

const KEPT_PROOFS = 256n;

/** Rotation by performance as in docs/elections/performanceRotation.md. */
export class PerformanceRotationModel extends StakeRotationModel {
  readonly performance: PerformanceParameters;
  readonly #scores = new Map<number, { readonly owner: string | undefined; readonly score: bigint }>();
  readonly posted = new Map<bigint, Posted>();
  readonly proofs: Proof[] = [];
  /** Accounts that posted the batches, from batch 1 on. */
  readonly sequencers: string[] = [""];

  constructor(
    slots: SlotParameters,
    rules: SeatParameters,
    rotation: RotationParameters,
    performance: PerformanceParameters,
    surroundings: SeatSurroundings,
  ) {
    super(slots, rules, rotation, surroundings);
    this.performance = performance;
  }

  /** In 1/10,000. */
  scoreOf(id: number): bigint {
    const known = this.#scores.get(id);
    return known !== undefined && known.owner === this.accountOf(id) ? known.score : 0n;
  }

  /**
   * @throws {Refusal} `NothingPosted`, `AlreadyCounted`, `EvidenceTooLate`, `NotOfSlot`, `WrongRecord`, `NotOfHolder`,
   *   `FeeTooLow`, `UnknownProof`, `OwnProof`
   */
  creditSlot(slot: bigint, shown: ShownBatch, moment: Moment): void {
    const posted = this.postedIn(slot);
    if (posted === undefined || posted.first === 0n) return fail("NothingPosted");
    if (posted.isCounted) fail("AlreadyCounted");
    if (this.clock.slotAt(moment) > slot + this.performance.evidenceSlots) fail("EvidenceTooLate");
    if (shown.batch < posted.first || shown.batch > posted.last) fail("NotOfSlot");
    if (!shown.isRight) fail("WrongRecord");
    const holder = this.holderOf(slot);
    if (shown.sequencer !== holder) fail("NotOfHolder");
    if (shown.fee < this.performance.feeFloor) fail("FeeTooLow");
    const proof = this.#proofOf(shown.lastOfProof);
    if (proof === undefined || shown.batch < proof.first || shown.batch > proof.last) return fail("UnknownProof");
    if (proof.prover === holder) fail("OwnProof");
    posted.isCounted = true;
    this.#move(slot, (score) => score + (RATE_UNIT - score) / this.performance.window);
  }

  /** @throws {Refusal} `EvidenceOpen`, `NotCountable`, `AlreadyCounted` */
  countSlot(slot: bigint, moment: Moment): void {
    if (this.clock.slotAt(moment) <= slot + this.performance.evidenceSlots) fail("EvidenceOpen");
    if (!["Served", "Missed", "Counted"].includes(this.serviceOf(slot, moment))) fail("NotCountable");
    const posted = this.postedIn(slot) ?? { first: 0n, last: 0n, isCounted: false };
    if (posted.isCounted) fail("AlreadyCounted");
    this.posted.set(slot, { ...posted, isCounted: true });
    this.#move(slot, (score) => score - ceilDiv(score, this.performance.window));
  }

  /** @throws {Refusal} `NotWeighed` */
  refresh(id: number, moment: Moment): void {
    const party = this.parties.get(id);
    if (party === undefined || party.taken > 0n || party.exitEpoch !== undefined) return fail("NotWeighed");
    this.setStake(id, party.stake, moment);
  }

  /** Batches of a slot that the contract still knows. */
  postedIn(slot: bigint): Posted | undefined {
    return this.posted.has(slot + 2n * this.parameters.clock.epochSlots) ? undefined : this.posted.get(slot);
  }

  override record(call: Call, moment: Moment): void {
    const { account, role, first, last } = call;
    const slot = this.clock.slotAt(moment);
    if (role === "aggregator") this.proofs.push({ prover: account, first, last });
    else for (let batch = first; batch <= last; batch++) this.sequencers.push(account);
    if (role === "sequencer" && account === this.holderOf(slot)) {
      const posted = this.posted.get(slot) ?? { first: 0n, last: 0n, isCounted: false };
      this.posted.set(slot, { ...posted, first: posted.first === 0n ? first : posted.first, last });
    }
    super.record(call, moment);
  }

  protected override setStake(id: number, stake: bigint, moment: Moment): void {
    const { minStake } = this.rules;
    super.setStake(id, stake === 0n ? 0n : minStake + (minStake * this.scoreOf(id)) / RATE_UNIT, moment);
  }

  #proofOf(last: bigint): Proof | undefined {
    const kept = this.proofs.findLast((proof) => proof.last % KEPT_PROOFS === last % KEPT_PROOFS);
    return kept?.last === last ? kept : undefined;
  }

  #move(slot: bigint, change: (score: bigint) => bigint): void {
    const id = this.seatOf(slot)?.id;
    if (id === undefined) throw new Error(`slot ${slot} has no seat`);
    this.#scores.set(id, { owner: this.accountOf(id), score: change(this.scoreOf(id)) });
  }
}
