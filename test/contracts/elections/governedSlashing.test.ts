// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { DAY, ESCAPE_DELAY } from "../../helpers/authorityHarness.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { Random } from "../../helpers/random.ts";
import { SlashingHarness } from "../../helpers/slashingHarness.ts";
import { ACTIONS, SlashingRun } from "../../helpers/slashingRun.ts";
import type { SlashingTerms } from "../../model/elections/governedSlashing.ts";

/* ELECTION_SEED=random, or a seed, for another run, of which nothing is asked but agreement; ELECTION_STEPS for more. */

const FIXED_SEED = "slashing";
const seed = process.env["ELECTION_SEED"] ?? FIXED_SEED;
const SEED = seed === "random" ? randomBytes(8).toString("hex") : seed;
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 600);

const ERRORS = [
  ...[
    "ExitTooShort",
    "EpochTooLong",
    "NotParty",
    "NoVotes",
    "ChargeOpen",
    "NothingToSlash",
    "RateOutOfRange",
    "WrongStage",
  ],
  ...["VotingOver", "AlreadyVoted", "OwnCharge", "SlashedInPeriod", "CapReached", "Locked", "Expired"],
];

const STAGE = { charged: 1, convicted: 2 } as const;
const REASON = `0x${"42".repeat(32)}`;

describe(`GovernedSlashing against its model (seed ${SEED})`, () => {
  it(`agrees on ${STEPS} random steps`, async () => {
    const run = await SlashingRun.start(new Random(SEED));
    for (let left = STEPS; left > 0; left--) await run.step();
    if (SEED !== FIXED_SEED) return;
    expect(
      [...ACTIONS, ...ERRORS].filter((name) => !run.counts.has(name)),
      JSON.stringify([...run.counts]),
    ).to.deep.equal([]);
  });
});

describe("GovernedSlashing", () => {
  let h: SlashingHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await SlashingHarness.open();
    await h.start(3_000n, 3_000n, 3_000n, 1_000n);
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const expectRefusal = (sent: Promise<unknown>, name: string, args: readonly unknown[]) =>
    expect(sent)
      .to.be.revertedWithCustomError(h.slasher, name)
      .withArgs(...args);

  const stakeOf = async (id: number): Promise<bigint> => (await h.stakes.stakeOf(id))[1];

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("deployment", () => {
    it("logs its terms and its stakes, and binds no other ones", async () => {
      const { detectionTime, votingTime, notice, lifetime, period, maxRate, capRate } = h.terms;
      await expect(h.deployments[0])
        .to.emit(h.slasher, "GovernedSlashingDeployed")
        .withArgs([detectionTime, votingTime, notice, lifetime, period, maxRate, capRate]);
      await expect(h.deployments[1]).to.emit(h.slasher, "StakesBound").withArgs(h.stakes);
      await expectRefusal(h.slasher.bindStakes(), "StakesAlreadyBound", [await h.stakes.getAddress()]);
    });

    it("refuses terms out of their ranges", async () => {
      const wrong: [Partial<SlashingTerms>, string, string, bigint][] = [
        [{ detectionTime: 3_599n }, "InvalidSlashing", "detectionTime", 3_599n],
        [{ detectionTime: 90n * DAY + 1n }, "InvalidSlashing", "detectionTime", 90n * DAY + 1n],
        [{ votingTime: 3_599n }, "InvalidSlashing", "votingTime", 3_599n],
        [{ votingTime: 30n * DAY + 1n }, "InvalidSlashing", "votingTime", 30n * DAY + 1n],
        [{ period: DAY - 1n }, "InvalidSlashing", "period", DAY - 1n],
        [{ period: 365n * DAY + 1n }, "InvalidSlashing", "period", 365n * DAY + 1n],
        [{ maxRate: 0n }, "InvalidSlashing", "maxRate", 0n],
        [{ maxRate: 2_001n }, "InvalidSlashing", "maxRate", 2_001n],
        [{ capRate: 0n }, "InvalidSlashing", "capRate", 0n],
        [{ capRate: 2_001n }, "InvalidSlashing", "capRate", 2_001n],
        [{ notice: DAY - 1n }, "InvalidLock", "notice", DAY - 1n],
        [{ lifetime: 31n * DAY, period: 31n * DAY }, "InvalidLock", "lifetime", 31n * DAY],
      ];
      for (const [changes, error, name, value] of wrong) {
        await expectRefusal(h.deploy(changes), error, [name, value]);
      }
    });

    it("takes terms at the ends of their ranges", async () => {
      const shortest = { detectionTime: 3_600n, votingTime: 3_600n, notice: DAY, lifetime: DAY, period: DAY };
      await h.deploy({ ...shortest, maxRate: 1n, capRate: 1n });
      const longest = { detectionTime: 90n * DAY, votingTime: 30n * DAY, notice: 30n * DAY, lifetime: 30n * DAY };
      await h.deploy({ ...longest, period: 365n * DAY, maxRate: 2_000n, capRate: 2_000n });
    });

    it("locks longer than a user's exit, and asks for an exit of stakes that is longer still", async () => {
      expect(await h.slasher.lockTime()).to.equal(ESCAPE_DELAY + DAY);
      expect(await h.slasher.neededExitTime()).to.equal(3n * DAY + 2n * DAY + ESCAPE_DELAY + DAY + DAY);
    });
  });

  // ─── Charges ───────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("charges", () => {
    it("hold the stake and the owner at the charge", async () => {
      await expect(h.as(1).charge(1, 4, 1_000n, REASON))
        .to.emit(h.slasher, "PartyCharged")
        .withArgs(1, 4, 1, 1_000, 1_000, REASON);
      const { number, accused, rate, stage, owner, stake } = await h.slasher.chargeOf(1);
      expect([number, accused, rate, stage, owner, stake]).to.deep.equal([1n, 4n, 1_000n, 1n, h.address(4), 1_000n]);
    });

    it("need an exit of stakes that is as long as the way to the last second of a slash", async () => {
      const needed = h.neededExitTime;
      await mined(h.stakes.setExitTime(needed - 1n));
      await expectRefusal(h.as(1).charge(1, 4, 1n, ZeroHash), "ExitTooShort", [needed - 1n, needed]);
      await mined(h.stakes.setExitTime(needed));
      await mined(h.as(1).charge(1, 4, 1n, ZeroHash));
    });

    it("need an epoch that is no longer than the time to convict", async () => {
      // 2 days of voting are 14,400 blocks.
      await mined(h.stakes.setClock(1_801, 8));
      const epochTime = 1_801n * 8n * 12n;
      await expectRefusal(h.as(1).charge(1, 4, 1n, ZeroHash), "EpochTooLong", [epochTime, h.terms.votingTime]);
      await mined(h.stakes.setClock(1_800, 8));
      await mined(h.as(1).charge(1, 4, 1n, ZeroHash));
    });

    it("come from the owner of a party with votes, and concern a party with stake", async () => {
      await expectRefusal(h.as(1).charge(2, 4, 1n, ZeroHash), "NotParty", [2, h.address(1), h.address(2)]);
      await mined(h.stakes.setParty(4, h.signer(4), 1_000n, 0n));
      await expectRefusal(h.as(4).charge(4, 1, 1n, ZeroHash), "NoVotes", [4, 1]);
      await expectRefusal(h.as(1).charge(1, 5, 1n, ZeroHash), "NothingToSlash", [5]);
      for (const rate of [0n, 1_001n]) {
        await expectRefusal(h.as(1).charge(1, 4, rate, ZeroHash), "RateOutOfRange", [rate, 1_000]);
      }
    });

    it("end with the time for votes, and then the accuser may charge again", async () => {
      await mined(h.as(1).charge(1, 4, 1n, ZeroHash));
      const endsAt = (await h.world.now()).time + h.terms.votingTime;
      await h.moveToTime(endsAt);
      await expectRefusal(h.as(1).charge(1, 2, 1n, ZeroHash), "ChargeOpen", [1, 1, endsAt]);
      await expectRefusal(h.as(1).convict(1, 1, 1), "VotingOver", [endsAt, endsAt + 12n]);
      await expect(h.as(1).charge(1, 2, 1n, ZeroHash))
        .to.emit(h.slasher, "PartyCharged")
        .withArgs(1, 2, 2, 1, 3_000, ZeroHash);
    });

    it("are one for each accuser, so nobody blocks the charge of another", async () => {
      // The accused charges itself with the lowest rate. This changes nothing for others.
      await mined(h.as(4).charge(4, 4, 1n, ZeroHash));
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
      expect((await h.slasher.chargeOf(1)).stage).to.equal(1n);
    });
  });

  // ─── Votes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("votes", () => {
    it("convict with more than half of all weights, not with half", async () => {
      await h.start(3_000n, 3_000n, 2_000n, 2_000n);
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
      await mined(h.as(1).convict(1, 1, 1));
      await expect(h.as(3).convict(1, 1, 3))
        .to.emit(h.slasher, "VoteCast")
        .withArgs(1, 3, STAGE.charged, 1, 5_000);
      expect((await h.slasher.chargeOf(1)).stage).to.equal(1n);
      const readyAt = (await h.world.next()).time + h.lockTime;
      await expect(h.as(2).convict(1, 1, 2))
        .to.emit(h.slasher, "PartyConvicted")
        .withArgs(1, 4, readyAt);
      const { stage, tally } = await h.slasher.chargeOf(1);
      expect([stage, tally]).to.deep.equal([2n, 0n]);
    });

    it("count once an epoch, and are not added over epochs", async () => {
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
      await mined(h.as(1).convict(1, 1, 1));
      await expectRefusal(h.as(1).convict(1, 1, 1), "AlreadyVoted", [1, 1]);
      await mined(h.stakes.setEpoch(2));
      await mined(h.as(2).convict(1, 1, 2));
      expect((await h.slasher.chargeOf(1)).tally).to.equal(3_000n);
      await expect(h.as(1).convict(1, 1, 1)).to.emit(h.slasher, "PartyConvicted");
    });

    it("are refused in the last second plus one, and taken in the last second", async () => {
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
      const endsAt = (await h.world.now()).time + h.terms.votingTime;
      await h.moveToTime(endsAt);
      await mined(h.as(1).convict(1, 1, 1));
      await expectRefusal(h.as(2).convict(1, 1, 2), "VotingOver", [endsAt, endsAt + 12n]);
    });

    it("are not the accused's, nor those of a party of somebody else", async () => {
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
      await expectRefusal(h.as(4).convict(1, 1, 4), "OwnCharge", [4]);
      await expectRefusal(h.as(4).convict(1, 1, 2), "NotParty", [2, h.address(4), h.address(2)]);
      await expectRefusal(h.as(2).convict(1, 2, 2), "WrongStage", [1, 1, STAGE.charged]);
      await expectRefusal(h.as(2).acquit(1, 1, 2), "WrongStage", [1, 1, STAGE.charged]);
    });

    it("acquit in the lock in the same way, also with votes that convicted", async () => {
      await h.convict(1, 4, 1_000n, [1, 2]);
      await mined(h.as(3).acquit(1, 1, 3));
      await expectRefusal(h.as(3).acquit(1, 1, 3), "AlreadyVoted", [3, 1]);
      await expect(h.as(2).acquit(1, 1, 2))
        .to.emit(h.slasher, "PartyAcquitted")
        .withArgs(1, 4);
      await expectRefusal(h.slasher.execute(1, 1), "WrongStage", [1, 1, 0]);
      await mined(h.as(1).charge(1, 4, 1_000n, ZeroHash));
    });
  });

  // ─── Execution ─────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("execution", () => {
    it("waits for the lock, to the second, and takes the rate of the stake, rounded up", async () => {
      await h.start(3_000n, 3_000n, 3_000n, 1_001n);
      const readyAt = await h.convict(1, 4, 1_000n, [1, 2]);
      await h.moveToTime(readyAt - 12n);
      await expectRefusal(h.slasher.execute(1, 1), "Locked", [readyAt, readyAt - 12n]);
      await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 4, 101);
      expect(await stakeOf(4)).to.equal(900n);
      await expectRefusal(h.slasher.execute(1, 1), "WrongStage", [1, 1, 0]);
    });

    it("is possible in the last second of the lifetime, and not later", async () => {
      const readyAt = await h.convict(1, 4, 1_000n, [1, 2]);
      const last = await h.world.connection.networkHelpers.takeSnapshot();
      const until = readyAt + h.terms.lifetime;
      await h.moveToTime(until);
      await mined(h.slasher.execute(1, 1));
      await last.restore();
      await h.moveToTime(until + 12n);
      await expectRefusal(h.slasher.execute(1, 1), "Expired", [until, until + 12n]);
    });

    it("slashes a party once in a period", async () => {
      await h.moveToTime(await h.convict(1, 4, 100n, [1, 2]));
      await h.execute(1);
      const until = (await h.world.now()).time + h.terms.period;
      await h.moveToTime(await h.convict(2, 4, 100n, [1, 2]));
      const { time } = await h.world.next();
      await expectRefusal(h.slasher.execute(2, 2), "SlashedInPeriod", [4, until, time]);
      expect(await stakeOf(4)).to.equal(990n);
    });

    it("takes no more than the cap of all parties together in a period", async () => {
      // The cap is 5% of 10,000. The first slash takes 300, the second one 200 of 300, the third one nothing.
      const ready = [
        await h.convict(1, 2, 1_000n, [1, 3]),
        await h.convict(2, 1, 1_000n, [2, 3]),
        await h.convict(3, 4, 1_000n, [2, 3]),
      ];
      await h.moveToTime(ready.reduce((last, each) => (each > last ? each : last)));
      await h.execute(1);
      const until = (await h.world.now()).time + h.terms.period;
      await expect(h.slasher.execute(2, 2)).to.emit(h.slasher, "SlashExecuted").withArgs(2, 1, 200);
      await expectRefusal(h.slasher.execute(3, 3), "CapReached", [500, until]);
    });

    it("begins a new cap with the period", async () => {
      await h.moveToTime(await h.convict(1, 2, 1_000n, [1, 3]));
      await h.execute(1);
      const { since } = await h.slasher.period();
      await h.moveToTime(since + h.terms.period - h.lockTime - 600n);
      await h.convict(2, 1, 1_000n, [2, 3]);
      await h.moveToTime(since + h.terms.period);
      await h.execute(2);
      const { slashed, cap } = await h.slasher.period();
      // 5% of the 9,700 that are left.
      expect([slashed, cap]).to.deep.equal([300n, 485n]);
    });

    it("slashes nobody who has taken the place of the accused meanwhile", async () => {
      const readyAt = await h.convict(1, 4, 1_000n, [1, 2]);
      await mined(h.stakes.setParty(4, h.signer(5), 1_000n, 1_000n));
      await h.moveToTime(readyAt);
      await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 4, 0);
      expect(await stakeOf(4)).to.equal(1_000n);
    });

    it("takes the rate of what is left of the stake, so that those who stay do not pay for those who left", async () => {
      const readyAt = await h.convict(1, 4, 1_000n, [1, 2]);
      await mined(h.stakes.setParty(4, h.signer(4), 35n, 35n));
      await h.moveToTime(readyAt);
      await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 4, 4);
      expect(await stakeOf(4)).to.equal(31n);
    });

    it("takes the rate of the stake at the charge if the stake has grown", async () => {
      const readyAt = await h.convict(1, 4, 1_000n, [1, 2]);
      await mined(h.stakes.setParty(4, h.signer(4), 9_000n, 9_000n));
      await h.moveToTime(readyAt);
      await expect(h.slasher.execute(1, 1)).to.emit(h.slasher, "SlashExecuted").withArgs(1, 4, 100);
    });

    it("slashes another owner of a party in the period of the one before", async () => {
      await h.moveToTime(await h.convict(1, 4, 100n, [1, 2]));
      await h.execute(1);
      expect(await h.slasher.lastSlashOf(4)).to.deep.equal([h.address(4), (await h.world.now()).time]);
      await mined(h.stakes.setParty(4, h.signer(5), 1_000n, 1_000n));
      await h.moveToTime(await h.convict(2, 4, 100n, [1, 2]));
      await h.execute(2);
      expect(await stakeOf(4)).to.equal(990n);
    });
  });

  // ─── Cost ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("costs what the snapshot says", async () => {
    const gas = new ElectionGas(h.world.connection.ethers.provider);
    for (let round = 1; round <= 3; round++) {
      await gas.record("charge", h.as(1).charge(1, 4, 10n, ZeroHash));
      await gas.record("vote", h.as(1).convict(1, round, 1));
      await gas.record("vote that convicts", h.as(2).convict(1, round, 2));
      await gas.record("vote to acquit", h.as(3).acquit(1, round, 3));
      await h.moveToTime((await h.world.now()).time + h.lockTime);
      await gas.record("execute", h.slasher.execute(1, round));
      await h.moveToTime((await h.world.now()).time + h.terms.period);
    }
    gas.expectSnapshot("GovernedSlashing");
  });
});
