// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { ETH } from "../../../src/ledger/index.ts";
import { exitsRootOf, transitionHash, type BlockRecord, type Transition } from "../../helpers/b52Block.ts";
import { freshB52, type B52Harness, type Block } from "../../helpers/b52Harness.ts";

const CUT = 2 + 2 * 26;
const EXIT = { slot: 1, recipient: 77n, token: 2n, amount: 9n };

describe("B52: advance", () => {
  let h: B52Harness;
  beforeEach(async () => {
    h = await freshB52();
  });

  const recorded = (block: Block, hash: string) => [
    "record",
    hash,
    `${h.recordHash(block.record).slice(0, CUT)}${"00".repeat(6)}`,
  ];

  it("makes the best block the head, and the core follows", async () => {
    const exits = [EXIT, { ...EXIT, slot: 0 }, { ...EXIT, slot: 3, amount: 8n }] as const;
    const claim = { leaves: 4, proverFees: { 0: 3n, 3: 4n } } as const;
    const draft = await h.commit({ ...claim, exits: { 0: [exits[0]], 2: [exits[1], exits[2]] } });
    const block = await h.submit(draft);
    const { proofEnd } = await h.windows();
    await h.moveTo(proofEnd);
    const advance = h.sendAdvance(block, 12);
    await expect(advance)
      .to.emit(h.b52, "RoundEnded")
      .withArgs(1n, 1n, block.id, (result: { winner: string }) => result.winner === h.address(1));
    await expect(advance).to.emit(h.rollup, "StateAdvanced").withArgs(block.transition.newStateRoot, 0n);
    await expect(advance).to.emit(h.rollup, "ExitsSettled").withArgs(0n, 0n, 3n, exitsRootOf(exits));
    await expect(advance)
      .to.emit(h.b52, "RoundOpened")
      .withArgs(2n, 2n, proofEnd, await h.registry.root());
    expect(await h.b52.height()).to.equal(1n);
    expect(await h.b52.head()).to.equal(block.id);
    expect(await h.rollup.stateRoot()).to.equal(block.submission.leaves[3]!.newStateRoot);
    expect(await h.rollup.credits(ETH, h.address(1))).to.equal(7n);
    expect(await h.b52.openRound()).to.deep.equal([2n, 2n, true]);
  });

  it("not before the proof window is over", async () => {
    const block = await h.submit(await h.commit());
    const { proofEnd } = await h.windows();
    h.at(proofEnd - 1n);
    await expect(h.sendAdvance(block))
      .to.be.revertedWithCustomError(h.b52, "RoundNotOver")
      .withArgs(1n, proofEnd, proofEnd - 1n);
    await h.at(proofEnd).sendAdvance(block);
  });

  it("not without a proven block", async () => {
    const draft = await h.commit();
    await h.moveTo((await h.windows()).proposalEnd);
    const block = await h.prove(draft);
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(block)).to.be.revertedWithCustomError(h.b52, "NothingProven").withArgs(1n);
  });

  it("not twice, nor with a block of the round before", async () => {
    const { winner } = await h.round({});
    await expect(h.sendAdvance(winner)).to.be.revertedWithCustomError(h.b52, "NothingProven").withArgs(2n);
    const other = await h.submit(await h.commit({ proposer: 2 }));
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(winner))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs(...recorded(other, h.recordHash(winner.record)));
  });

  it("only with the record of the best block", async () => {
    const drafts = [await h.commit({ bid: h.params.minBid * 2n, promised: { 1: 1 } })];
    drafts.push(await h.commit({ proposer: 2, promised: { 1: 1 } }));
    const [best, uncle] = [await h.submit(drafts[0]!), await h.submit(drafts[1]!)];
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(uncle))
      .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
      .withArgs(...recorded(best, h.recordHash(uncle.record)));
    const { record } = best;
    const changes: Partial<BlockRecord>[] = [
      { proposer: h.address(2) },
      { round: 2n },
      { id: ZeroHash },
      { bid: record.bid + 1n },
      { share: 0n },
      { provers: 2n },
      { leaves: 4n },
      { promised: 256n << 8n },
      { votesRoot: 1n },
      { nodes: 4n },
      { defenceEnd: 0n },
      { statements: ZeroHash },
      { transition: ZeroHash },
    ];
    expect(changes).to.have.length(Object.keys(record).length);
    for (const change of changes) {
      const changed = { ...record, ...change };
      await expect(h.b52.advanceState(changed, best.transition))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs(...recorded(best, h.recordHash(changed)));
    }
    await h.sendAdvance(best);
  });

  it("only with the transition of the best block", async () => {
    const block = await h.submit(await h.commit({ exits: { 1: [EXIT] }, proverFees: { 0: 3n } }));
    await h.moveTo((await h.windows()).proofEnd);
    const { transition } = block;
    const [payment] = transition.payments;
    const changes: Partial<Transition>[] = [
      { newStateRoot: 1n },
      { forcedCount: 1n },
      { exitsRoot: ZeroHash },
      { exitsRoot: exitsRootOf([{ ...EXIT, amount: 8n }]) },
      { exitCount: 0n },
      { exitCount: 2n },
      { payments: [] },
      { payments: [{ ...payment!, amount: 4n }] },
      { payments: [{ ...payment!, recipient: h.address(2) }] },
    ];
    for (const change of changes) {
      const changed = { ...transition, ...change };
      await expect(h.b52.advanceState(block.record, changed))
        .to.be.revertedWithCustomError(h.b52, "WrongPreimage")
        .withArgs("transition", transitionHash(changed), block.record.transition);
    }
    await h.sendAdvance(block);
  });

  it("a round that was proven waits for it as long as it takes", async () => {
    const block = await h.submit(await h.commit());
    const late = (await h.windows()).proofEnd + 1_000_000n;
    expect((await h.b52.openRound()).isOpen).to.equal(false);
    await h.at(late).sendAdvance(block);
    expect((await h.windows()).opensAt).to.equal(late);
    await h.round({ proposer: 2 });
  });

  it("a block with exits and forced operations is settled in the core", async () => {
    const fee = await h.rollup.forcedFee();
    const receipt = (await (await h.rollup.forceExit(1, 0, 5n, { value: fee })).wait())!;
    const [event] = await h.rollup.queryFilter(h.rollup.filters.ForcedOperationQueued(), receipt.blockNumber);
    const draft = await h.commit({ forced: [event!.args.slot], exits: { 0: [EXIT] } });
    const block = await h.submit(draft);
    await h.moveTo((await h.windows()).proofEnd);
    await expect(h.sendAdvance(block)).to.emit(h.rollup, "StateAdvanced").withArgs(block.transition.newStateRoot, 1n);
    expect(await h.rollup.executedOperations()).to.equal(1n);
    expect(await h.rollup.credits(ETH, h.address(1))).to.equal(fee);
  });

  it("pays the tip to the producer of the L1 block", async () => {
    const { provider } = h.network.connection.ethers;
    const block = await h.submit(await h.commit());
    await h.moveTo((await h.windows()).proofEnd);
    const { miner } = (await provider.getBlock("latest"))!;
    const before = await h.b52.balances(miner);
    await h.sendAdvance(block);
    expect(await h.b52.balances(miner)).to.equal(before + h.params.tip);
    await h.expectSolvent();
  });
});
