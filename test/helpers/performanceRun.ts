// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, dataSlice, id as hashOf, keccak256, ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { MockConsensus, PerformanceRotation } from "../../typechain-types/index.ts";
import { ConsensusModel, type SlotParameters } from "../model/elections/parts/index.ts";
import { PerformanceRotationModel, type PerformanceParameters } from "../model/elections/performanceRotation.ts";
import type { SeatParameters } from "../model/elections/seats.ts";
import type { RotationParameters } from "../model/elections/stakeRotation.ts";
import { BatchedViews } from "./batchedViews.ts";
import type { Random } from "./random.ts";
import { openSeats, seatArguments, SHORT_SLOTS, type SeatWorld } from "./seatRun.ts";
import { IDS, StakedRun } from "./stakedRun.ts";

const RULES: SeatParameters = { minStake: 160_000n, seats: 4n, maxMisses: 2n, leakRate: 700n, exitEpochs: 2n };
const ROTATION: RotationParameters = { floorRate: 6_000n, absenceRate: 1_900n };
const PERFORMANCE: PerformanceParameters = { window: 3n, evidenceSlots: 4n, feeFloor: 100n };
const MAX_PENDING = 40n;

export const SCORE_ACTIONS = ["creditSlot", "countSlot", "refresh"] as const;

export const openPerformance = (
  slots: SlotParameters,
  rules: SeatParameters,
  rotation: RotationParameters,
  performance: PerformanceParameters,
): Promise<SeatWorld<PerformanceRotation>> =>
  openSeats(MAX_PENDING, false, ({ connection: { ethers }, token }, slasher) =>
    ethers.deployContract("PerformanceRotation", [slots, seatArguments(token, slasher, rules), rotation, performance]),
  );

interface ShownRecord {
  readonly sequencer: string;
  readonly header: bigint;
  readonly dataHash: string;
  readonly fee: bigint;
  readonly bond: bigint;
  readonly forcedFees: bigint;
}

/** Record of a batch, with a fee. */
export const recordOf = (batch: bigint, sequencer: string, fee: bigint): ShownRecord => ({
  sequencer,
  header: 0n,
  dataHash: hashOf(`data of batch ${batch}`),
  fee,
  bond: 0n,
  forcedFees: 0n,
});

export const openingsOf = (batch: bigint): string => hashOf(`openings of batch ${batch}`);

/** Gives a batch of the mock the accumulator of its record. */
export async function writeRecord(consensus: MockConsensus, batch: bigint, record: ShownRecord): Promise<void> {
  const types = ["bytes27", "address", "uint256", "bytes32", "uint256", "uint256", "uint256", "bytes32"];
  const { sequencer, header, dataHash, fee, bond, forcedFees } = record;
  const previous = await consensus.accumulatorOf(batch - 1n);
  const values = [previous, sequencer, header, dataHash, fee, bond, forcedFees, openingsOf(batch)];
  const accumulator = dataSlice(keccak256(AbiCoder.defaultAbiCoder().encode(types, values)), 0, 27);
  await mined(consensus.setAccumulator(batch, accumulator));
}

/** Random calls to a rotation by performance and to its model. */
export class PerformanceRun extends StakedRun<PerformanceRotation, PerformanceRotationModel> {
  static async start(random: Random): Promise<PerformanceRun> {
    const opened = await openPerformance(SHORT_SLOTS, RULES, ROTATION, PERFORMANCE);
    const { world, election } = opened;
    const genesisBlock = await election.GENESIS_BLOCK();
    const randoms = new Map<bigint, bigint>();
    const startsAt = { block: 0n, time: await world.consensus.timeOf(0) };
    const consensus = new ConsensusModel(MAX_PENDING, startsAt, (bound) => {
      const surroundings = { genesisBlock, consensus: bound, randomOf: (block: bigint) => randoms.get(block)! };
      return new PerformanceRotationModel(SHORT_SLOTS, RULES, ROTATION, PERFORMANCE, surroundings);
    });
    const model = consensus.selector;
    const views = await BatchedViews.open(world.connection);
    const run = new PerformanceRun(opened, model, random, views, await world.next(), IDS, randoms);
    await run.openBalances();
    // Without parties there is nothing to draw, and nothing to show.
    await run.joinAll();
    return run;
  }

  protected override async ofStakes(): Promise<void> {
    if (this.random.chance(0.15)) return super.ofStakes();
    const often = ["creditSlot", "creditSlot", "creditSlot", "countSlot", "proveSome", "proveSome"] as const;
    await this[
      `_${this.random.pick([...SCORE_ACTIONS, ...often, "postSome", "postSome", "postSome", "postSome"] as const)}`
    ]();
  }

  /** A slot has to be served before it can be shown. */
  protected override get pace(): number {
    return 0.25;
  }

  async _postSome(): Promise<void> {
    await this.post(this.random.chance(0.7) ? this.model.holderOf(this.model.clock.slotAt(this.now)) : undefined);
  }

  /** The sequencer of the oldest batch that waits proves it, or another account does. */
  async _proveSome(): Promise<void> {
    const { consensus, sequencers } = this.model;
    const own = sequencers[Number(consensus.verified) + 1];
    await this.prove(own !== undefined && this.random.chance(0.5) ? own : this.world.signer(0).address);
  }

  async _creditSlot(): Promise<void> {
    const { model, random } = this;
    const current = model.clock.slotAt(this.now);
    const recent = [...model.posted].filter(([slot, { first }]) => first > 0n && slot + 6n >= current);
    const open = recent.filter(([, { isCounted }]) => !isCounted);
    const known = open.length > 0 && random.chance(0.8) ? open : recent;
    const back = random.bigint(6n);
    const [slot, { first, last }] =
      known.length > 0 && random.chance(0.93)
        ? random.pick(known)
        : ([current > back ? current - back : 0n, { first: 0n, last: 1n }] as const);
    const inside = first + random.bigint(last - first + 1n);
    const any = random.chance(0.88) && inside > 0n ? inside : random.pick([first, last + 1n]);
    const batch = this.#oddBatch(slot, first, last) ?? any;
    const own = batch === 0n ? ZeroAddress : (model.sequencers[Number(batch)] ?? ZeroAddress);
    // At times the mock says that another account posted the batch.
    const sequencer = random.chance(0.93) ? own : this.world.signer(0).address;
    // Each third batch paid too little.
    const fee = PERFORMANCE.feeFloor - (batch % 3n === 0n ? 1n : 0n);
    const record = recordOf(batch, sequencer, fee);
    if (batch > 0n && batch <= model.consensus.sequenced) await writeRecord(this.world.consensus, batch, record);
    const isRight = random.chance(0.93) && batch > 0n && batch <= model.consensus.sequenced;
    const proof = model.proofs.find((each) => each.first <= batch && batch <= each.last);
    const lastOfProof = random.chance(0.93) ? (proof?.last ?? batch) : random.bigint(batch + 2n);
    const shown = { batch, lastOfProof, isRight, sequencer, fee };
    const openings = isRight ? openingsOf(batch) : openingsOf(batch + 1n);
    await this.both(
      `creditSlot ${slot} ${batch} ${lastOfProof}`,
      () => {
        model.creditSlot(slot, shown, this.now);
      },
      () => this.election.creditSlot(slot, batch, lastOfProof, record, openings),
    );
  }

  /** At times a batch of another account, or one that its sequencer proved. */
  #oddBatch(slot: bigint, first: bigint, last: bigint): bigint | undefined {
    if (first === 0n || this.random.chance(0.4)) return undefined;
    const { proofs, sequencers } = this.model;
    const holder = this.model.holderOf(slot);
    for (let batch = first; batch <= last; batch++) {
      const prover = proofs.find((proof) => proof.first <= batch && batch <= proof.last)?.prover;
      if (sequencers[Number(batch)] !== holder || (prover === holder && batch % 3n !== 0n)) return batch;
    }
    return undefined;
  }

  async _countSlot(): Promise<void> {
    const current = this.model.clock.slotAt(this.now);
    const back = 3n + this.random.bigint(16n);
    const slot = current > back ? current - back : 0n;
    await this.both(
      `countSlot ${slot}`,
      () => {
        this.model.countSlot(slot, this.now);
      },
      () => this.election.countSlot(slot),
    );
  }

  async _refresh(): Promise<void> {
    const id = this.random.pick(IDS);
    await this.both(
      `refresh ${id}`,
      () => {
        this.model.refresh(id, this.now);
      },
      () => this.election.refresh(id),
    );
  }

  protected override async compareStakes(): Promise<void> {
    const { election, views, model } = this;
    const scores = IDS.map(async (id) => {
      expect(await views.read(election, "scoreOf", id), this.story()).to.equal(model.scoreOf(id));
    });
    const current = model.clock.slotAt(await this.world.now());
    const slots = [current, current - 1n, current - 5n, current - 15n].filter((slot) => slot > 0n);
    const posted = slots.map(async (slot) => {
      const { first, last, isCounted } = await views.read(election, "postedIn", slot);
      const expected = model.postedIn(slot);
      expect([first, last, isCounted], `slot ${slot}, ${this.story()}`).to.deep.equal([
        expected?.first ?? 0n,
        expected?.last ?? 0n,
        expected?.isCounted ?? false,
      ]);
    });
    await Promise.all([...scores, ...posted, super.compareStakes()]);
  }
}
