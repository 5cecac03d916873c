// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { CLOCK, FUNDS, OutsourcedHarness, seatsIn } from "../../helpers/outsourcedHarness.ts";
import { PLACES } from "../../model/elections/outsourcedProving.ts";

/* The numbers are those of docs/elections/outsourcedProving.md. */

describe("OutsourcedProving under attack", () => {
  let h: OutsourcedHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await OutsourcedHarness.open();
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const depositOf = async (id: number): Promise<bigint> => (await h.election.rollerOf(id)).deposit;
  const misses = async (id: number): Promise<bigint> => (await h.election.rollerOf(id)).misses;

  // ─── Concentration ─────────────────────────────────────────────────────────────────────────────────────────────────

  it("concentration: a deposit of 1,000 caps has a tenth of the weight beside nine rollers at the cap", async () => {
    await mined(h.as(1).join(1, h.terms.cap * 1_000n));
    for (let id = 2; id <= 10; id++) await mined(h.as(2).join(id, h.terms.cap));
    const weights = await Promise.all(Array.from({ length: 10 }, (_, i) => h.election.weightOf(i + 1, 1)));
    const total = weights.reduce((sum, each) => sum + each, 0n);
    // A score by deposit would give it 1,000 of 1,009 ranges.
    expect(weights[0]! * 10n).to.equal(total);
  });

  it("concentration: service at most doubles the weight of a newcomer", async () => {
    await h.start(1);
    await h.post(15);
    for (let range = 0; range < 5; range++) await h.prove(1, 3);
    await mined(h.as(2).join(2, h.terms.cap));
    expect(await h.election.weightOf(1, 2)).to.equal(2n * (await h.election.weightOf(2, 2)));
  });

  it("many small identities: splitting a deposit up to the cap gains nothing", async () => {
    await mined(h.as(1).join(1, 1_000n));
    for (let id = 2; id <= 6; id++) await mined(h.as(2).join(id, 200n));
    const split = await Promise.all([2, 3, 4, 5, 6].map((id) => h.election.weightOf(id, 1)));
    const sum = split.reduce((all, each) => all + each, 0n);
    // Rounding even costs the splitter 4 of 1,024 units.
    expect([await h.election.weightOf(1, 1), sum]).to.deep.equal([102_400n, 102_000n]);
  });

  it("many small identities: an owner of all places is outbid by 10%, and the newcomer is drawn two epochs later", async () => {
    await h.fill(0);
    // 1,023 places at 200 each.
    expect(await h.world.token.balanceOf(h.election)).to.equal(8n * FUNDS + 204_600n);
    await expect(h.as(1).join(7, 1_000n)).to.be.revertedWithCustomError(h.election, "PlaceTaken");
    await expect(h.as(1).outbid(7, 219n)).to.be.revertedWithCustomError(h.election, "DepositTooLow").withArgs(219, 220);
    await expect(h.as(1).outbid(7, 220n)).to.emit(h.election, "PlaceOutbid").withArgs(7, h.address(1), 220);
    await expect(h.as(2).outbid(7, 5_000n)).to.be.revertedWithCustomError(h.election, "RollerLeaving");
    const { withdrawableFrom } = await h.election.rollerOf(7);
    expect(withdrawableFrom).to.be.at.most(h.epochStart((await h.epoch()) + 3n));
    await h.moveTo(withdrawableFrom);
    await mined(h.election.withdrawDeposit(7));
    expect([...(await h.election.rollerOf(7))]).to.deep.equal([h.address(1), 220n, 0n, 100n, 0n]);
    expect([...(await h.election.heirOf(7))]).to.deep.equal([ZeroAddress, 0n]);
    expect(await h.election.rollers()).to.equal(BigInt(PLACES));
  });

  it("outbidding: a roller at the cap keeps its place, and so does everybody while places are free", async () => {
    await mined(h.as(1).join(1, h.terms.cap));
    await expect(h.as(2).outbid(1, 10n ** 9n))
      .to.be.revertedWithCustomError(h.election, "PlacesFree")
      .withArgs(1, PLACES);
    await h.fill(1);
    await expect(h.as(2).outbid(1, 10n ** 9n))
      .to.be.revertedWithCustomError(h.election, "AtCap")
      .withArgs(1, h.terms.cap, h.terms.cap);
  });

  // ─── Silence ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("trap 25, a winner that refuses all: it delays two ranges for 60 s each, pays two fines, and is out", async () => {
    await h.start(1);
    await h.post(9);
    for (const range of [0n, 1n]) {
      const { time } = await h.world.now();
      await h.beLate();
      const next = await h.world.next();
      // The first range waits for its own time, the next one for the time since it is the first.
      expect(next.time - time).to.be.at.most(h.terms.provingTime + 12n);
      await h.prove(5, 3);
      expect(await misses(1)).to.equal(range + 1n);
    }
    await h.prove(6, 3);
    expect(h.terms.cap - (await depositOf(1))).to.equal(2n * h.terms.fine);
  });

  it("silence of many identities: each further range that waits costs a fine", async () => {
    await h.start(7);
    await h.post(48);
    const before = (await Promise.all([1, 2, 3, 4, 5, 6, 7].map(depositOf))).reduce((sum, each) => sum + each, 0n);
    let delayed = 0;
    while ((await h.consensus.verifiedBatches()) < 48n) {
      if ((await h.dutyOf(await h.next())) !== 0) {
        await h.beLate();
        delayed++;
      }
      await h.prove(0, 3);
    }
    const after = (await Promise.all([1, 2, 3, 4, 5, 6, 7].map(depositOf))).reduce((sum, each) => sum + each, 0n);
    const drawn = new Set(seatsIn((await h.election.committeeOf(1)).seats));
    expect(before - after).to.equal(BigInt(delayed) * h.terms.fine);
    expect(delayed).to.be.at.most(2 * drawn.size);
  });

  it("silence: the consensus opens the role after 240 s, however many rollers are silent one after the other", async () => {
    await h.start(7);
    await h.post(12);
    const posted = await h.consensus.timeOf(12);
    await h.moveToTime(posted + h.terms.opensAfter - 12n);
    await expect(h.consensus.prove(h.address(0), 12)).to.be.revertedWithCustomError(h.consensus, "NotAllowed");
    await h.prove(0, 12);
    expect((await h.world.now()).time - posted).to.equal(h.terms.opensAfter);
  });

  it("reporter's self-report: it saves a tenth of the fine, and nothing under the roller's own name", async () => {
    await h.start(1);
    await h.post(3);
    await h.beLate();
    const alone = await h.world.connection.networkHelpers.takeSnapshot();
    const before = await h.election.balances(h.address(1));
    await expect(h.as(1).report()).to.emit(h.election, "TermMissed").withArgs(0, 1, h.address(1), 90, 0);
    expect(await h.election.balances(h.address(1))).to.equal(before);
    await alone.restore();
    await expect(h.as(4).report()).to.emit(h.election, "TermMissed").withArgs(0, 1, h.address(4), 90, 9);
    expect(await h.election.balances(h.address(4))).to.equal(FUNDS + 9n);
    expect((await h.election.undivided()).toBurn).to.equal(81n);
  });

  // ─── Leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("traps 13 and 21, leaving before the slash: a roller that owes proofs is fined after its exit, and stays until the end", async () => {
    await h.start(1);
    await h.post(3);
    await mined(h.as(1).exit(1));
    const { withdrawableFrom } = await h.election.rollerOf(1);
    expect(withdrawableFrom).to.equal(h.epochStart(3n));
    expect((await h.election.termOf(1)).account).to.equal(h.address(1));
    await h.beLate();
    await expect(h.as(5).report()).to.emit(h.election, "TermMissed");
    expect(await depositOf(1)).to.equal(910n);
    // The last batches of its committee: they are its own until the very block in which it may leave.
    await h.post(3);
    await h.moveTo(withdrawableFrom - 1n);
    await expect(h.election.withdrawDeposit(1)).to.be.revertedWithCustomError(h.election, "DepositLocked");
    await mined(h.election.withdrawDeposit(1));
    expect(await h.dutyOf(4)).to.equal(0);
  });

  it("trap 13: a roller that is outbid keeps its duties, and its successor does not inherit them", async () => {
    await h.fill(1);
    await mined(h.as(1).join(1, 990n));
    await h.convene();
    // Its seats are few among 1,023. It is liable all the same.
    await mined(h.as(2).outbid(1, 1_089n));
    const { withdrawableFrom } = await h.election.rollerOf(1);
    expect(withdrawableFrom).to.equal(h.epochStart(3n));
    await h.moveTo(withdrawableFrom);
    await mined(h.election.withdrawDeposit(1));
    // The committee of epoch 1, which may hold the id of the predecessor, has ended. Epoch 2 has no committee.
    expect((await h.election.termOf(1)).epoch).to.equal(0n);
    expect(await h.election.weightOf(1, 3)).to.equal(0n);
    expect(await h.election.weightOf(1, 4)).to.equal(102_400n);
  });

  it("trap 19, a leaver that is still drawn: it is in no set after its exit", async () => {
    await mined(h.as(1).join(1, 1_000n));
    await mined(h.as(2).join(2, 1_000n));
    await mined(h.as(1).exit(1));
    await h.convene();
    expect(new Set(seatsIn((await h.election.committeeOf(1)).seats))).to.deep.equal(new Set([2]));
  });

  it("trap 17, a draw that never succeeds: without rollers all is open, and every deposit comes out", async () => {
    await mined(h.as(1).join(1, 1_000n));
    await mined(h.as(1).exit(1));
    await h.seal();
    await h.moveTo(h.epochStart(1n));
    await expect(h.election.convene()).to.be.revertedWithCustomError(h.election, "NothingToDraw");
    await h.post(3);
    await h.prove(6, 3);
    await h.moveTo(h.epochStart(2n));
    await mined(h.election.withdrawDeposit(1));
    expect(await h.election.balances(h.address(1))).to.equal(FUNDS);
  });

  // ─── Who is late ───────────────────────────────────────────────────────────────────────────────────────────────────

  it("trap 14, a newcomer that is slashed for a backlog: it has no batch from before its committee", async () => {
    await h.start(1);
    await h.post(6);
    await mined(h.as(2).join(2, 1_000n));
    await mined(h.as(1).exit(1));
    await h.convene(7n << 200n);
    expect(new Set(seatsIn((await h.election.committeeOf(2)).seats))).to.deep.equal(new Set([2]));
    // The backlog is the predecessor's still, and late; batches after the committee are the newcomer's.
    expect(await h.dutyOf(1)).to.equal(1);
    await mined(h.as(5).report());
    expect([await depositOf(1), await depositOf(2)]).to.deep.equal([910n, 1_000n]);
    await h.post(1);
    expect(await h.dutyOf(7)).to.equal(2);
    await h.prove(5, 6);
    expect(await h.deadline()).to.equal((await h.world.now()).time + 60n);
  });

  it("late handover: a predecessor that proves in its last second takes no time from the next roller", async () => {
    await h.start(3);
    const duties = await Promise.all(Array.from({ length: 16 }, (_, range) => h.dutyOf(3 * range + 1)));
    const change = duties.findIndex((duty, i) => i > 0 && duty !== duties[i - 1]);
    await h.post(3 * change + 3);
    if (change > 1) await h.prove(duties[0]!, 3 * (change - 1));
    const deadline = await h.deadline();
    await h.moveToTime(deadline);
    await h.prove(duties[change - 1]!, 3);
    // The batches are as old as the predecessor's, and the next roller has all of its time.
    expect(await h.deadline()).to.equal(deadline + 60n);
    await h.moveToTime(deadline + 60n);
    await expect(h.election.report()).to.be.revertedWithCustomError(h.election, "NotLate");
    await mined(h.election.report());
  });

  it("dripping: proofs of a part do not move the deadline of the rest", async () => {
    await h.start(1);
    await h.post(3);
    const deadline = await h.deadline();
    await h.prove(1, 1);
    expect(await h.deadline()).to.equal(deadline);
    await h.prove(1, 1);
    await h.moveToTime(deadline + 12n);
    await expect(h.election.report()).to.emit(h.election, "TermMissed");
  });

  it("trap 5, slashed though unable to act: nobody is fined while a departure is due, and a term can be postponed", async () => {
    await h.start(1);
    await h.post(3);
    await mined(h.consensus.setDepartureDue(true));
    await h.beLate();
    await expect(h.as(5).report()).to.be.revertedWithCustomError(h.election, "NothingDue").withArgs(1);
    await mined(h.election.postpone());
    await mined(h.consensus.setDepartureDue(false));
    await expect(h.as(5).report()).to.be.revertedWithCustomError(h.election, "NotLate");
  });

  it("trap 5, slashed though unable to act: nobody is late once the rollup is frozen", async () => {
    await h.start(1);
    await h.post(3);
    await h.beLate();
    await mined(h.consensus.freeze());
    await expect(h.election.report()).to.be.revertedWithCustomError(h.election, "NothingDue").withArgs(1);
  });

  it("trap 20, joining in the same block blocks the slash: a raise before the report changes nothing", async () => {
    await h.start(1);
    await h.post(3);
    await h.beLate();
    const { provider } = h.world.connection;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    const nonce = await h.signer(1).getNonce();
    const raised = await h.as(1).raise(1, 10n, { gasLimit: 500_000, nonce });
    const reported = await h.as(5).report({ gasLimit: 500_000 });
    await h.world.connection.networkHelpers.mine(1);
    await provider.request({ method: "evm_setAutomine", params: [true] });
    const [first, second] = [await raised.wait(), await reported.wait()];
    expect(first?.blockNumber).to.equal(second?.blockNumber);
    expect(await depositOf(1)).to.equal(1_000n + 10n - 90n);
  });

  // ─── The draw ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("trap 1, a seed before the freeze: the seed block is 64 blocks after the last block in which one can join", async () => {
    for (const epoch of [1n, 2n, 5n]) {
      const freeze = await h.election.freezeBlock(epoch);
      expect(await h.election.seedBlock(epoch)).to.equal(freeze + 64n);
      expect(freeze).to.equal(h.epochStart(epoch) - (CLOCK.slotBlocks * CLOCK.epochSlots) / 2n);
    }
    await mined(h.as(1).join(1, 1_000n));
    await h.moveTo(await h.election.freezeBlock(1));
    await mined(h.as(2).join(2, 1_000n));
    await h.convene();
    expect(new Set(seatsIn((await h.election.committeeOf(1)).seats))).to.deep.equal(new Set([1]));
  });

  it("trap 2, a stale seed: an epoch whose seed nobody sealed has no committee, and the one before ends", async () => {
    await h.start(1);
    await h.moveTo(h.epochStart(2n));
    await expect(h.election.convene()).to.be.revertedWithCustomError(h.election, "NoSeed").withArgs(2);
    await h.post(3);
    expect(await h.dutyOf(1)).to.equal(1);
    await h.moveTo(h.epochStart(3n));
    await h.prove(6, 3);
    expect(await depositOf(1)).to.equal(1_000n);
  });

  it("trap 4, a pointer that moves past duties: a committee in the middle of a range changes no batch that waits", async () => {
    await h.start(1);
    await mined(h.as(2).join(2, 1_000n));
    await mined(h.as(1).exit(1));
    await h.seal(9n << 200n);
    await h.moveTo(h.epochStart(2n) - 1n);
    await h.post(2);
    await mined(h.election.convene());
    await h.post(1);
    expect([await h.dutyOf(1), await h.dutyOf(2), await h.dutyOf(3)]).to.deep.equal([1, 1, 2]);
    // Both parts of the range are terms of their own, and neither is a range that was served.
    await expect(h.consensus.prove(h.address(1), 3)).to.be.revertedWithCustomError(h.consensus, "NotAllowed");
    await h.prove(1, 2);
    await h.prove(2, 1);
    for (const id of [1, 2]) expect((await h.election.rollerOf(id)).reputation).to.equal(100n);
  });

  it("trap 6, a score from partial proofs: a proof of a part of a range adds no reputation", async () => {
    await h.start(1);
    await h.post(6);
    await h.prove(1, 1);
    await h.moveToTime((await h.consensus.timeOf(1)) + h.terms.opensAfter);
    await h.prove(5, 1);
    await h.prove(1, 1);
    expect((await h.election.rollerOf(1)).reputation).to.equal(100n);
    expect(await h.election.queryFilter(h.election.filters.RangeServed())).to.deep.equal([]);
  });

  it("empty batches: a roller that fills its own ranges with them reaches what every roller reaches by service", async () => {
    await h.start(2);
    const own = await h.dutyOf(1);
    let [ranges, batches] = [0, 0];
    // Posting costs the batch fee, which the roller of the range earns: also of the ranges that are not its own.
    while ((await h.election.rollerOf(own)).reputation < 200n) {
      await h.post(3);
      await h.prove(await h.dutyOf(batches + 1), 3);
      [ranges, batches] = [ranges + 1, batches + 3];
    }
    expect(ranges).to.be.at.least(4);
    expect((await h.election.rollerOf(own)).reputation).to.equal(200n);
    expect((await h.election.rollerOf(3 - own)).reputation).to.be.above(100n);
  });

  it("traps 16 and 18, weights that do not follow: fines, raises and exits are in the next set that is open", async () => {
    await h.start(2, 250n);
    await h.post(3);
    const late = await h.beLate();
    await mined(h.election.report());
    // 160 are left, below the lowest deposit that is drawn.
    expect(await h.election.weightOf(late, 2)).to.equal(0n);
    await h.convene(3n << 200n);
    expect(new Set(seatsIn((await h.election.committeeOf(2)).seats))).to.deep.equal(new Set([3 - late]));
    await mined(h.as(late).raise(late, 840n));
    expect(await h.election.weightOf(late, 3)).to.equal(102_400n);
  });

  it("a burst of batches: 20 ranges at once make nobody late, as each has its time since the one before", async () => {
    await h.start(2);
    await h.post(60);
    const posted = (await h.world.now()).time;
    let lates = 0;
    for (let range = 0; range < 20; range++) {
      const own = await h.dutyOf(3 * range + 1);
      const { time } = await h.world.next();
      if (time > (await h.deadline())) lates++;
      // Each roller takes 48 of its 60 seconds, after 240 seconds in competition with everybody.
      await h.moveToTime(time + 36n);
      await h.prove(own, 3);
    }
    expect(lates).to.equal(0);
    expect((await h.world.now()).time - posted).to.be.above(4n * h.terms.provingTime);
    for (const id of [1, 2]) expect(await depositOf(id)).to.equal(1_000n);
  });
});
