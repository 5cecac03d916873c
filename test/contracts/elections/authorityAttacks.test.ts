// SPDX-License-Identifier: MIT
import type { SnapshotRestorer } from "@nomicfoundation/hardhat-network-helpers/types";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import {
  AuthorityHarness,
  DAY,
  encodedOperation,
  ESCAPE_DELAY,
  FUNDS,
  PARTIES,
} from "../../helpers/authorityHarness.ts";
import type { Operation } from "../../model/elections/authority.ts";

/* The numbers are those of docs/elections/authority.md. */

describe("Authority under attack", () => {
  let h: AuthorityHarness;
  let fresh: SnapshotRestorer;

  before(async () => {
    h = await AuthorityHarness.open();
    await h.start();
    fresh = await h.world.connection.networkHelpers.takeSnapshot();
  });

  beforeEach(() => fresh.restore());

  const slash = (i: number, amount: bigint): Operation => ({ kind: "Slash", account: h.address(i), amount });
  const replace = (seat: number, i?: number): Operation => ({
    kind: "Replace",
    seat,
    account: i === undefined ? undefined : h.address(i),
  });

  it("a council gone bad: after the lock it has all seats and has burned all bonds, and gained no token", async () => {
    const queuedAt = (await h.world.next()).time;
    const operations = [...PARTIES.map((i) => slash(i, 1_000n)), ...PARTIES.map((i) => replace(i - 1, i + 3))];
    for (const [place, operation] of operations.entries()) await h.queue(place, operation);
    const supply = await h.world.token.totalSupply();
    // A user who forces an exit within the notice has its money, or a frozen rollup, when the first act is possible.
    const lastExit = queuedAt + h.terms.notice;
    expect(lastExit + ESCAPE_DELAY).to.equal(queuedAt + h.lockTime);
    await h.moveToTime(queuedAt + h.lockTime - 12n);
    await expect(h.election.execute(0, encodedOperation(operations[0]!))).to.be.revertedWithCustomError(
      h.election,
      "Locked",
    );
    await h.moveToTime(queuedAt + h.lockTime + 72n);
    for (const [place, operation] of operations.entries()) {
      await mined(h.election.execute(place, encodedOperation(operation)));
    }
    for (const i of PARTIES) await mined(h.as(i + 3).takeSeat(i - 1));
    await h.moveToNextEpoch();
    const first = (await h.slot()) + 1n;
    for (const slot of [first, first + 1n, first + 2n]) {
      expect(await h.election.holderOf(slot)).to.equal(h.address(Number(slot % 3n) + 4));
    }
    expect(supply - (await h.world.token.totalSupply())).to.equal(3_000n);
    expect(await h.election.balances(await h.election.council())).to.equal(FUNDS);
  });

  it("a council gone bad: no act of it is executed before, however many it queues and cancels", async () => {
    const operation = replace(0, 4);
    const readyAt = await h.queue(0, operation);
    await h.moveToTime(readyAt - 600n);
    // The same operation again begins a lock of its own, in its place and in another one.
    await mined(h.council.cancel(0));
    const again = await h.queue(0, operation);
    const other = await h.queue(1, operation);
    expect(again - readyAt).to.be.at.least(h.lockTime - 600n);
    await h.moveToTime(readyAt);
    for (const place of [0, 1]) {
      await expect(h.election.execute(place, encodedOperation(operation))).to.be.revertedWithCustomError(
        h.election,
        "Locked",
      );
    }
    expect(other).to.be.above(again);
  });

  it("operations in store: they expire, and their places are not free before", async () => {
    const readyAt = await h.queue(0, slash(1, 1_000n));
    await h.moveToTime(readyAt + h.terms.lifetime - 12n);
    await expect(h.council.queue(0, encodedOperation(slash(2, 1n)))).to.be.revertedWithCustomError(
      h.election,
      "PlaceInUse",
    );
    await h.moveToTime(readyAt + 365n * DAY);
    await expect(h.election.execute(0, encodedOperation(slash(1, 1_000n)))).to.be.revertedWithCustomError(
      h.election,
      "Expired",
    );
    expect((await h.election.bondOf(h.address(1))).amount).to.equal(1_000n);
  });

  it("a cancellation that comes too late: anybody executes a ready operation, and there is nothing to cancel", async () => {
    const readyAt = await h.queue(0, slash(1, 100n));
    await h.moveToTime(readyAt);
    await mined(h.as(7).execute(0, encodedOperation(slash(1, 100n))));
    await expect(h.council.cancel(0)).to.be.revertedWithCustomError(h.election, "NothingQueued").withArgs(0);
    expect((await h.election.bondOf(h.address(1))).amount).to.equal(900n);
  });

  it("trap 21, leaving before the slash: a deed of the last minute is found for 3 days, and can be slashed to the end", async () => {
    const ends = h.clock.epochStart((await h.epoch()) + 1n);
    await mined(h.as(1).resign());
    // The last slot of its last epoch may be its own.
    await h.moveTo(ends);
    await h.moveToTime((await h.world.next()).time + h.terms.detectionTime - 12n);
    const readyAt = await h.queue(0, slash(1, 1_000n));
    await h.moveToTime(readyAt + h.terms.lifetime);
    await expect(h.election.execute(0, encodedOperation(slash(1, 1_000n))))
      .to.emit(h.election, "BondSlashed")
      .withArgs(h.address(1), 1_000);
    await mined(h.election.returnBond(h.address(1)));
    expect(await h.election.balances(h.address(1))).to.equal(FUNDS - 1_000n);
  });

  it("trap 21: a party that is named again, leaves again and so on frees no bond by it", async () => {
    await mined(h.as(1).resign());
    await h.decide(0, replace(0, 1));
    await mined(h.as(1).takeSeat(0));
    await mined(h.as(1).resign());
    const { amount, freeFrom } = await h.election.bondOf(h.address(1));
    expect(amount).to.equal(1_000n);
    expect(freeFrom).to.equal(h.clock.epochStart((await h.epoch()) + 1n) + h.bondTime / 12n);
  });

  it("trap 24, a self-slash to leave sooner: the rest of the bond stays as long as that of any party that left", async () => {
    await h.decide(0, slash(1, 501n));
    const { amount, seat, freeFrom } = await h.election.bondOf(h.address(1));
    expect([amount, seat]).to.deep.equal([499n, 0n]);
    expect(freeFrom).to.equal(h.clock.epochStart((await h.epoch()) + 1n) + h.bondTime / 12n);
    // A slash of a party that has left already moves nothing.
    await h.decide(0, slash(1, 1n));
    expect((await h.election.bondOf(h.address(1))).freeFrom).to.equal(freeFrom);
  });

  it("trap 23, a full slash: the party takes a seat again with a whole new bond", async () => {
    await h.decide(0, slash(1, 1_000n));
    await h.decide(0, replace(0, 1));
    const before = await h.election.balances(h.address(1));
    await mined(h.as(1).takeSeat(0));
    expect(before - (await h.election.balances(h.address(1)))).to.equal(1_000n);
  });

  it("trap 4, a pointer that moves past duties: a replacement in the middle of a slot leaves the slot to its party", async () => {
    const readyAt = await h.queue(0, replace(0));
    await h.moveToTime(readyAt);
    const slot = await h.nextSlotOf(0);
    await h.moveToSlot(slot, 1n);
    await mined(h.election.execute(0, encodedOperation(replace(0))));
    expect(await h.election.holderOf(slot)).to.equal(h.address(1));
    await h.post(1);
    const nextEpoch = 8n * (slot / 8n + 1n);
    expect(await h.election.holderOf(3n * ((nextEpoch + 2n) / 3n))).to.equal(ZeroAddress);
  });

  it("trap 25, a party that refuses all: its slot is open after 5 blocks, and nobody but the council can take its seat", async () => {
    const slot = await h.nextSlotOf(1);
    // The slot before is served, so the consensus opens nothing.
    await h.moveToSlot(slot - 1n, 8n);
    await h.post(1);
    await h.moveToSlot(slot, 4n);
    await expect(h.consensus.post(h.address(7), [1n])).to.be.revertedWithCustomError(h.consensus, "NotAllowed");
    await h.post(7);
    expect((await h.election.bondOf(h.address(2))).amount).to.equal(1_000n);
  });

  it("empty batches: of three parties two post nothing of a user, and it is in the third one's slot, 24 blocks later at most", async () => {
    const slot = await h.nextSlotOf(0);
    // Parties 1 and 2 post one empty batch in each of their blocks, so their slots stay their own.
    for (const i of [1, 2]) {
      for (const block of [0n, 4n, 8n]) {
        await h.moveToSlot(slot + BigInt(i) - 1n, block);
        await h.post(i);
        await expect(h.consensus.post(h.address(3), [1n])).to.be.revertedWithCustomError(h.consensus, "NotAllowed");
        await mined(h.consensus.prove(h.address(0), 1));
      }
    }
    await h.moveToSlot(slot + 2n);
    await h.post(3);
  });

  it("many small identities: a stranger with any bond has no seat, and its transfer of tokens changes nothing", async () => {
    for (const seat of [0, 1, 2]) {
      await expect(h.as(7).takeSeat(seat)).to.be.revertedWithCustomError(h.election, "NotNamed");
    }
    await mined(h.world.token.transfer(h.election, 10n ** 9n));
    expect((await h.election.bondOf(h.address(7))).amount).to.equal(0n);
  });
});
