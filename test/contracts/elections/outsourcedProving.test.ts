// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { MAX_REPUTATION, MIN_REPUTATION, type ProvingTerms } from "../../model/elections/outsourcedProving.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { FUNDS, OutsourcedHarness, seatsIn } from "../../helpers/outsourcedHarness.ts";
import { DUTY_ACTIONS, OutsourcedRun, PLACE_ACTIONS } from "../../helpers/outsourcedRun.ts";
import { Random } from "../../helpers/random.ts";

/* ELECTION_SEED=random, or a seed, for another run, of which nothing is asked but agreement; ELECTION_STEPS for more. */

const FIXED_SEED = "rollers";
const seed = process.env["ELECTION_SEED"] ?? FIXED_SEED;
const SEED = seed === "random" ? randomBytes(8).toString("hex") : seed;
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 600);

const ERRORS = [
  ...["UnknownPlace", "PlaceTaken", "NotRoller", "DepositTooLow", "RollerLeaving", "DepositLocked", "PlacesFree"],
  ...["NotConvenable", "AlreadyConvened", "NoSeed", "NothingDue", "NotLate", "AlreadyFined", "NotAllowed"],
  ...["InsufficientBalance", "NotSeedBlock", "NotBlocked", "DepartureDue"],
];

const SEQUENCER = 0;
const AGGREGATOR = 1;

describe(`OutsourcedProving against its model (seed ${SEED})`, () => {
  it(`agrees on ${STEPS} random steps, the last ones after a freeze`, async () => {
    const run = await OutsourcedRun.start(new Random(SEED), false);
    for (let left = STEPS; left > 0; left--) {
      if (left === Math.round(STEPS * 0.05)) await run.freeze();
      await run.step();
    }
    await run.close();
    if (SEED !== FIXED_SEED) return;
    const done = [...PLACE_ACTIONS, ...DUTY_ACTIONS].filter((action) => action !== "outbid");
    expect(
      [...done, ...ERRORS].filter((name) => !run.counts.has(name)),
      JSON.stringify([...run.counts]),
    ).to.deep.equal([]);
  });

  it("agrees on random steps while all places are taken", async () => {
    const run = await OutsourcedRun.start(new Random(`${SEED}/full`), true);
    for (let left = Math.round(STEPS / 4); left > 0; left--) await run.step();
    await run.close();
    if (SEED !== FIXED_SEED) return;
    expect(
      ["outbid", "withdrawDeposit", "AtCap"].filter((name) => !run.counts.has(name)),
      JSON.stringify([...run.counts]),
    ).to.deep.equal([]);
  });
});

describe("OutsourcedProving", () => {
  let h: OutsourcedHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await OutsourcedHarness.open();
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const expectRefusal = (sent: Promise<unknown>, name: string, args: readonly unknown[]) =>
    expect(sent)
      .to.be.revertedWithCustomError(h.election, name)
      .withArgs(...args);

  const expectNotAllowed = (i: number, count = 1) =>
    expect(h.consensus.prove(h.address(i), count))
      .to.be.revertedWithCustomError(h.consensus, "NotAllowed")
      .withArgs(h.address(i), AGGREGATOR);

  /** Two rollers with a committee and so many batches. Gives the roller of the next batch, and the other one. */
  const startTwo = async (batches: number): Promise<[own: number, other: number]> => {
    await h.start(2);
    await h.post(batches);
    const own = await h.dutyOf(1);
    return [own, 3 - own];
  };

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("deployment", () => {
    const deploy = (changes: Partial<ProvingTerms>) => h.deploy(changes);

    it("logs its terms, and limits the role of an aggregator alone", async () => {
      const { minDeposit, cap, fine, reportRate, reputationStep, rangeBatches, provingTime, opensAfter } = h.terms;
      await expect(h.deployment)
        .to.emit(h.election, "OutsourcedProvingDeployed")
        .withArgs([minDeposit, cap, fine, reportRate, reputationStep, rangeBatches, provingTime, opensAfter]);
      expect([...(await h.consensus.terms(SEQUENCER))]).to.deep.equal([0n, false]);
      expect([...(await h.consensus.terms(AGGREGATOR))]).to.deep.equal([opensAfter, true]);
      expect(await h.election.isAllowed(h.address(5), SEQUENCER, 1)).to.equal(true);
    });

    it("refuses terms out of their ranges", async () => {
      const wrong: [Partial<ProvingTerms>, string, bigint | number][] = [
        [{ fine: 0n }, "fine", 0],
        [{ minDeposit: 89n }, "minDeposit", 89],
        [{ cap: 199n }, "cap", 199],
        [{ cap: 200n * 1_024n + 1n }, "cap", 200n * 1_024n + 1n],
        [{ reportRate: 5_001n }, "reportRate", 5_001],
        [{ reputationStep: 0n }, "reputationStep", 0],
        [{ reputationStep: 101n }, "reputationStep", 101],
        [{ rangeBatches: 0n }, "rangeBatches", 0],
        [{ rangeBatches: 1_025n }, "rangeBatches", 1_025],
        [{ provingTime: 59n }, "provingTime", 59],
        [{ opensAfter: 119n }, "opensAfter", 119],
        // Half an epoch is 192 blocks.
        [{ opensAfter: 2_304n }, "opensAfter", 2_304],
      ];
      for (const [changes, name, value] of wrong) {
        await expectRefusal(deploy(changes), "InvalidParameter", [name, value]);
      }
    });

    it("takes terms at the ends of their ranges", async () => {
      await deploy({ minDeposit: 90n, cap: 90n, reportRate: 0n, reputationStep: 1n, rangeBatches: 1n });
      await deploy({ cap: 200n * 1_024n, reportRate: 5_000n, reputationStep: 100n, rangeBatches: 1_024n });
      await deploy({ provingTime: 60n, opensAfter: 120n });
      await deploy({ provingTime: 1_151n, opensAfter: 2_303n });
    });
  });

  // ─── Places ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("places", () => {
    it("gives a newcomer the lowest reputation, and a weight from the next epoch on", async () => {
      await expect(h.as(1).join(7, 500n)).to.emit(h.election, "RollerJoined").withArgs(7, h.address(1), 500);
      expect([...(await h.election.rollerOf(7))]).to.deep.equal([h.address(1), 500n, 0n, 100n, 0n]);
      // Half of the cap has 512 units of weight for each point of reputation.
      expect(await h.election.weightOf(7, 1)).to.equal(512n * 100n);
      expect(await h.election.weightOf(7, 0)).to.equal(0n);
      expect(await h.election.rollers()).to.equal(1n);
      expect(await h.election.balances(h.address(1))).to.equal(FUNDS - 500n);
    });

    it("refuses ids beyond the places, taken places and low deposits", async () => {
      for (const id of [0, 1_024]) await expectRefusal(h.as(1).join(id, 500n), "UnknownPlace", [id, 1_023]);
      await expectRefusal(h.as(1).join(1, 199n), "DepositTooLow", [199, 200]);
      await mined(h.as(1).join(1_023, 200n));
      await expectRefusal(h.as(2).join(1_023, 200n), "PlaceTaken", [1_023, h.address(1)]);
      await expectRefusal(h.as(2).join(1, 2n * FUNDS), "InsufficientBalance", [h.address(2), FUNDS, 2n * FUNDS]);
    });

    it("counts a deposit until the last block before the freeze for the next epoch, and then for the one after", async () => {
      const freeze = await h.election.freezeBlock(1);
      await h.moveTo(freeze - 1n);
      await mined(h.as(1).join(1, 1_000n));
      await mined(h.as(2).join(2, 1_000n));
      expect(await h.election.weightOf(1, 1)).to.equal(102_400n);
      expect(await h.election.weightOf(2, 1)).to.equal(0n);
      expect(await h.election.weightOf(2, 2)).to.equal(102_400n);
    });

    it("counts nothing of a deposit above the cap, and rounds down below it", async () => {
      await mined(h.as(1).join(1, 999n));
      expect(await h.election.weightOf(1, 1)).to.equal(1_022n * 100n);
      await mined(h.as(1).raise(1, 1n));
      expect(await h.election.weightOf(1, 1)).to.equal(1_024n * 100n);
      await expect(h.as(1).raise(1, 10n ** 9n))
        .to.emit(h.election, "DepositRaised")
        .withArgs(1, 10n ** 9n, 10n ** 9n + 1_000n);
      expect(await h.election.weightOf(1, 1)).to.equal(1_024n * 100n);
    });

    it("lets a roller alone raise its deposit, and leave", async () => {
      await mined(h.as(1).join(1, 500n));
      for (const call of [h.as(2).raise(1, 1n), h.as(2).exit(1)]) {
        await expectRefusal(call, "NotRoller", [1, h.address(2), h.address(1)]);
      }
      await expectRefusal(h.as(2).exit(2), "NotRoller", [2, h.address(2), ZeroAddress]);
      await mined(h.as(1).exit(1));
      const from = h.epochStart(2n);
      for (const call of [h.as(1).raise(1, 1n), h.as(1).exit(1)]) {
        await expectRefusal(call, "RollerLeaving", [1, from]);
      }
    });

    it("returns a deposit with the end of the epoch after the last one that the roller could be drawn for", async () => {
      await mined(h.as(1).join(1, 500n));
      await mined(h.as(2).join(2, 500n));
      await expect(h.as(1).exit(1)).to.emit(h.election, "RollerLeft").withArgs(1, 1, h.epochStart(2n));
      await h.moveTo(await h.election.freezeBlock(1));
      // Frozen in the set of epoch 1, whose committee has duties until epoch 3.
      await expect(h.as(2).exit(2)).to.emit(h.election, "RollerLeft").withArgs(2, 2, h.epochStart(3n));
      for (const [id, epoch] of [
        [1, 2n],
        [2, 3n],
      ] as const) {
        await h.moveTo(h.epochStart(epoch) - 1n);
        await expectRefusal(h.election.withdrawDeposit(id), "DepositLocked", [
          id,
          h.epochStart(epoch),
          h.epochStart(epoch) - 1n,
        ]);
        await expect(h.election.withdrawDeposit(id))
          .to.emit(h.election, "DepositReturned")
          .withArgs(id, h.address(id), 500);
        expect(await h.election.balances(h.address(id))).to.equal(FUNDS);
      }
      expect(await h.election.rollers()).to.equal(0n);
      await expectRefusal(h.election.withdrawDeposit(1), "DepositLocked", [1, 0, h.epochStart(3n) + 1n]);
    });
  });

  // ─── Committees ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("committees", () => {
    it("draws 16 seats by weight, in the first half of the epoch", async () => {
      await mined(h.as(1).join(5, 1_000n));
      await mined(h.as(2).join(9, 1_000n));
      await h.seal();
      await h.moveTo(h.epochStart(1n) - 1n);
      await expectRefusal(h.election.convene(), "NotConvenable", [0, h.epochStart(0n), h.epochStart(0n) + 192n]);
      const { blockNumber } = await mined(h.election.convene());
      expect(blockNumber).to.equal(h.epochStart(1n));
      const { epoch, firstBatch, seats } = await h.election.committeeOf(1);
      expect([epoch, firstBatch]).to.deep.equal([1n, 1n]);
      expect(new Set(seatsIn(seats))).to.deep.equal(new Set([5, 9]));
      await expectRefusal(h.election.convene(), "AlreadyConvened", [1]);
    });

    it("convenes in the last block before the freeze, and not at the freeze", async () => {
      await mined(h.as(1).join(1, 1_000n));
      await h.seal();
      const late = await h.world.connection.networkHelpers.takeSnapshot();
      const until = h.epochStart(1n) + 192n;
      await h.moveTo(until);
      await expectRefusal(h.election.convene(), "NotConvenable", [1, h.epochStart(1n), until]);
      await late.restore();
      await h.moveTo(until - 1n);
      await expect(h.election.convene()).to.emit(h.election, "CommitteeConvened");
    });

    it("needs a seed", async () => {
      await mined(h.as(1).join(1, 1_000n));
      await h.moveTo(h.epochStart(1n));
      await expectRefusal(h.election.convene(), "NoSeed", [1]);
    });

    it("gives seat r mod 16 the range r, of three batches each", async () => {
      await h.start(3);
      const { seats } = await h.election.committeeOf(1);
      for (let batch = 1; batch <= 51; batch++) {
        const range = Math.ceil(batch / 3) - 1;
        const { epoch, id, account, last } = await h.election.termOf(batch);
        const expected = seatsIn(seats)[range % 16]!;
        expect([epoch, id, account, last]).to.deep.equal([
          1n,
          BigInt(expected),
          h.address(expected),
          BigInt(3 * range + 3),
        ]);
      }
    });

    it("has rights and duties until the end of the next epoch", async () => {
      await h.start(2);
      await h.post(1);
      const own = await h.dutyOf(1);
      await h.moveTo(h.epochStart(3n) - 1n);
      await h.world.connection.networkHelpers.mine(1);
      expect((await h.election.termOf(1)).account).to.equal(h.address(own));
      await h.world.connection.networkHelpers.mine(1);
      expect([...(await h.election.termOf(1))]).to.deep.equal([0n, 0n, ZeroAddress, 2n ** 256n - 1n]);
      expect([...(await h.election.committeeOf(1))]).to.not.deep.equal([0n, 0n, 0n]);
      expect([...(await h.election.committeeOf(2))]).to.deep.equal([0n, 0n, 0n]);
    });
  });

  // ─── Duties ────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("duties", () => {
    it("lets everybody prove while there is no committee", async () => {
      await h.post(5);
      await h.prove(5, 4);
      expect([...(await h.election.due())].slice(2)).to.deep.equal([0n, false, true]);
      await expectRefusal(h.election.report(), "NothingDue", [5]);
    });

    it("lets the roller alone prove, until the last second of its time", async () => {
      const [own, other] = await startTwo(3);
      await expectNotAllowed(other);
      await h.prove(own, 1);
      const deadline = await h.deadline();
      await h.moveToTime(deadline);
      await expectNotAllowed(other);
      await h.moveToTime(deadline + 12n);
      await expect(h.consensus.prove(h.address(other), 2))
        .to.emit(h.election, "TermMissed")
        .withArgs(0, own, h.address(other), 90, 9);
    });

    it("does not fine a proof in the last second, and fines the roller's own proof in the next block", async () => {
      const [own] = await startTwo(2);
      const deadline = await h.deadline();
      await h.moveToTime(deadline);
      await h.prove(own, 1);
      expect((await h.election.rollerOf(own)).deposit).to.equal(1_000n);
      await expect(h.consensus.prove(h.address(own), 1))
        .to.emit(h.election, "TermMissed")
        .withArgs(0, own, h.address(own), 90, 0);
      expect((await h.election.rollerOf(own)).deposit).to.equal(910n);
    });

    it("takes a report from the first second after the time on, once a term", async () => {
      const [own, other] = await startTwo(3);
      const deadline = await h.deadline();
      await h.moveToTime(deadline);
      await expectRefusal(h.as(5).report(), "NotLate", [1, deadline, deadline]);
      const sent = h.as(5).report();
      await expect(sent).to.emit(h.election, "TermMissed").withArgs(0, own, h.address(5), 90, 9);
      expect(await h.election.balances(h.address(5))).to.equal(FUNDS + 9n);
      expect((await h.election.undivided()).toBurn).to.equal(81n);
      await expectRefusal(h.as(5).report(), "AlreadyFined", [1]);
      // Part by part it stays one term.
      await h.prove(other, 1);
      await expectRefusal(h.as(5).report(), "AlreadyFined", [2]);
      await expect(h.election.burn()).to.emit(h.world.token, "Transfer").withArgs(h.election, ZeroAddress, 81);
    });

    it("gives a roller its whole time after a departure that was due, if somebody postpones its term", async () => {
      const [own, other] = await startTwo(3);
      await expectRefusal(h.election.postpone(), "NotBlocked", [1]);
      await mined(h.consensus.setDepartureDue(true));
      await h.moveToTime((await h.deadline()) + 12n);
      await expectRefusal(h.as(5).report(), "NothingDue", [1]);
      await mined(h.as(5).postpone());
      const { time } = await h.world.now();
      expect(await h.deadline()).to.equal(time + 60n);
      await mined(h.consensus.setDepartureDue(false));
      await expectRefusal(h.as(5).postpone(), "NotBlocked", [1]);
      expect(await h.election.isAllowed(h.address(other), AGGREGATOR, 1)).to.equal(false);
      await h.moveToTime(time + 60n);
      await h.prove(own, 1);
      expect((await h.election.rollerOf(own)).misses).to.equal(0n);
    });

    it("reports nothing while no batch waits, and none that is open", async () => {
      await h.start(2);
      await expectRefusal(h.election.report(), "NothingDue", [1]);
    });

    it("counts the time of a batch that comes later from its own moment on", async () => {
      const [own] = await startTwo(1);
      await h.prove(own, 1);
      await h.moveTo((await h.world.next()).block + 20n);
      await h.post(1);
      const { time } = await h.world.now();
      expect(await h.deadline()).to.equal(time + 60n);
      await h.moveToTime(time + 60n);
      await expectRefusal(h.election.report(), "NotLate", [2, time + 60n, time + 60n]);
      await mined(h.election.report());
    });

    it("raises the reputation of a roller that proved a whole range alone and in time", async () => {
      const [own] = await startTwo(3);
      await h.prove(own, 2);
      await expect(h.consensus.prove(h.address(own), 1))
        .to.emit(h.election, "RangeServed")
        .withArgs(0, own, 130);
      expect((await h.election.rollerOf(own)).reputation).to.equal(130n);
      expect(await h.election.weightOf(own, 2)).to.equal(1_024n * 130n);
      expect(await h.election.weightOf(own, 1)).to.equal(1_024n * 100n);
    });

    it("raises no reputation above the highest one, and the first miss takes all of it", async () => {
      await h.start(1);
      await h.post(15);
      for (let range = 0; range < 5; range++) await h.prove(1, 3);
      expect((await h.election.rollerOf(1)).reputation).to.equal(MAX_REPUTATION);
      await h.post(1);
      await h.moveToTime((await h.deadline()) + 12n);
      await mined(h.election.report());
      expect((await h.election.rollerOf(1)).reputation).to.equal(MIN_REPUTATION);
      expect(await h.election.weightOf(1, 2)).to.equal(((910n * 1_024n) / 1_000n) * 100n);
    });

    it("admits no proof that goes on into the range of another roller", async () => {
      await h.start(3);
      const duties = await Promise.all(Array.from({ length: 16 }, (_, range) => h.dutyOf(3 * range + 1)));
      const own = duties[0]!;
      const change = duties.findIndex((duty) => duty !== own);
      expect(change).to.be.above(0);
      await h.post(3 * change + 3);
      await expectNotAllowed(own, 3 * change + 1);
      await h.prove(own, 3 * change);
      await expectNotAllowed(own, 1);
      await h.prove(duties[change]!, 3);
    });

    it("admits everybody to a late range alone, not to the next one", async () => {
      await h.start(3);
      const duties = await Promise.all(Array.from({ length: 16 }, (_, range) => h.dutyOf(3 * range + 1)));
      const change = duties.findIndex((duty, i) => i > 0 && duty !== duties[i - 1]);
      const [late, next] = [duties[change - 1]!, duties[change]!];
      const third = [1, 2, 3].find((i) => i !== late && i !== next)!;
      await h.post(3 * change + 3);
      if (change > 1) await h.prove(late, 3 * (change - 1));
      await h.moveToTime((await h.deadline()) + 12n);
      await expectNotAllowed(third, 4);
      // The next roller may prove its own range with the late one.
      await h.prove(next, 6);
    });

    it("admits at most 16 terms in one call", async () => {
      await h.start(1);
      await h.post(51);
      await expectNotAllowed(1, 49);
      await h.prove(1, 48);
    });

    it("opens the terms of a roller that missed two in a row, and lets it leave", async () => {
      await h.start(1);
      await h.post(9);
      await h.moveToTime((await h.deadline()) + 12n);
      await h.prove(5, 3);
      await h.moveToTime((await h.deadline()) + 12n);
      const epoch = await h.epoch();
      await expect(h.consensus.prove(h.address(5), 3))
        .to.emit(h.election, "RollerLeft")
        .withArgs(1, epoch + 1n, h.epochStart(epoch + 2n));
      const { deposit, misses } = await h.election.rollerOf(1);
      expect([deposit, misses]).to.deep.equal([820n, 2n]);
      expect((await h.election.termOf(7)).account).to.equal(ZeroAddress);
      await h.prove(4, 3);
      expect(await h.election.weightOf(1, epoch + 1n)).to.equal(0n);
    });

    it("forgives a miss after a served range", async () => {
      await h.start(1);
      await h.post(9);
      await h.moveToTime((await h.deadline()) + 12n);
      await h.prove(1, 3);
      expect((await h.election.rollerOf(1)).misses).to.equal(1n);
      await h.prove(1, 3);
      expect((await h.election.rollerOf(1)).misses).to.equal(0n);
      await h.moveToTime((await h.deadline()) + 12n);
      await h.prove(1, 3);
      const { misses, withdrawableFrom } = await h.election.rollerOf(1);
      expect([misses, withdrawableFrom]).to.deep.equal([1n, 0n]);
    });

    it("opens the terms of a roller that cannot pay a fine, and does not draw it until it raises its deposit", async () => {
      await h.start(1, 200n);
      await h.post(6);
      await h.moveToTime((await h.deadline()) + 12n);
      await mined(h.election.report());
      // 110 are left: less than the lowest deposit that is drawn, enough for a fine.
      expect(await h.election.weightOf(1, 2)).to.equal(0n);
      expect((await h.election.termOf(4)).account).to.equal(h.address(1));
      await h.prove(5, 3);
      await h.prove(1, 3);
      await h.post(3);
      await h.moveToTime((await h.deadline()) + 12n);
      await mined(h.election.report());
      expect((await h.election.rollerOf(1)).deposit).to.equal(20n);
      expect((await h.election.termOf(7)).account).to.equal(ZeroAddress);
      await mined(h.as(1).raise(1, 180n));
      expect(await h.election.weightOf(1, 3)).to.equal(204n * 100n);
    });
  });

  // ─── Cost ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("costs what the snapshot says", async () => {
    const gas = new ElectionGas(h.world.connection.ethers.provider);
    for (const id of [1, 2, 3, 4, 5, 6, 7]) await gas.record("join", h.as(id).join(id, 1_000n));
    await gas.record("raise", h.as(1).raise(1, 10n));
    for (const epoch of [1n, 2n, 3n]) {
      await h.moveTo(await h.election.seedBlock(epoch));
      await h.world.connection.networkHelpers.setPrevRandao(epoch << 250n);
      await gas.record("seal", h.election.seal());
      await h.moveTo(h.epochStart(epoch));
      await gas.record("convene", h.election.convene());
      await h.post(12);
      const own = await h.dutyOf(await h.next());
      await gas.record("prove within a term", h.consensus.prove(h.address(own), 1));
      await gas.record("prove the end of a range", h.consensus.prove(h.address(own), 2));
      await h.beLate();
      await gas.record("report", h.election.report());
      await gas.record("prove a late range", h.consensus.prove(h.address(0), 3));
      await h.beLate();
      await gas.record("prove a late range that nobody reported", h.consensus.prove(h.address(0), 3));
      await h.moveToTime((await h.consensus.timeOf(await h.next())) + h.terms.opensAfter);
      await gas.record("prove once the consensus has opened the role", h.consensus.prove(h.address(0), 3));
    }
    // One that is not out yet.
    const left = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((id) => h.election.rollerOf(id)));
    const id = 1 + left.findIndex(({ withdrawableFrom }) => withdrawableFrom === 0n);
    await gas.record("exit", h.as(id).exit(id));
    await h.moveTo((await h.election.rollerOf(id)).withdrawableFrom);
    await gas.record("withdrawDeposit", h.election.withdrawDeposit(id));
    gas.expectSnapshot("OutsourcedProving");
  });
});
