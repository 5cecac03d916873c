// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { PerformanceRotation } from "../../../typechain-types/index.ts";
import { openingsOf, openPerformance, recordOf, writeRecord } from "../../helpers/performanceRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";

/*
 * Cost, gain and end of each attack, in the default parameters of docs/elections/performanceRotation.md.
 * "Trap n" is number n of the mistakes of other systems that the documents list.
 */

const UNIT = 10n ** 18n;
const SLOTS = { clock: { slotBlocks: 50n, epochSlots: 32n }, silenceBlocks: 24n, opensAfter: 2_592_000n };
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 200n };
const PERFORMANCE = { window: 16n, evidenceSlots: 4n, feeFloor: UNIT };
const WINDOW = 16n;
const WHOLE = 10_000n;

const ATTACKER = 1;
const HONEST = 2;
const PROVER = 7;
const SLOT = 32;

/** Scores after so many slots that all count alike. */
function scoreAfter(slots: number, from: bigint, isServed: boolean): bigint {
  let score = from;
  for (let i = 0; i < slots; i++) {
    score = isServed ? score + (WHOLE - score) / WINDOW : score - (score + WINDOW - 1n) / WINDOW;
  }
  return score;
}

const weightOf = (score: bigint): bigint => (16n * (WHOLE + score)) / WHOLE;

describe("PerformanceRotation under attack", () => {
  let bench: SeatBench<PerformanceRotation>;
  let election: PerformanceRotation;
  let start: SnapshotRestorer;

  before(async () => {
    bench = await SeatBench.of(await openPerformance(SLOTS, RULES, ROTATION, PERFORMANCE), SLOTS);
    ({ election } = bench);
    for (const id of [1, 2]) await mined(bench.by(id).join(id, 1_000n * UNIT));
    await mined(bench.post(9));
    await mined(bench.world.consensus.prove(bench.address(PROVER), 1));
    await bench.draw(1, [1, 2, 1, 2, 1, 2, 1, 2]);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const refuses = (sent: Promise<unknown>, error: string): Promise<void> =>
    expect(sent).to.be.revertedWithCustomError(election, error);

  async function posted(i: number, slot: number, offset = 0n): Promise<bigint> {
    await bench.at(bench.slotStart(slot) + offset);
    await mined(bench.post(i));
    return bench.world.consensus.sequencedBatches();
  }

  async function proven(by = PROVER): Promise<bigint> {
    const { consensus } = bench.world;
    const waiting = (await consensus.sequencedBatches()) - (await consensus.verifiedBatches());
    await mined(consensus.prove(bench.address(by), waiting));
    return consensus.verifiedBatches();
  }

  async function credit(slot: number, batch: bigint, sequencer: number, last: bigint, fee: bigint = UNIT) {
    const record = recordOf(batch, bench.address(sequencer), fee);
    await writeRecord(bench.world.consensus, batch, record);
    return election.creditSlot(slot, batch, last, record, openingsOf(batch));
  }

  // ─── Performance bought ────────────────────────────────────────────────────────────────────────────────────────────

  it("empty batches that pay less than the floor never raise a score, and each slot with them lowers it", async () => {
    const batch = await posted(ATTACKER, SLOT);
    await refuses(credit(SLOT, batch, ATTACKER, await proven(), UNIT - 1n), "FeeTooLow");
    for (const slot of [SLOT + 2, SLOT + 4]) await posted(ATTACKER, slot);
    await bench.at(bench.slotStart(SLOT + 9));
    for (const slot of [SLOT, SLOT + 2, SLOT + 4]) await mined(election.countSlot(slot));
    expect(await election.scoreOf(ATTACKER)).to.equal(0n);
  });

  it("a sequencer that proves its own batches gains nothing; a second address costs it the proof, or the fee", async () => {
    const batch = await posted(ATTACKER, SLOT);
    const unproven = await bench.world.connection.networkHelpers.takeSnapshot();
    const own = await proven(ATTACKER);
    await refuses(credit(SLOT, batch, ATTACKER, own), "OwnProof");
    await unproven.restore();
    // L1 cannot tell a second address from another party. It has to win the proof, which RandomPriority draws.
    await mined(credit(SLOT, batch, ATTACKER, await proven(6)));
    expect(await election.scoreOf(ATTACKER)).to.equal(625n);
  });

  it("a score is bought for one floor a slot: 22 slots for three quarters, and the weight never doubles", async () => {
    expect(scoreAfter(22, 0n, true)).to.be.within(7_500n, 7_700n);
    expect(scoreAfter(1_000, 0n, true)).to.be.below(WHOLE);
    expect(weightOf(scoreAfter(1_000, 0n, true))).to.equal(31n);
    // A party with a tenth of the ids has at most 17.7% of the weights if nobody else serves at all.
    expect(Math.round((1_000 * 31) / (31 + 9 * 16))).to.equal(177);
    // And a tenth, as before, if the others serve too.
    expect(Math.round((1_000 * 31) / (31 + 9 * 31))).to.equal(100);
    // In the contract.
    for (const slot of [SLOT, SLOT + 2, SLOT + 4]) {
      await mined(credit(slot, await posted(ATTACKER, slot), ATTACKER, await proven()));
    }
    expect(await election.scoreOf(ATTACKER)).to.equal(scoreAfter(3, 0n, true));
    await mined(election.refresh(ATTACKER));
    expect(await election.weightOf(ATTACKER, 2)).to.equal(weightOf(scoreAfter(3, 0n, true)));
  });

  it("a good record is spent in eleven slots of empty batches: half of the score is gone", () => {
    const best = scoreAfter(1_000, 0n, true);
    expect(scoreAfter(10, best, false) > best / 2n).to.equal(true);
    expect(scoreAfter(11, best, false) < best / 2n).to.equal(true);
    // Nothing is left in the end: the decay is rounded up.
    expect(scoreAfter(200, best, false)).to.equal(0n);
  });

  it("one batch serves one slot, and one slot counts once (trap 6: Aztec)", async () => {
    const batch = await posted(ATTACKER, SLOT);
    await posted(ATTACKER, SLOT + 2);
    const last = await proven();
    await mined(credit(SLOT, batch, ATTACKER, last));
    await refuses(credit(SLOT, batch, ATTACKER, last), "AlreadyCounted");
    await refuses(credit(SLOT + 2, batch, ATTACKER, last), "NotOfSlot");
    await bench.at(bench.slotStart(SLOT + 8));
    await refuses(election.countSlot(SLOT), "AlreadyCounted");
  });

  it("many small identities have no more weight than their number: the size of a stake counts for nothing", async () => {
    // A thousand tokens in one id, or 16 in each of 62: each id has the weight 16, and costs at least 16 tokens.
    expect(await election.weightOf(ATTACKER, 1)).to.equal(16n);
    await mined(bench.by(3).join(3, 16n * UNIT));
    const open = await election.openSet();
    expect(await election.weightOf(3, open)).to.equal(16n);
    await refuses(bench.by(3).join(4, 16n * UNIT - 1n), "StakeOutOfRange");
  });

  // ─── Performance denied ────────────────────────────────────────────────────────────────────────────────────────────

  it("a rival cannot count a slot while its holder can still show it", async () => {
    const batch = await posted(HONEST, SLOT + 1);
    const last = await proven();
    await bench.at(bench.slotStart(SLOT + 6) - 3n);
    await writeRecord(bench.world.consensus, batch, recordOf(batch, bench.address(HONEST), UNIT));
    await refuses(election.countSlot(SLOT + 1), "EvidenceOpen");
    await mined(credit(SLOT + 1, batch, HONEST, last));
  });

  it("provers that leave a batch to its sequencer cost it a sixteenth of its score, and the fee to themselves", async () => {
    await mined(credit(SLOT + 1, await posted(HONEST, SLOT + 1), HONEST, await proven()));
    const batch = await posted(HONEST, SLOT + 3);
    const own = await proven(HONEST);
    await refuses(credit(SLOT + 3, batch, HONEST, own), "OwnProof");
    await bench.at(bench.slotStart(SLOT + 8));
    await mined(election.countSlot(SLOT + 3));
    expect(await election.scoreOf(HONEST)).to.equal(625n - 40n);
  });

  it("a stranger who posts in the slot does not hide the holder's batches, and adds none to them", async () => {
    const batch = await posted(HONEST, SLOT + 1);
    await bench.at(bench.slotStart(SLOT + 1) + 26n);
    await mined(bench.post(ATTACKER));
    const last = await proven();
    await refuses(credit(SLOT + 1, batch + 1n, ATTACKER, last), "NotOfSlot");
    await mined(credit(SLOT + 1, batch, HONEST, last));
  });

  it("a holder is not blamed for a slot in which it could not act (trap 5: Aztec)", async () => {
    // The ring is full: nobody can post.
    for (const [slot, i] of [
      [SLOT, ATTACKER],
      [SLOT + 1, HONEST],
      [SLOT + 2, ATTACKER],
      [SLOT + 3, HONEST],
    ] as const) {
      await bench.at(bench.slotStart(slot));
      await mined(bench.post(i, 10));
    }
    await bench.at(bench.slotStart(SLOT + 5));
    await proven();
    await bench.at(bench.slotStart(SLOT + 9));
    await refuses(election.countSlot(SLOT + 4), "NotCountable");
    await refuses(election.reportMiss(SLOT + 4), "NotMissed");
  });

  // ─── Weights and duties ────────────────────────────────────────────────────────────────────────────────────────────

  it("a score that changes in an epoch moves no slot of it (trap 4: Aztec)", async () => {
    const before = await election.seatsOf(1);
    const holders = await Promise.all(Array.from({ length: 32 }, (_, i) => election.holderOf(SLOT + i)));
    await mined(credit(SLOT, await posted(ATTACKER, SLOT), ATTACKER, await proven()));
    await mined(election.refresh(ATTACKER));
    expect(await election.seatsOf(1)).to.equal(before);
    expect(await Promise.all(Array.from({ length: 32 }, (_, i) => election.holderOf(SLOT + i)))).to.deep.equal(holders);
    expect(await election.weightOf(ATTACKER, 1)).to.equal(16n);
  });

  it("a party that leaves has no weight, and a refresh does not bring it back (trap 19: Telcoin)", async () => {
    const weight = async (): Promise<bigint> => election.weightOf(HONEST, await election.openSet());
    expect(await weight()).to.equal(16n);
    await mined(bench.by(HONEST).exit(HONEST));
    await refuses(election.refresh(HONEST), "NotWeighed");
    expect(await weight()).to.equal(0n);
  });

  it("a party that leaves keeps its duties, and still pays for a miss (trap 21: Sherlock)", async () => {
    await mined(bench.by(HONEST).exit(HONEST));
    await bench.at(bench.slotStart(SLOT + 2));
    await mined(election.reportMiss(SLOT + 1));
    expect((await election.partyOf(HONEST)).stake).to.equal(990n * UNIT);
    await bench.at(bench.slotStart(SLOT + 6));
    await mined(election.countSlot(SLOT + 1));
    await refuses(election.withdrawStake(HONEST), "StakeLocked");
  });
});
