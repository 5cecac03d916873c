// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { ESCAPE_DELAY } from "../../helpers/authorityHarness.ts";
import { SlashingHarness } from "../../helpers/slashingHarness.ts";

/* The numbers are those of docs/elections/governedSlashing.md. */

describe("GovernedSlashing under attack", () => {
  let h: SlashingHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await SlashingHarness.open({ capRate: 1_000n });
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const stakeOf = async (id: number): Promise<bigint> => (await h.stakes.stakeOf(id))[1];

  it("takeover by slashing: 51% need seven periods to burn half of the others' stake, and gain no token", async () => {
    await h.start(51_000n, 24_500n, 24_500n);
    const [holder, begun] = [await h.world.token.balanceOf(h.signer(1)), (await h.world.next()).time];
    const others = async (): Promise<bigint> => (await stakeOf(2)) + (await stakeOf(3));
    let periods = 0;
    while ((await others()) > 24_500n) {
      periods++;
      // One charge after the other: party 1 accuses once at a time.
      for (const accused of [2, 3]) {
        const last = await h.slasher.lastSlashOf(accused);
        // The conviction is ready when the period of the last slash is over.
        await h.moveToTime(last.timestamp + h.terms.period - h.lockTime);
        await h.moveToTime(await h.convict(1, accused, 1_000n, [1]));
        await h.execute(1);
      }
      if (periods === 1) {
        // 44,100 of 95,100 are 46.4%.
        expect(await others()).to.equal(44_100n);
      }
    }
    expect(periods).to.equal(7);
    expect((await h.world.now()).time - begun).to.be.at.least(6n * h.terms.period);
    expect(await h.world.token.balanceOf(h.signer(1))).to.equal(holder);
    expect(await stakeOf(1)).to.equal(51_000n);
  });

  it("takeover by slashing: users have the lock before the first slash, which is their exit and the notice", async () => {
    await h.start(51_000n, 24_500n, 24_500n);
    const readyAt = await h.convict(1, 2, 1_000n, [1]);
    const convictedAt = (await h.world.now()).time;
    expect(readyAt - convictedAt).to.equal(ESCAPE_DELAY + h.terms.notice);
    await h.moveToTime(convictedAt + h.terms.notice + ESCAPE_DELAY - 12n);
    await expect(h.slasher.execute(1, 1)).to.be.revertedWithCustomError(h.slasher, "Locked");
  });

  it("takeover by slashing: 50% of the weights convict nobody", async () => {
    await h.start(50_000n, 25_000n, 25_000n);
    await h.convict(1, 2, 1_000n, [1]);
    expect((await h.slasher.chargeOf(1)).stage).to.equal(1n);
  });

  it("many small identities: a stake that is split over many names has the same votes, and no more charges count", async () => {
    await h.start(10_000n, 10_000n, 10_000n, 10_000n, 10_000n);
    // Three of five convict one by one, each of their charges of the same party is a slash once in a period.
    const ready = [
      await h.convict(1, 5, 1_000n, [1, 2, 3]),
      await h.convict(2, 5, 1_000n, [1, 2, 3]),
      await h.convict(3, 5, 1_000n, [1, 2, 3]),
    ];
    await h.moveToTime(ready.reduce((last, each) => (each > last ? each : last)));
    await h.execute(1);
    for (const accuser of [2, 3]) {
      await expect(h.slasher.execute(accuser, accuser)).to.be.revertedWithCustomError(h.slasher, "SlashedInPeriod");
    }
    expect(await stakeOf(5)).to.equal(9_000n);
  });

  it("trap 21, leaving before the slash: the last second of a slash is before the first one of the withdrawal", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    const deed = (await h.world.next()).time;
    // The party leaves at once, is charged in the last second of the detection, and convicted in the last of the vote.
    const withdrawal = deed + (await h.stakes.exitTime());
    await h.moveToTime(deed + h.terms.detectionTime);
    await mined(h.as(1).charge(1, 3, 1_000n, ZeroHash));
    const charged = (await h.world.now()).time;
    await mined(h.as(1).convict(1, 1, 1));
    await h.moveToTime(charged + h.terms.votingTime);
    await mined(h.as(2).convict(1, 1, 2));
    const last = (await h.world.now()).time + h.lockTime + h.terms.lifetime;
    expect(last).to.be.at.most(withdrawal);
    await h.moveToTime(last);
    await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 3, 100);
  });

  it("trap 21: an election whose stakes leave one second sooner takes no charge", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    await mined(h.stakes.setExitTime(h.neededExitTime - 1n));
    await expect(h.as(1).charge(1, 3, 1_000n, ZeroHash)).to.be.revertedWithCustomError(h.slasher, "ExitTooShort");
  });

  it("trap 20, joining in the same block blocks the slash: more or less stake meanwhile does not raise the amount", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    const readyAt = await h.convict(1, 3, 1_000n, [1, 2]);
    await h.moveToTime(readyAt);
    await mined(h.stakes.setParty(3, h.signer(3), 5_000n, 1_000n));
    await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 3, 100);
  });

  it("trap 13, the successor of the accused pays nothing, and the charge of its predecessor has ended", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    const readyAt = await h.convict(1, 3, 1_000n, [1, 2]);
    await mined(h.stakes.setParty(3, h.signer(8), 7_000n, 1_000n));
    await h.moveToTime(readyAt);
    await mined(h.slasher.execute(1, 1));
    expect(await stakeOf(3)).to.equal(7_000n);
    expect((await h.slasher.period()).slashed).to.equal(0n);
    await expect(h.slasher.execute(1, 1)).to.be.revertedWithCustomError(h.slasher, "WrongStage");
  });

  it("trap 23, a full slash divides by zero: a party without stake is charged no more, and others go on", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    const readyAt = await h.convict(1, 3, 1_000n, [1, 2]);
    await mined(h.stakes.setParty(3, h.signer(3), 0n, 0n));
    await h.moveToTime(readyAt);
    await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 3, 0);
    await expect(h.as(1).charge(1, 3, 1n, ZeroHash)).to.be.revertedWithCustomError(h.slasher, "NothingToSlash");
    await h.convict(1, 2, 1_000n, [1]);
  });

  it("a charge that blocks another: the accused's own charge of itself stops nobody, and it does not vote on it", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    await mined(h.as(3).charge(3, 3, 1n, ZeroHash));
    await expect(h.as(3).convict(3, 1, 3)).to.be.revertedWithCustomError(h.slasher, "OwnCharge");
    await h.moveToTime(await h.convict(1, 3, 1_000n, [1, 2]));
    await h.execute(1);
    expect(await stakeOf(3)).to.equal(900n);
  });

  it("voting twice: a party that has another owner now, or votes in the next epoch, adds no votes", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    await mined(h.as(1).charge(1, 3, 1_000n, ZeroHash));
    await mined(h.as(1).convict(1, 1, 1));
    // The party has another owner now. It has voted all the same.
    await mined(h.stakes.setParty(1, h.signer(9), 3_000n, 3_000n));
    await expect(h.as(9).convict(1, 1, 1)).to.be.revertedWithCustomError(h.slasher, "AlreadyVoted");
    for (let epoch = 2; epoch < 6; epoch++) {
      await mined(h.stakes.setEpoch(epoch));
      await mined(h.as(9).convict(1, 1, 1));
    }
    const { stage, tally } = await h.slasher.chargeOf(1);
    expect([stage, tally]).to.deep.equal([1n, 3_000n]);
  });

  it("a false positive: the majority that convicted acquits within the lock, and nothing is slashed", async () => {
    await h.start(3_000n, 3_000n, 1_000n);
    const readyAt = await h.convict(1, 3, 1_000n, [1, 2]);
    for (const voter of [1, 2]) await mined(h.as(voter).acquit(1, 1, voter));
    await h.moveToTime(readyAt);
    await expect(h.slasher.execute(1, 1)).to.be.revertedWithCustomError(h.slasher, "WrongStage");
    expect(await stakeOf(3)).to.equal(1_000n);
  });

  it("a slash by anybody but the slasher is refused by the stakes", async () => {
    await h.start(3_000n);
    await expect(h.stakes.slash(1, 1n))
      .to.be.revertedWithCustomError(h.stakes, "NotSlasher")
      .withArgs(h.address(0), await h.slasher.getAddress());
  });
});
