// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { ElectionGas } from "../../helpers/electionGas.ts";
import { Chain, CLOCK, GAS, PriorityWorld } from "../../helpers/priorityWorld.ts";

const { epochSlots } = CLOCK;
const FIRST = 2 * epochSlots;
const SKIPPED = 1_000;

describe("Gas of RandomPriority", () => {
  let w: PriorityWorld;
  let gas: ElectionGas;

  before(async () => {
    w = await PriorityWorld.open();
    gas = new ElectionGas(w.world.connection.ethers.provider);
  });

  it("is what the snapshot says; a claim costs at most 40,000, and 110 for each slot that was skipped", async () => {
    await gas.record("join", w.as(4).join(new Chain("gas").anchor, 1, GAS));
    for (const i of [1, 2, 3]) await w.join(i);
    for (const epoch of [1, 2]) await w.seal(epoch);
    // Each place of the ring is used once, and each key.
    await w.post(4, 20);
    for (let slot = FIRST; slot < FIRST + 8; slot++) {
      await w.moveTo(slot, -1);
      await gas.record("claim, first in its place of the ring", w.sendClaim(1 + (slot % 3), slot));
    }
    await w.moveToBlock(Number(await w.election.seedBlock(4)));
    await gas.record("seal", w.election.seal(GAS));
    const slot = 4 * epochSlots;
    const ranking = await w.rankingOf(slot);
    await w.moveTo(slot, -3);
    for (const i of [...ranking].reverse()) await w.sendClaim(i, slot);
    const [low, other, third] = ranking as [number, number, number];
    await gas.record("prove, mock, by the holder", w.sendProof(low));
    await gas.record("prove, mock, by the holder, further in its slot", w.sendProof(low));
    await w.moveTo(slot + 1, -1);
    const { gas: next } = await gas.record("claim", w.sendClaim(low, slot + 1));
    await w.moveTo(slot + 2);
    await gas.record("report", w.as(5).report(slot + 1, GAS));
    await gas.record("prove, mock, in a slot that nobody claimed", w.sendProof(5));
    await w.claim(third, slot + 3);
    await w.moveTo(slot + 4);
    await gas.record("prove, mock, that fines the holder of the slot before", w.sendProof(5));
    await gas.record("leaveElection", w.as(low).leaveElection(GAS));
    await w.moveTo(slot + 13);
    await gas.record("release", w.as(low).release(GAS));

    const far = slot + SKIPPED;
    await w.seal(far / epochSlots);
    await w.moveTo(far, -1);
    const { gas: late } = await gas.record("claim, 1,000 slots after the last one", w.sendClaim(other, far));
    expect(next).to.be.at.most(40_000);
    const each = (late - next) / (SKIPPED - 1);
    expect(each).to.be.at.most(110);
    // The longest chain that slots of one block need in ten days fits a transaction of L1 (2^24 gas).
    expect(next + 65_536 * each).to.be.below(2 ** 24);
    gas.expectSnapshot("RandomPriority");
  });
});
