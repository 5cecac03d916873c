// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";

import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { AbiCoder, keccak256, ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import {
  AuthorityHarness,
  COUNCIL,
  DAY,
  encodedOperation,
  ESCAPE_DELAY,
  FUNDS,
  PARTIES,
} from "../../helpers/authorityHarness.ts";
import { ACTIONS, AuthorityRun } from "../../helpers/authorityRun.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { Random } from "../../helpers/random.ts";
import type { AuthorityTerms, Operation } from "../../model/elections/authority.ts";

/* ELECTION_SEED=random, or a seed, for another run, of which nothing is asked but agreement; ELECTION_STEPS for more. */

const FIXED_SEED = "authority";
const seed = process.env["ELECTION_SEED"] ?? FIXED_SEED;
const SEED = seed === "random" ? randomBytes(8).toString("hex") : seed;
const STEPS = Number(process.env["ELECTION_STEPS"] ?? 600);

const ERRORS = [
  ...["NotCouncil", "UnknownPlaceInQueue", "PlaceInUse", "NothingQueued", "WrongOperation", "NotNamed"],
  ...["HasSeat", "NoSeat", "BondLocked", "Locked", "Expired", "InsufficientBalance", "NotAllowed"],
];

const SEQUENCER = 0;

/** `SlotElection.Service` */
const UNKNOWN = 1n;
const MISSED = 5n;

describe(`Authority against its model (seed ${SEED})`, () => {
  it(`agrees on ${STEPS} random steps`, async () => {
    const run = await AuthorityRun.start(new Random(SEED));
    for (let left = STEPS; left > 0; left--) await run.step();
    if (SEED !== FIXED_SEED) return;
    expect(
      [...ACTIONS, ...ERRORS].filter((name) => !run.counts.has(name)),
      JSON.stringify([...run.counts]),
    ).to.deep.equal([]);
  });
});

describe("Authority", () => {
  let h: AuthorityHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await AuthorityHarness.open();
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const expectRefusal = (sent: Promise<unknown>, name: string, args: readonly unknown[]) =>
    expect(sent)
      .to.be.revertedWithCustomError(h.election, name)
      .withArgs(...args);

  const slash = (i: number, amount: bigint): Operation => ({ kind: "Slash", account: h.address(i), amount });
  const replace = (seat: number, i?: number): Operation => ({
    kind: "Replace",
    seat,
    account: i === undefined ? undefined : h.address(i),
  });

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("deployment", () => {
    const deploy = (changes: Partial<AuthorityTerms>, named?: readonly number[]) => h.deploy(changes, named);

    it("logs its terms, its council, and the named parties", async () => {
      const { bond, seats, notice, lifetime, detectionTime } = h.terms;
      const sent = h.deployment;
      await expect(sent)
        .to.emit(h.election, "AuthorityDeployed")
        .withArgs(h.address(COUNCIL), [bond, seats, notice, lifetime, detectionTime]);
      for (const i of PARTIES) {
        await expect(sent)
          .to.emit(h.election, "SeatNamed")
          .withArgs(i - 1, h.address(i));
      }
    });

    it("refuses terms out of their ranges", async () => {
      const wrong: [Partial<AuthorityTerms>, string, string, bigint][] = [
        [{ bond: 0n }, "InvalidParameter", "bond", 0n],
        [{ seats: 0n }, "InvalidParameter", "seats", 0n],
        [{ seats: 33n }, "InvalidParameter", "seats", 33n],
        [{ seats: 2n }, "InvalidParameter", "parties", 3n],
        [{ detectionTime: DAY - 1n }, "InvalidParameter", "detectionTime", DAY - 1n],
        [{ detectionTime: 90n * DAY + 1n }, "InvalidParameter", "detectionTime", 90n * DAY + 1n],
        [{ notice: DAY - 1n }, "InvalidLock", "notice", DAY - 1n],
        [{ notice: 30n * DAY + 1n }, "InvalidLock", "notice", 30n * DAY + 1n],
        [{ lifetime: DAY - 1n }, "InvalidLock", "lifetime", DAY - 1n],
        [{ lifetime: 30n * DAY + 1n }, "InvalidLock", "lifetime", 30n * DAY + 1n],
      ];
      for (const [changes, error, name, value] of wrong) {
        if (name === "seats" && value === 0n) await expectRefusal(deploy(changes, []), error, [name, value]);
        else await expectRefusal(deploy(changes), error, [name, value]);
      }
    });

    it("takes terms at the ends of their ranges", async () => {
      await deploy({ bond: 1n, seats: 1n, notice: DAY, lifetime: DAY, detectionTime: DAY }, [1]);
      await deploy({ seats: 32n, notice: 30n * DAY, lifetime: 30n * DAY, detectionTime: 90n * DAY });
    });

    it("locks longer than a user's exit, whatever the core's delay is", async () => {
      expect(await h.election.lockTime()).to.equal(ESCAPE_DELAY + DAY);
      expect(await h.election.bondTime()).to.equal(3n * DAY + ESCAPE_DELAY + DAY + 2n * DAY);
    });
  });

  // ─── Seats ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  describe("seats", () => {
    it("belong to the party with its bond from the next epoch on", async () => {
      await expect(h.as(1).takeSeat(0)).to.emit(h.election, "SeatTaken").withArgs(0, h.address(1), 1, 1_000);
      expect(await h.election.balances(h.address(1))).to.equal(FUNDS - 1_000n);
      expect(await h.election.holderOf(7)).to.equal(ZeroAddress);
      expect(await h.election.holderOf(9)).to.equal(h.address(1));
      expect(await h.election.holderOf(10)).to.equal(ZeroAddress);
    });

    it("are taken by the named party alone, once, and one by each party", async () => {
      await expectRefusal(h.as(4).takeSeat(0), "NotNamed", [0, h.address(4), h.address(1)]);
      await mined(h.as(1).takeSeat(0));
      await expectRefusal(h.as(1).takeSeat(0), "NotNamed", [0, h.address(1), ZeroAddress]);
      await h.decide(0, replace(1, 1));
      await expectRefusal(h.as(1).takeSeat(1), "HasSeat", [h.address(1), 0]);
      await expectRefusal(h.as(2).takeSeat(1), "NotNamed", [1, h.address(2), h.address(1)]);
    });

    it("take slots in turn", async () => {
      await h.start();
      for (const slot of [8, 9, 10, 11, 12]) {
        expect(await h.election.holderOf(slot)).to.equal(h.address(PARTIES[slot % 3]!));
      }
      await h.moveToSlot(9n);
      await mined(h.consensus.post(h.address(1), [1n]));
      await expect(h.consensus.post(h.address(2), [1n]))
        .to.be.revertedWithCustomError(h.consensus, "NotAllowed")
        .withArgs(h.address(2), SEQUENCER);
    });

    it("are left with the end of the epoch, and the bond is locked for its time", async () => {
      await h.start();
      const epoch = await h.epoch();
      await mined(h.as(1).resign());
      // From the end of the seat on, in blocks of 12 seconds.
      const free = h.clock.epochStart(epoch + 1n) + h.bondTime / 12n;
      const { amount, freeFrom } = await h.election.bondOf(h.address(1));
      expect([amount, freeFrom]).to.deep.equal([1_000n, free]);
      expect(await h.election.holderOf(9)).to.equal(h.address(1));
      expect(await h.election.holderOf(18)).to.equal(ZeroAddress);
      await expectRefusal(h.as(1).resign(), "NoSeat", [h.address(1)]);
      await h.moveTo(free - 1n);
      await expectRefusal(h.election.returnBond(h.address(1)), "BondLocked", [h.address(1), free]);
      await expect(h.election.returnBond(h.address(1)))
        .to.emit(h.election, "BondReturned")
        .withArgs(h.address(1), 1_000);
      expect(await h.election.balances(h.address(1))).to.equal(FUNDS);
    });

    it("are blamed for a slot in its epoch only, so that no successor is blamed for it", async () => {
      await h.start();
      await h.moveToNextEpoch();
      // The first batch of all, and then a slot of the same party without one.
      await h.moveToSlot(await h.nextSlotOf(0));
      await h.post(1);
      const slot = await h.nextSlotOf(0);
      await h.moveToSlot(slot + 1n, 1n);
      expect(await h.election.serviceOf(slot)).to.equal(MISSED);
      await h.moveToNextEpoch();
      await h.world.mine(1n);
      expect(await h.election.serviceOf(slot)).to.equal(UNKNOWN);
    });

    it("keep the bond while the party has a seat", async () => {
      await h.start();
      await expectRefusal(h.election.returnBond(h.address(2)), "HasSeat", [h.address(2), 1]);
    });

    it("are open to everybody while they are empty, and once the holder is silent", async () => {
      await mined(h.consensus.post(h.address(5), [1n]));
      await h.start();
      // So the consensus opens nothing.
      await h.moveToSlot(8n, 2n);
      await h.post(3);
      await h.moveToSlot(9n, 4n);
      await expect(h.consensus.post(h.address(5), [1n])).to.be.revertedWithCustomError(h.consensus, "NotAllowed");
      await h.post(5);
    });
  });

  // ─── The council ───────────────────────────────────────────────────────────────────────────────────────────────────

  describe("the council", () => {
    it("alone queues and cancels", async () => {
      const operation = encodedOperation(slash(1, 1n));
      await expectRefusal(h.as(1).queue(0, operation), "NotCouncil", [h.address(1), h.address(COUNCIL)]);
      await expectRefusal(h.as(1).cancel(0), "NotCouncil", [h.address(1), h.address(COUNCIL)]);
      await expectRefusal(h.council.cancel(0), "NothingQueued", [0]);
      await expectRefusal(h.council.queue(16, operation), "UnknownPlaceInQueue", [16, 16]);
    });

    it("queues no operation with a field that its kind does not use", async () => {
      const kinds = { Replace: 0, Slash: 1, HandOver: 2 };
      const account = h.address(1);
      for (const operation of [
        { kind: kinds.Replace, seat: 3, account, amount: 0 },
        { kind: kinds.Replace, seat: 0, account, amount: 1 },
        { kind: kinds.Slash, seat: 1, account, amount: 1 },
        { kind: kinds.Slash, seat: 0, account, amount: 0 },
        { kind: kinds.HandOver, seat: 1, account, amount: 0 },
        { kind: kinds.HandOver, seat: 0, account, amount: 1 },
      ]) {
        await expect(h.council.queue(0, operation)).to.be.revertedWithCustomError(h.election, "InvalidOperation");
      }
    });

    it("waits for the lock, to the second, and anybody executes", async () => {
      await h.start();
      const operation = encodedOperation(slash(1, 400n));
      const readyAt = await h.queue(0, slash(1, 400n));
      const [hash, kept] = await h.election.queued(0);
      const [type] = h.election.interface.getFunction("execute").inputs.slice(1);
      const full = keccak256(AbiCoder.defaultAbiCoder().encode([type!], [operation]));
      expect([hash, kept]).to.deep.equal([full.slice(0, 2 + 54), readyAt]);
      await h.moveToTime(readyAt - 12n);
      await expectRefusal(h.as(5).execute(0, operation), "Locked", [readyAt, readyAt - 12n]);
      await expect(h.as(5).execute(0, operation)).to.emit(h.election, "BondSlashed").withArgs(h.address(1), 400);
      expect((await h.election.bondOf(h.address(1))).amount).to.equal(600n);
      await expect(h.as(5).execute(0, operation)).to.be.revertedWithCustomError(h.election, "WrongOperation");
      expect([...(await h.election.queued(0))]).to.deep.equal([`0x${"00".repeat(27)}`, 0n]);
    });

    it("lets an operation expire, after which its place is free", async () => {
      const operation = encodedOperation(replace(0, 4));
      const readyAt = await h.queue(0, replace(0, 4));
      const expiresAt = readyAt + h.terms.lifetime;
      const other = encodedOperation(replace(1, 4));
      await h.moveToTime(expiresAt);
      await expectRefusal(h.council.queue(0, other), "PlaceInUse", [0, expiresAt]);
      await expectRefusal(h.election.execute(0, operation), "Expired", [expiresAt, expiresAt + 12n]);
      await mined(h.council.queue(0, other));
      await expect(h.election.execute(0, operation)).to.be.revertedWithCustomError(h.election, "WrongOperation");
    });

    it("executes in the last second of the lifetime", async () => {
      const readyAt = await h.queue(0, replace(0, 4));
      await h.moveToTime(readyAt + h.terms.lifetime);
      await expect(h.election.execute(0, encodedOperation(replace(0, 4))))
        .to.emit(h.election, "SeatNamed")
        .withArgs(0, h.address(4));
    });

    it("cancels an operation, which cannot be executed then", async () => {
      const readyAt = await h.queue(0, slash(1, 1n));
      await expect(h.council.cancel(0)).to.emit(h.election, "OperationCancelled").withArgs(0);
      await h.moveToTime(readyAt);
      await expect(h.election.execute(0, encodedOperation(slash(1, 1n)))).to.be.revertedWithCustomError(
        h.election,
        "WrongOperation",
      );
    });

    it("replaces a party: its seat ends with the epoch, and the new one brings its own bond", async () => {
      await h.start();
      await h.decide(0, replace(0, 4));
      const epoch = await h.epoch();
      expect((await h.election.seatOf(0)).named).to.equal(h.address(4));
      expect((await h.election.bondOf(h.address(1))).seat).to.equal(0n);
      await expect(h.as(4).takeSeat(0))
        .to.emit(h.election, "SeatTaken")
        .withArgs(0, h.address(4), epoch + 1n, 1_000);
      const first = 3n * (((epoch + 1n) * 8n + 2n) / 3n);
      expect(await h.election.holderOf(first)).to.equal(h.address(4));
      expect(await h.election.holderOf(first - 3n)).to.equal(h.address(1));
    });

    it("takes the seat of a party whose bond falls below half", async () => {
      await h.start();
      await h.decide(0, slash(1, 500n));
      expect((await h.election.bondOf(h.address(1))).seat).to.equal(1n);
      await h.decide(0, slash(1, 1n));
      const { amount, seat } = await h.election.bondOf(h.address(1));
      expect([amount, seat]).to.deep.equal([499n, 0n]);
    });

    it("slashes at most what is left of a bond", async () => {
      await h.start();
      const supply = await h.world.token.totalSupply();
      await h.decide(0, slash(1, 2n ** 96n - 1n));
      expect((await h.election.bondOf(h.address(1))).amount).to.equal(0n);
      expect(supply - (await h.world.token.totalSupply())).to.equal(1_000n);
      await h.decide(0, slash(8, 1n));
      expect(supply - (await h.world.token.totalSupply())).to.equal(1_000n);
    });

    it("hands over to another council, or to nobody for ever", async () => {
      await h.decide(0, { kind: "HandOver", account: h.address(8) });
      await expectRefusal(h.council.queue(0, encodedOperation(slash(1, 1n))), "NotCouncil", [
        h.address(COUNCIL),
        h.address(8),
      ]);
      await mined(h.as(8).queue(0, encodedOperation({ kind: "HandOver", account: undefined })));
      await h.moveToTime((await h.world.now()).time + h.lockTime);
      await expect(h.election.execute(0, encodedOperation({ kind: "HandOver", account: undefined })))
        .to.emit(h.election, "CouncilChanged")
        .withArgs(ZeroAddress);
    });

    it("lets a party that left and is named again use the bond that is still there", async () => {
      await h.start();
      await mined(h.as(1).resign());
      await h.decide(0, slash(1, 300n));
      await h.decide(0, replace(0, 1));
      const before = await h.election.balances(h.address(1));
      await mined(h.as(1).takeSeat(0));
      expect(before - (await h.election.balances(h.address(1)))).to.equal(300n);
      const { amount, seat, freeFrom } = await h.election.bondOf(h.address(1));
      expect([amount, seat, freeFrom]).to.deep.equal([1_000n, 1n, 0n]);
    });
  });

  // ─── Cost ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("costs what the snapshot says", async () => {
    const gas = new ElectionGas(h.world.connection.ethers.provider);
    for (const i of PARTIES) await gas.record("takeSeat, for the first time", h.as(i).takeSeat(i - 1));
    await h.moveToNextEpoch();
    // More slots than the ring of slots has places.
    for (let i = 0; i < 20; i++) {
      const slot = (await h.slot()) + 1n;
      await h.moveToSlot(slot);
      const holder = h.address(PARTIES[Number(slot % 3n)]!);
      await gas.record("post in an own slot", h.consensus.post(holder, [1n]));
      await gas.record("prove", h.consensus.prove(h.address(0), 1));
    }
    for (let round = 0; round < 3; round++) {
      const operation = slash(1, 1n);
      const readyAt = (await h.world.next()).time + h.lockTime;
      await gas.record("queue", h.council.queue(0, encodedOperation(operation)));
      await h.moveToTime(readyAt);
      await gas.record("execute a slash", h.election.execute(0, encodedOperation(operation)));
      await mined(h.council.queue(1, encodedOperation(operation)));
      await gas.record("cancel", h.council.cancel(1));
      const readyToReplace = await h.queue(0, replace(0, 1));
      await h.moveToTime(readyToReplace);
      await gas.record("execute a replacement", h.election.execute(0, encodedOperation(replace(0, 1))));
      await h.moveToNextEpoch();
      await gas.record("takeSeat", h.as(1).takeSeat(0));
      await h.moveToNextEpoch();
    }
    await gas.record("resign", h.as(1).resign());
    await h.moveTo((await h.election.bondOf(h.address(1))).freeFrom);
    await gas.record("returnBond", h.election.returnBond(h.address(1)));
    gas.expectSnapshot("Authority");
  });
});
