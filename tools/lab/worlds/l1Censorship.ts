// SPDX-License-Identifier: MIT
import { ConsensusModel } from "../../../test/model/elections/parts/index.ts";
import { StakeRotationModel } from "../../../test/model/elections/stakeRotation.ts";
import type { Chance } from "../chance.ts";
import { TIPS, type TipName } from "../strategies/tipping.ts";
import { inSeq, mixHashes, momentOf, seq } from "./elections.ts";

/** Builders of the blocks of L1, one after the other: the attacker or others. */
export class Builders {
  readonly #share: number;
  readonly #sticky: number;
  readonly #chance: Chance;
  #isAttacker: boolean;

  /**
   * @param share part of the blocks that the attacker builds
   * @param sticky probability that the next block has the same builder without a draw
   */
  constructor(share: number, sticky: number, chance: Chance) {
    [this.#share, this.#sticky, this.#chance] = [share, sticky, chance];
    this.#isAttacker = chance.happens(share);
  }

  next(): boolean {
    if (!this.#chance.happens(this.#sticky)) this.#isAttacker = this.#chance.happens(this.#share);
    return this.#isAttacker;
  }
}

/** Probability that the attacker builds so many blocks in a row. */
export function runOf(blocks: number, share: number, sticky: number): number {
  let chance = share;
  for (let i = 1; i < blocks; i++) chance *= sticky + (1 - sticky) * share;
  return chance;
}

export interface MissesOptions {
  readonly share: number;
  readonly sticky: number;
  /** Blocks of a slot. */
  readonly slotBlocks: number;
  /** Blocks of each slot that pass before its holder tries. */
  readonly waits: number;
  readonly slots: number;
}

export interface MissesResult {
  /** Misses that the election counted, for each slot. */
  readonly misses: number;
  /** Leaked stake of a miss, in SEQ. */
  readonly leak: number;
}

const STAKE = 10_000;

/**
 * A holder of all slots of a stake rotation that tries to post in each block of L1, where an attacker builds some blocks and
 * leaves it out. All misses are reported.
 */
export function runMisses({ share, sticky, slotBlocks, waits, slots }: MissesOptions, chance: Chance): MissesResult {
  const first = 1_000n;
  const clock = { slotBlocks: BigInt(slotBlocks), epochSlots: 32n };
  const consensus: ConsensusModel = new ConsensusModel(1_024n, momentOf(first), () => model);
  const model: StakeRotationModel = new StakeRotationModel(
    { clock, silenceBlocks: clock.slotBlocks, opensAfter: 1_000_000n },
    // A seat is not ejected here: each slot counts.
    { minStake: seq(STAKE), seats: 8n, maxMisses: 255n, leakRate: 1n, exitEpochs: 2n },
    { floorRate: 2_040n, absenceRate: 200n },
    { genesisBlock: first, consensus, randomOf: mixHashes(chance) },
  );
  model.balances.credit("victim", seq(2 * STAKE));
  model.join("victim", 1, seq(STAKE), momentOf(first));
  const builders = new Builders(share, sticky, chance);
  const begin = model.clock.epochStart(1n);
  const end = begin + BigInt(slots) * clock.slotBlocks;
  let [misses, isServed, leak] = [0, true, 0];
  consensus.post("anybody", [1n], momentOf(first + 1n));
  consensus.prove("prover", 1n, momentOf(first + 2n));
  for (let block = first + 1n; block <= end; block++) {
    const now = momentOf(block);
    const epoch = model.clock.epochAt(now);
    if (block === model.seeds.seedBlock(epoch + 1n)) {
      model.seeds.seal(now);
      model.drawSeats(now);
    }
    if (block < begin) continue;
    const slot = model.clock.slotAt(now);
    const at = Number(block - model.clock.slotStart(slot));
    if (at === 0) {
      if (slot > clock.epochSlots && model.serviceOf(slot - 1n, now) === "Missed") {
        const before = model.burned;
        model.reportMiss(slot - 1n, now);
        [misses, leak] = [misses + 1, inSeq(model.burned - before)];
        // The stake stays as it was.
        model.addStake("victim", 1, model.burned - before, now);
      }
      isServed = false;
    }
    const isCensored = builders.next();
    if (isServed || at < waits || isCensored || block === end) continue;
    consensus.post("victim", [1n], now);
    consensus.prove("prover", 1n, now);
    isServed = true;
  }
  return { misses: misses / slots, leak };
}

export interface BribeOptions {
  readonly share: number;
  readonly blocks: number;
  readonly tips: TipName;
  /** Of the attacker, as a multiple of the victim's loss. */
  readonly budget: number;
}

/** Whether an attacker with a budget keeps a call out of all blocks, and the part of the budget that it spends. */
export function runBribes(
  { share, blocks, tips, budget }: BribeOptions,
  chance: Chance,
): { kept: boolean; spent: number } {
  const builders = new Builders(share, 0, chance);
  let spent = 0;
  for (let blocksLeft = blocks; blocksLeft > 0; blocksLeft--) {
    if (builders.next()) continue;
    // Other builders take the higher offer.
    const tip = TIPS[tips]({ loss: 1, blocksLeft, blocks });
    if (spent + tip > budget) return { kept: false, spent };
    spent += tip;
  }
  return { kept: true, spent };
}
