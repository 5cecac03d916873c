// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { concat } from "ethers";

import { SLOT_BYTES } from "../../../src/codec/index.ts";
import { ETH } from "../../../src/ledger/index.ts";
import { DEVELOPMENT, leafBytes } from "../../../src/profile.ts";
import { deployB52, freshB52, type B52Harness, type Block, type ProposalClaim } from "../../helpers/b52Harness.ts";

const { slots: SLOTS } = DEVELOPMENT;
const LEAF_BYTES = leafBytes(DEVELOPMENT);

/*
 * Forced operations that a block has to take from the queue. The circuit makes sure that an operation which has become
 * impossible is no obstacle to a block: test/ledger/forced.test.ts for the rule, test/circuits/leaf.test.ts for the
 * constraints.
 */
describe("B52: forced operations", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  /** A block that can be proven now. */
  const ready = async (claim: ProposalClaim = {}): Promise<Block> => {
    const draft = await h.commit(claim);
    await h.moveTo((await h.windows()).proposalEnd);
    return h.prove(draft);
  };

  /** Opens a round at a time, as none was committed to before. */
  const openAt = async (time: bigint): Promise<void> => {
    await h.moveTo(time);
    expect(time >= (await h.windows()).proposalEnd).to.equal(true);
  };

  /** When a round has to open so that its proof window ends at `time`. */
  const openingFor = (time: bigint): bigint => time - h.params.proposalWindow - h.params.proofWindow;

  it("come first, and their fees go to the proposer", async () => {
    const forced = await h.force(3);
    const block = await ready({ forced, leaves: 2, proverFees: { 0: 8n } });
    expect(block.submission.data).to.have.length(2 + 2 * LEAF_BYTES);
    await h.advance(await h.submit(block));
    expect(await h.rollup.executedOperations()).to.equal(3n);
    expect(await h.rollup.credits(ETH, h.address(1))).to.equal(1000n + 1001n + 1002n + 8n);
  });

  it("more than a leaf holds are spread over the leaves", async () => {
    const block = await ready({ forced: await h.force(6) });
    const counts = block.list.slice(0, 2).map(({ inputs }) => (inputs[7]! >> 64n) & 0xffffn);
    expect(counts).to.deep.equal([4n, 2n]);
    await h.sendSubmit(block);
  });

  it("are the next of the queue", async () => {
    const [first, second] = (await h.force(2)) as [string, string];
    const other = await h.commit({ forced: [second] });
    const missing = await h.commit({ proposer: 2, forced: [first, second, second] });
    const short = await h.commit({ proposer: 3, forced: [first], data: first.slice(0, -2) });
    const { proposalEnd } = await h.windows();
    await h.moveTo(proposalEnd);
    await expect(h.prove(other).then((block) => h.sendSubmit(block))).to.be.revertedWithCustomError(
      h.rollup,
      "ForcedOperationsMismatch",
    );
    await expect(h.prove(missing).then((block) => h.sendSubmit(block)))
      .to.be.revertedWithCustomError(h.rollup, "ForcedOperationsMissing")
      .withArgs(3n, 2n);
    await expect(h.prove(short).then((block) => h.sendSubmit(block)))
      .to.be.revertedWithCustomError(h.rollup, "WrongSlotsLength")
      .withArgs(SLOT_BYTES - 1, SLOT_BYTES);
  });

  // ─── The deadline ──────────────────────────────────────────────────────────────────────────────────────────────────

  it("may wait until their deadline is at the end of the proof window, but not past it", async () => {
    const deadline = (await h.now()) + h.core.forcedDeadline;
    await h.force();
    for (const late of [0n, 1n]) {
      const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
      await openAt(openingFor(deadline + late));
      const block = await ready();
      const { proposalEnd, proofEnd } = await h.windows();
      expect(proofEnd).to.equal(deadline + late);
      // It is the window that counts, not when the block is proven in it.
      for (const time of [proposalEnd, proofEnd - 1n]) {
        const before = await h.network.connection.networkHelpers.takeSnapshot();
        h.at(time);
        if (late === 0n) {
          await h.sendSubmit(block);
        } else {
          await expect(h.sendSubmit(block))
            .to.be.revertedWithCustomError(h.rollup, "ForcedOperationOverdue")
            .withArgs(1n, deadline, deadline + 1n);
        }
        await before.restore();
      }
      await snapshot.restore();
    }
  });

  it("one that waited to the last second is taken by the next block at the latest", async () => {
    const deadline = (await h.now()) + h.core.forcedDeadline;
    const [slot] = (await h.force()) as [string];
    await openAt(openingFor(deadline));
    const { winner } = await h.round({});
    expect(await h.rollup.executedOperations()).to.equal(0n);
    expect(winner.record.defenceEnd).to.equal(deadline + h.params.defenceWindow);
    const idle = await h.commit({ proposer: 2 });
    const block = await ready({ proposer: 3, forced: [slot] });
    await expect(h.prove(idle).then((other) => h.sendSubmit(other))).to.be.revertedWithCustomError(
      h.rollup,
      "ForcedOperationOverdue",
    );
    await h.sendSubmit(block);
  });

  it("one that is queued after the round began does not concern its blocks", async () => {
    h = await deployB52({ core: { forcedDeadline: 220n } });
    const { opensAt } = await h.windows();
    await h.moveTo(opensAt);
    await h.force();
    const { queuedAt } = await h.rollup.forcedOperation(1n);
    expect(queuedAt).to.equal(opensAt);
    const block = await ready();
    await h.at((await h.windows()).proofEnd - 1n).sendSubmit(block);
  });

  // ─── Room ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("overdue ones may be left out if there is no room, and must be taken if there is", async () => {
    const forced = await h.force(10);
    await h.moveTo((await h.now()) + 1000n);
    const full = await h.commit({ forced: forced.slice(0, 8) });
    const notFull = await h.commit({ proposer: 2, forced: forced.slice(0, 7) });
    const more = await h.commit({ proposer: 3, forced });
    await h.submit(full);
    const { proofEnd } = await h.windows();
    const { queuedAt } = await h.rollup.forcedOperation(8n);
    await expect(h.prove(notFull).then((block) => h.sendSubmit(block)))
      .to.be.revertedWithCustomError(h.rollup, "ForcedOperationOverdue")
      .withArgs(8n, queuedAt + h.core.forcedDeadline, proofEnd);
    await h.submit(more);
  });

  it("may fill the largest block, block after block, until the queue is empty", async () => {
    const forced = await h.force(2 * 8 * SLOTS + 1);
    await h.moveTo((await h.now()) + 1000n);
    for (const [i, count] of [8 * SLOTS, 8 * SLOTS, 1].entries()) {
      const { winner } = await h.round({ proposer: 1 + i, forced: forced.splice(0, count) });
      expect(winner.submission.leaves).to.have.length(i < 2 ? 8 : 2);
      expect(winner.transition.forcedCount).to.equal(BigInt(count));
    }
    expect(await h.rollup.executedOperations()).to.equal(await h.rollup.queuedOperations());
    await h.round({ proposer: 4 });
  });

  it("are no more than there is room for", async () => {
    const forced = await h.force(9);
    const block = await ready({ forced, data: concat(forced.slice(0, 8)) });
    await expect(h.sendSubmit(block))
      .to.be.revertedWithCustomError(h.rollup, "ForcedOperationsExceedCapacity")
      .withArgs(9n, 8n);
  });
});
