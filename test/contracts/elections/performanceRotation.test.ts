// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import type { PerformanceRotation } from "../../../typechain-types/index.ts";
import { openingsOf, openPerformance, recordOf, writeRecord } from "../../helpers/performanceRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { seatArguments } from "../../helpers/seatRun.ts";

const MIN_STAKE = 160_000n;
const SLOTS = { clock: { slotBlocks: 48n, epochSlots: 8n }, silenceBlocks: 5n, opensAfter: 2_592_000n };
const RULES = { minStake: MIN_STAKE, seats: 2n, maxMisses: 8n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 300n };
const PERFORMANCE = { window: 4n, evidenceSlots: 3n, feeFloor: 100n };

const PROVER = 7;
/** First slot of epoch 1, which party 1 is drawn for. Party 2 has the next one. */
const SLOT = 8;

describe("PerformanceRotation", () => {
  let bench: SeatBench<PerformanceRotation>;
  let election: PerformanceRotation;
  let start: SnapshotRestorer;

  /** Parties 1 … 3 have stakes of different sizes; 1 and 2 are drawn for epoch 1. Batch 1 is posted and proven. */
  before(async () => {
    bench = await SeatBench.of(await openPerformance(SLOTS, RULES, ROTATION, PERFORMANCE), SLOTS);
    ({ election } = bench);
    for (const [id, stake] of [
      [1, MIN_STAKE],
      [2, 3n * MIN_STAKE],
      [3, 50n * MIN_STAKE],
    ] as const) {
      await mined(bench.by(id).join(id, stake));
    }
    await mined(bench.post(9));
    await mined(bench.world.consensus.prove(bench.address(PROVER), 1));
    await bench.draw(1, [1, 2]);
    start = await bench.world.connection.networkHelpers.takeSnapshot();
  });

  afterEach(() => start.restore());

  const refuses = (sent: Promise<unknown>, error: string, ...args: unknown[]): Promise<void> =>
    expect(sent)
      .to.be.revertedWithCustomError(election, error)
      .withArgs(...args);

  /** Posts a batch in the first block of a slot that is its own, and gives its number. */
  async function posted(i: number, slot: number): Promise<bigint> {
    await bench.at(bench.slotStart(slot));
    await mined(bench.post(i));
    return bench.world.consensus.sequencedBatches();
  }

  async function proven(by = PROVER): Promise<bigint> {
    const { consensus } = bench.world;
    const waiting = (await consensus.sequencedBatches()) - (await consensus.verifiedBatches());
    await mined(consensus.prove(bench.address(by), waiting));
    return consensus.verifiedBatches();
  }

  /** Sends the evidence for a batch. */
  const credit = (slot: number, batch: bigint, sequencer: number, last: bigint, fee = PERFORMANCE.feeFloor) =>
    election.creditSlot(slot, batch, last, recordOf(batch, bench.address(sequencer), fee), openingsOf(batch));

  /** As `credit`, for a batch that has this record. */
  async function shown(slot: number, batch: bigint, sequencer: number, last: bigint, fee = PERFORMANCE.feeFloor) {
    await writeRecord(bench.world.consensus, batch, recordOf(batch, bench.address(sequencer), fee));
    return credit(slot, batch, sequencer, last, fee);
  }

  /** Party 1 serves a slot and shows it. */
  async function served(slot: number): Promise<void> {
    const batch = await posted(1, slot);
    await mined(shown(slot, batch, 1, await proven()));
  }

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  it("PerformanceRotation logs its rules and shows them", async () => {
    await expect(election.deploymentTransaction()).to.emit(election, "PerformanceDeployed").withArgs([4n, 3n, 100n]);
    expect([await election.WINDOW(), await election.EVIDENCE_SLOTS(), await election.FEE_FLOOR()]).to.deep.equal([
      ...[4n, 3n, 100n],
    ]);
    expect(await election.TOKEN()).to.equal(bench.world.token.target);
  });

  for (const [name, bad, good] of [
    ["window", [1n, 257n], [2n, 256n]],
    ["evidenceSlots", [0n, 5n], [1n, 4n]],
    ["feeFloor", [0n], [1n]],
  ] as const) {
    it(`PerformanceRotation refuses ${name} out of its range, and takes its bounds`, async () => {
      const { connection, token } = bench.world;
      const deploy = (value: bigint) =>
        connection.ethers.deployContract("PerformanceRotation", [
          ...[SLOTS, seatArguments(token, ZeroAddress, RULES), ROTATION, { ...PERFORMANCE, [name]: value }],
        ] as never);
      for (const value of bad) await refuses(deploy(value), "InvalidParameter", name, value);
      for (const value of good) await deploy(value);
    });
  }

  it("PerformanceRotation refuses a slasher: its weights are no stakes", async () => {
    const { connection, token } = bench.world;
    const slasher = bench.slasher.target as string;
    const sent = connection.ethers.deployContract("PerformanceRotation", [
      ...[SLOTS, seatArguments(token, slasher, RULES), ROTATION, PERFORMANCE],
    ] as never);
    await refuses(sent, "InvalidParameter", "slasher", BigInt(slasher));
  });

  // ─── Scores ────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a served slot moves the score a quarter of the way to 10,000, rounded down", async () => {
    const batch = await posted(1, SLOT);
    const last = await proven();
    await writeRecord(bench.world.consensus, batch, recordOf(batch, bench.address(1), 100n));
    await expect(credit(SLOT, batch, 1, last))
      .to.emit(election, "SlotCredited")
      .withArgs(SLOT, 1, batch, 2_500);
    await refuses(credit(SLOT, batch, 1, last), "AlreadyCounted", SLOT);
    const scores: bigint[] = [];
    for (const slot of [SLOT + 2, SLOT + 4, SLOT + 6]) {
      await served(slot);
      scores.push(await election.scoreOf(1));
    }
    expect(scores).to.deep.equal([4_375n, 5_781n, 6_835n]);
    expect(await election.scoreOf(2)).to.equal(0n);
  });

  it("a slot that was not shown moves the score a quarter of the way to 0, rounded up", async () => {
    await served(SLOT);
    // Slot 10 was missed, slot 12 served and not shown.
    await posted(1, SLOT + 4);
    await bench.at(bench.slotStart(SLOT + 2 + 3 + 1));
    await expect(election.countSlot(SLOT + 2))
      .to.emit(election, "SlotCounted")
      .withArgs(SLOT + 2, 1, 1_875);
    await refuses(election.countSlot(SLOT + 2), "AlreadyCounted", SLOT + 2);
    await bench.at(bench.slotStart(SLOT + 4 + 3 + 1));
    await expect(election.countSlot(SLOT + 4))
      .to.emit(election, "SlotCounted")
      .withArgs(SLOT + 4, 1, 1_406);
  });

  it("a miss counts as not served, whether it was reported or not", async () => {
    await served(SLOT);
    await bench.at(bench.slotStart(SLOT + 6));
    await mined(election.reportMiss(SLOT + 2));
    await mined(election.countSlot(SLOT + 2));
    expect(await election.scoreOf(1)).to.equal(1_875n);
  });

  it("evidence is taken in EVIDENCE_SLOTS slots after the slot, and not a block later", async () => {
    const batch = await posted(1, SLOT);
    const last = await proven();
    const late = bench.slotStart(SLOT + 4);
    await bench.at(late - 2n);
    await writeRecord(bench.world.consensus, batch, recordOf(batch, bench.address(1), 100n));
    await refuses(election.countSlot(SLOT), "EvidenceOpen", SLOT, SLOT + 3, SLOT + 3);
    const before = await bench.world.connection.networkHelpers.takeSnapshot();
    await mined(credit(SLOT, batch, 1, last));
    await before.restore();
    await bench.at(late);
    await refuses(credit(SLOT, batch, 1, last), "EvidenceTooLate", SLOT, SLOT + 3, SLOT + 4);
    await mined(election.countSlot(SLOT));
  });

  it("refuses evidence for a slot in which the holder posted nothing", async () => {
    await posted(1, SLOT);
    await refuses(credit(SLOT + 1, 2n, 2, 2n), "NothingPosted", SLOT + 1);
    // The batch of somebody else in a slot of party 2.
    await bench.at(bench.slotStart(SLOT + 1) + 10n);
    await mined(bench.post(9));
    await refuses(credit(SLOT + 1, 3n, 9, 3n), "NothingPosted", SLOT + 1);
    await refuses(credit(0, 3n, 9, 3n), "NothingPosted", 0);
  });

  it("takes batches of the holder in the slot only, though others posted between them", async () => {
    const first = await posted(1, SLOT);
    // The backup, then everybody.
    await bench.at(bench.slotStart(SLOT) + 10n);
    await mined(bench.post(9));
    await mined(bench.post(1));
    const { first: from, last: to } = await election.postedIn(SLOT);
    expect([from, to]).to.deep.equal([first, first + 2n]);
    const proof = await proven();
    await refuses(credit(SLOT, first - 1n, 9, proof), "NotOfSlot", first - 1n, first, first + 2n);
    await refuses(credit(SLOT, first + 3n, 1, proof), "NotOfSlot", first + 3n, first, first + 2n);
    const stranger = shown(SLOT, first + 1n, 9, proof);
    await refuses(stranger, "NotOfHolder", first + 1n, bench.address(9), bench.address(1));
    await mined(shown(SLOT, first + 2n, 1, proof));
  });

  it("refuses a record and openings that are not those of the batch", async () => {
    const batch = await posted(1, SLOT);
    const last = await proven();
    const record = recordOf(batch, bench.address(1), 100n);
    await writeRecord(bench.world.consensus, batch, record);
    for (const changed of [{ fee: 101n }, { sequencer: bench.address(2) }, { bond: 1n }, { forcedFees: 1n }]) {
      const sent = election.creditSlot(SLOT, batch, last, { ...record, ...changed }, openingsOf(batch));
      await expect(sent).to.be.revertedWithCustomError(election, "WrongRecord");
    }
    const sent = election.creditSlot(SLOT, batch, last, record, openingsOf(9n));
    await expect(sent).to.be.revertedWithCustomError(election, "WrongRecord");
  });

  it("takes a fee of FEE_FLOOR, and none below it", async () => {
    const batch = await posted(1, SLOT);
    const last = await proven();
    await refuses(shown(SLOT, batch, 1, last, 99n), "FeeTooLow", 99n, 100n);
    await mined(shown(SLOT, batch, 1, last, 100n));
  });

  it("refuses a batch that is not proven, a proof that does not have it, and one of its sequencer", async () => {
    const batch = await posted(1, SLOT);
    await refuses(shown(SLOT, batch, 1, batch), "UnknownProof", batch, batch);
    await refuses(shown(SLOT, batch, 1, batch - 1n), "UnknownProof", batch, batch - 1n);
    const unproven = await bench.world.connection.networkHelpers.takeSnapshot();
    await proven(1);
    await refuses(shown(SLOT, batch, 1, batch), "OwnProof", batch, bench.address(1));
    await unproven.restore();
    await proven();
    expect(await election.proofOf(batch)).to.deep.equal([bench.address(PROVER), batch, batch]);
    await mined(shown(SLOT, batch, 1, batch));
  });

  it("does not count a slot that nobody held, whose holder is excused, or that is too old", async () => {
    await bench.at(bench.slotStart(SLOT));
    await refuses(election.countSlot(3), "NotCountable", 3);
    await refuses(election.countSlot(2n ** 256n - 1n), "EvidenceOpen", 2n ** 256n - 1n, 2n ** 256n - 1n, SLOT);
    await bench.at(bench.epochStart(3) - 1n);
    const last = await bench.world.connection.networkHelpers.takeSnapshot();
    await mined(election.countSlot(SLOT));
    await last.restore();
    await bench.at(bench.epochStart(3));
    await refuses(election.countSlot(SLOT), "NotCountable", SLOT);
    await start.restore();
    await mined(bench.world.consensus.freeze());
    await bench.at(bench.slotStart(SLOT + 4));
    await refuses(election.countSlot(SLOT), "NotCountable", SLOT);
  });

  // ─── Weights ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("every stake has the weight 16, and the score adds up to 15 more", async () => {
    expect(await Promise.all([1, 2, 3].map((id) => election.weightOf(id, 1)))).to.deep.equal([16n, 16n, 16n]);
    for (const slot of [SLOT, SLOT + 2]) await served(slot);
    // 16 · 1.4375 = 23.
    await expect(election.refresh(1)).to.emit(election, "WeightRefreshed").withArgs(1, 4_375, 2);
    expect(await election.weightOf(1, 2)).to.equal(23n);
    expect(await election.weightOf(1, 1)).to.equal(16n);
    expect(await election.totalWeight(2)).to.equal(55n);
  });

  it("a score counts from the set that is open at its refresh", async () => {
    await served(SLOT);
    await bench.at(bench.freezeBlock(2));
    await mined(election.refresh(1));
    expect([await election.weightOf(1, 2), await election.weightOf(1, 3)]).to.deep.equal([16n, 20n]);
  });

  it("refuses to weigh a party that is out, has left, or is not there", async () => {
    await mined(bench.by(3).takeOut(3));
    await mined(bench.by(2).exit(2));
    for (const id of [2, 3, 4]) await refuses(election.refresh(id), "NotWeighed", id);
    await mined(bench.by(3).bringBack(3));
    await mined(election.refresh(3));
  });

  it("a new owner of an id has no score", async () => {
    await served(SLOT);
    await mined(bench.by(1).exit(1));
    expect(await election.scoreOf(1)).to.equal(2_500n);
    await bench.at(bench.epochStart(4));
    await mined(election.withdrawStake(1));
    expect(await election.scoreOf(1)).to.equal(0n);
    await mined(bench.by(5).join(1, MIN_STAKE));
    expect(await election.scoreOf(1)).to.equal(0n);
    expect((await election.partyOf(1)).owner).to.not.equal(ZeroAddress);
  });

  it("no record is left of slots and proofs that others took the places of", async () => {
    await served(SLOT);
    const last = await bench.world.consensus.verifiedBatches();
    expect((await election.postedIn(SLOT)).isCounted).to.equal(true);
    expect((await election.postedIn(SLOT + 16)).first).to.equal(0n);
    expect((await election.proofOf(last)).last).to.equal(last);
    expect((await election.proofOf(last + 256n)).last).to.equal(0n);
  });
});
