// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, toBeHex, ZeroAddress, ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { SLOT_BYTES } from "../../../src/codec/index.ts";
import { slotsOf, type Proposal } from "../../helpers/b52Block.ts";
import {
  BUILDER,
  contentOf,
  COVER,
  deployEscrow,
  PAYMENT,
  STAGE,
  type EscrowHarness,
  type Lock,
} from "../../helpers/builderHarness.ts";
import {
  freshB52,
  type B52Harness,
  type B52Options,
  type Draft,
  type ProposalClaim,
} from "../../helpers/b52Harness.ts";

const PROPOSER = 1;
const RIVAL = 2;
const STRANGER = 4;
const BID = parseEther("10");
const START = parseEther("1000");
const BOND = parseEther("5");

describe("BuilderEscrow: outcomes, demands and answers", () => {
  let h: B52Harness;
  let e: EscrowHarness;
  let draft: Draft;
  let lock: Lock;
  let proposalEnd: bigint;
  let proofEnd: bigint;
  let demandEnd: bigint;

  const deploy = async (options: B52Options = {}): Promise<void> => {
    h = await freshB52(options);
    e = await deployEscrow(h);
    for (const i of [PROPOSER, STRANGER]) await e.fund(i, BOND);
    ({ proposalEnd, proofEnd } = await h.windows());
    demandEnd = proofEnd - e.parameters.answerWindow;
  };

  /** A builder's block, locked and committed. */
  const sell = async (claim: ProposalClaim = {}): Promise<void> => {
    draft = await h.draft({ proposer: PROPOSER, bid: BID, ...claim });
    lock = await e.lock(draft);
    await mined(h.sendCommit(draft));
  };

  beforeEach(async () => {
    await deploy();
    await sell();
  });

  const expectBalances = async (proposer: bigint, builder: bigint): Promise<void> => {
    expect(await e.balance(PROPOSER), "proposer").to.equal(BOND + proposer);
    expect(await e.balance(BUILDER), "builder").to.equal(START + builder);
    await e.expectSolvent();
  };

  const binding = async (until: bigint, later: readonly Proposal[] = []): Promise<void> => {
    h.at(until - 1n);
    await expect(e.sendResolve(lock, later))
      .to.be.revertedWithCustomError(e.escrow, "LockBinding")
      .withArgs(until, until - 1n);
    h.at(until);
  };

  // ─── Who loses what when the other vanishes (docs/b52.md §10) ──────────────────────────────────────────────────────

  it("vanishes 1: a proposer that takes an offer and does nothing binds nobody", async () => {
    const other = await h.draft({ proposer: RIVAL });
    await e.sign(other.id, await e.offerFor(other));
    await expectBalances(0n, -PAYMENT - COVER);
  });

  it("vanishes 2: a proposer that locks and does not commit costs the builder nothing but time", async () => {
    await deploy();
    draft = await h.draft({ proposer: PROPOSER, bid: BID });
    lock = await e.lock(draft);
    await h.commit({ proposer: RIVAL });
    await binding(proposalEnd);
    await expect(e.sendResolve(lock))
      .to.emit(e.escrow, "LockResolved")
      .withArgs(h.address(PROPOSER), h.address(BUILDER), 1n, 0n, PAYMENT + COVER);
    await expectBalances(0n, 0n);
  });

  it("vanishes 3: a builder that withholds the content loses payment and cover to the proposer, who loses a part of its bid", async () => {
    const bid = await h.balance(PROPOSER);
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    h.at(demanded.answerBy);
    await expect(e.sendTake(demanded, STRANGER))
      .to.emit(e.escrow, "CoverTaken")
      .withArgs(h.address(PROPOSER), h.address(BUILDER), 1n, PAYMENT + COVER, h.address(PROPOSER));
    await expectBalances(PAYMENT + COVER, -PAYMENT - COVER);
    await h.moveTo(proofEnd);
    await h.settle(draft);
    const burned = (BID * h.params.unprovenBurnRate) / 10_000n;
    expect(await h.balance(PROPOSER)).to.equal(bid + BID - burned);
    expect(COVER >= burned).to.equal(true);
  });

  it("vanishes 4: a proposer that vanishes after its commitment is paid, if others prove the block that the builder revealed", async () => {
    const block = await h.submit(draft);
    await h.advance(block);
    await expect(e.sendResolve(lock, [], STRANGER))
      .to.emit(e.escrow, "LockResolved")
      .withArgs(h.address(PROPOSER), h.address(BUILDER), 1n, PAYMENT, COVER);
    await expectBalances(PAYMENT, -PAYMENT);
  });

  it("vanishes 5: if nobody proves a block that was revealed, the builder gets everything back, and the proposer loses a part of its bid", async () => {
    const bid = await h.balance(PROPOSER);
    h.at(proposalEnd);
    const answered = await e.answer(await e.demand(lock, STRANGER), draft);
    lock = answered;
    await binding(proofEnd);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, BOND);
    await h.settle(draft);
    expect(await h.balance(PROPOSER)).to.equal(bid + BID - (BID * h.params.unprovenBurnRate) / 10_000n);
  });

  it("vanishes 6: a builder that reveals to others and does not answer on L1 loses payment and cover even if the block is proven", async () => {
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    const block = await h.submit(draft);
    await expect(e.sendResolve(demanded))
      .to.be.revertedWithCustomError(e.escrow, "DemandOpen")
      .withArgs(h.address(PROPOSER), 1n, demanded.answerBy);
    await h.advance(block);
    await expect(e.sendResolve(demanded)).to.be.revertedWithCustomError(e.escrow, "DemandOpen");
    await mined(e.sendTake(demanded));
    await expectBalances(PAYMENT + COVER, -PAYMENT - COVER);
  });

  it("vanishes 7: a stranger answers for a builder that revealed and vanished, and the builder gets the bond", async () => {
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    await expect(e.sendAnswer(demanded, draft, STRANGER))
      .to.emit(e.escrow, "ContentShown")
      .withArgs(h.address(PROPOSER), 1n, h.address(STRANGER))
      .and.not.to.emit(e.escrow, "ContentPublished");
    lock = { ...demanded, stage: STAGE.answered, demander: ZeroAddress };
    await h.advance(await h.submit(draft));
    await mined(e.sendResolve(lock));
    expect(await e.balance(PROPOSER)).to.equal(PAYMENT);
    expect(await e.balance(BUILDER)).to.equal(START - PAYMENT + BOND);
    await e.expectSolvent();
  });

  it("vanishes 8: a block that loses costs the builder nothing", async () => {
    await deploy({ tickets: [1] });
    await sell();
    const rival = await h.commit({ proposer: RIVAL, promised: { 1: 1 } });
    await h.submit(draft);
    await h.advance(await h.submit(rival));
    expect(await h.b52.head()).to.equal(rival.id);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  // ─── End of a lock ─────────────────────────────────────────────────────────────────────────────────────────────────

  it("a lock with a commitment binds until the proof window is over", async () => {
    await h.moveTo(proposalEnd);
    await binding(proofEnd);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a lock ends at the end of the proposal window if the proposer committed to another proposal", async () => {
    await deploy();
    draft = await h.draft({ proposer: PROPOSER, bid: BID });
    lock = await e.lock(draft);
    await h.commit({ proposer: PROPOSER, bid: BID + 1n });
    await binding(proposalEnd);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a proven block is open until the state advances, however long that takes", async () => {
    const block = await h.submit(draft);
    await binding(proofEnd);
    await expect(e.sendResolve(lock)).to.be.revertedWithCustomError(e.escrow, "RoundUndecided").withArgs(1n);
    await h.moveTo(proofEnd + 100_000n);
    await expect(e.sendResolve(lock)).to.be.revertedWithCustomError(e.escrow, "RoundUndecided").withArgs(1n);
    await h.advance(block);
    await mined(e.sendResolve(lock));
    await expectBalances(PAYMENT, -PAYMENT);
  });

  it("a lock for a round that nobody opens binds until its deadline", async () => {
    await deploy();
    await h.moveTo(proposalEnd);
    draft = await h.draft({ proposer: PROPOSER, bid: BID });
    expect(draft.proposal.round).to.equal(2n);
    lock = await e.lock(draft);
    expect(lock.deadline).to.equal(proposalEnd + h.params.proposalWindow);
    await binding(lock.deadline);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a lock for a round that opens before the deadline binds as long as that round does", async () => {
    await deploy();
    await h.moveTo(proposalEnd);
    draft = await h.draft({ proposer: PROPOSER, bid: BID });
    lock = await e.lock(draft);
    h.at(lock.deadline - 1n);
    await h.commit({ proposer: RIVAL });
    const windows = await h.windows();
    expect(windows.proposalEnd).to.equal(lock.deadline - 1n + h.params.proposalWindow);
    await binding(windows.proposalEnd);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a lock of a round that was closed with the round before it ends at its deadline", async () => {
    await deploy({ params: { pipelined: true } });
    const parent = await h.commit({ proposer: RIVAL });
    await h.moveTo(proposalEnd);
    draft = await h.draft({ proposer: PROPOSER, parent: parent.id, bid: BID });
    lock = await e.lock(draft, { deadline: proofEnd + 10n });
    await mined(h.sendCommit(draft, parent.proposal.proposer));
    // The parent is not proven. A commitment closes both rounds.
    await h.moveTo(proofEnd);
    await h.commit({ proposer: 3 });
    expect((await h.b52.roundOf(2n)).id).to.equal(0n);
    await binding(lock.deadline);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a block whose parent lost is lost", async () => {
    await deploy({ params: { pipelined: true }, tickets: [1] });
    const parent = await h.commit({ proposer: RIVAL, bid: BID });
    const other = await h.commit({ proposer: 3, bid: BID, promised: { 1: 1 } });
    await h.moveTo(proposalEnd);
    draft = await h.draft({ proposer: PROPOSER, parent: parent.id, bid: BID });
    lock = await e.lock(draft);
    await mined(h.sendCommit(draft, parent.proposal.proposer));
    await h.advance(await h.submit(other));
    const { proposalEnd: from, proofEnd: end } = await h.windows(2n);
    await h.moveTo(from);
    const head = await h.b52.head();
    await expect(e.sendDemand(lock, STRANGER))
      .to.be.revertedWithCustomError(e.escrow, "NotOnHead")
      .withArgs(parent.id, head);
    await binding(end);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  it("a proven block whose round a freeze leaves without a result is lost when its windows are over", async () => {
    const forced = await h.force();
    const queuedAt = await h.now();
    await h.moveTo(queuedAt + h.core.escapeDelay - 150n);
    draft = await h.draft({ proposer: 3, bid: BID, forced });
    const offer = await e.offerFor(draft);
    await mined(e.sendLock(draft, offer));
    lock = e.lockOf(draft, offer);
    await mined(h.sendCommit(draft));
    await h.submit(draft);
    await h.moveTo(queuedAt + h.core.escapeDelay + 1n);
    await mined(h.rollup.freeze());
    await binding((await h.windows()).proofEnd);
    await mined(e.sendResolve(lock));
    expect(await e.balance(3)).to.equal(0n);
    await e.expectSolvent();
  });

  // ─── Later heights ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Heights after that of the lock, each by another proposer. */
  const goOn = async (count: number): Promise<Proposal[]> => {
    const later: Proposal[] = [];
    for (let i = 0; i < count; i++) {
      const { winner, blocks } = await h.round({ proposer: 3 + (i % 2) });
      later.push(winner.proposal);
      await h.settle(...blocks);
    }
    return later;
  };

  it("a win is shown by the proposals of the later blocks, and so is a loss", async () => {
    const rival = await h.commit({ proposer: RIVAL, bid: BID });
    const losing = await e.lock(await h.draft({ proposer: 5, bid: BID }));
    await h.advance(await h.submit(draft));
    const later = await goOn(3);
    for (const shown of [[], later.slice(1), [...later, later[2]!]]) {
      await expect(e.sendResolve(lock, shown))
        .to.be.revertedWithCustomError(e.escrow, "WrongChainLength")
        .withArgs(shown.length, 3n);
    }
    const head = await h.b52.head();
    await expect(e.sendResolve(lock, [later[0]!, later[2]!, later[1]!]))
      .to.be.revertedWithCustomError(e.escrow, "NotOnChain")
      .withArgs(2n, later[2]!.parent, head);
    await expect(e.sendResolve(lock, [rival.proposal, later[1]!, later[2]!]))
      .to.be.revertedWithCustomError(e.escrow, "NotOnChain")
      .withArgs(0n, rival.id, later[1]!.parent);
    await mined(e.sendResolve(lock, later));
    await mined(e.sendResolve(losing, later));
    expect(await e.balance(5)).to.equal(0n);
    await expectBalances(PAYMENT, -PAYMENT);
  });

  it("a win can be shown 32 heights later, and counts as a loss from then on", async () => {
    await h.advance(await h.submit(draft));
    const later = await goOn(32);
    const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
    const receipt = await mined(e.sendResolve(lock, later));
    expect(receipt.gasUsed).to.be.below(2n ** 21n);
    await expectBalances(PAYMENT, -PAYMENT);
    await snapshot.restore();
    await goOn(1);
    await mined(e.sendResolve(lock));
    await expectBalances(0n, 0n);
  });

  // ─── Demands ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a demand takes its bond and sets the time for the answer", async () => {
    h.at(proposalEnd);
    const answerBy = proposalEnd + e.parameters.answerWindow;
    await expect(e.sendDemand(lock, STRANGER))
      .to.emit(e.escrow, "ContentDemanded")
      .withArgs(h.address(PROPOSER), 1n, h.address(STRANGER), answerBy);
    expect(await e.balance(STRANGER)).to.equal(0n);
    const demanded = { ...lock, stage: STAGE.demanded, answerBy, demander: h.address(STRANGER) };
    expect(await e.escrow.placeOf(h.address(PROPOSER), 1n)).to.equal(e.hashOf(demanded));
    await e.expectSolvent();
    await expect(e.sendDemand(demanded, PROPOSER))
      .to.be.revertedWithCustomError(e.escrow, "AlreadyDemanded")
      .withArgs(h.address(PROPOSER), 1n);
    const answered = await e.answer(demanded, draft);
    await expect(e.sendDemand(answered, PROPOSER)).to.be.revertedWithCustomError(e.escrow, "AlreadyDemanded");
  });

  it("a demand is possible in the proof window, until an answer fits into it, to the second", async () => {
    for (const time of [proposalEnd - 1n, demandEnd]) {
      h.at(time);
      await expect(e.sendDemand(lock, PROPOSER))
        .to.be.revertedWithCustomError(e.escrow, "DemandWindow")
        .withArgs(proposalEnd, demandEnd, time);
      if (time !== demandEnd) {
        const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
        h.at(proposalEnd);
        await e.demand(lock, PROPOSER);
        await snapshot.restore();
        h.at(demandEnd - 1n);
        await e.demand(lock, PROPOSER);
        await snapshot.restore();
      }
    }
  });

  it("a demand needs the bond in the caller's balance", async () => {
    await h.moveTo(proposalEnd);
    await expect(e.sendDemand(lock, 5))
      .to.be.revertedWithCustomError(e.escrow, "InsufficientBalance")
      .withArgs(h.address(5), 0n, BOND);
  });

  it("a content is not demanded of a block that is not committed, or is proven", async () => {
    const held = await h.draft({ proposer: 3 });
    const { id } = held;
    const unsold = await e.lock(held);
    await h.moveTo(proposalEnd);
    await expect(e.sendDemand(unsold, PROPOSER))
      .to.be.revertedWithCustomError(e.escrow, "NotCommitted")
      .withArgs(h.address(3), id, `0x${"0".repeat(52)}`, 0n);
    await h.submit(draft);
    await expect(e.sendDemand(lock, PROPOSER))
      .to.be.revertedWithCustomError(e.escrow, "NotCommitted")
      .withArgs(h.address(PROPOSER), draft.id, draft.id.slice(0, 54), 2n);
  });

  it("a content is not demanded if the proposer committed to another proposal", async () => {
    const sold = await e.lock(await h.draft({ proposer: 3 }));
    const made = await h.commit({ proposer: 3, bid: BID });
    await h.moveTo(proposalEnd);
    await expect(e.sendDemand(sold, PROPOSER))
      .to.be.revertedWithCustomError(e.escrow, "NotCommitted")
      .withArgs(h.address(3), sold.id, made.id.slice(0, 54), 1n);
  });

  it("a content is not demanded when another round has begun", async () => {
    await h.moveTo(proofEnd);
    await h.commit({ proposer: RIVAL });
    await h.moveTo((await h.windows()).proposalEnd);
    await expect(e.sendDemand(lock, PROPOSER)).to.be.revertedWithCustomError(e.escrow, "WrongRound").withArgs(1n, 2n);
  });

  /** A builder's block in a round whose proof window the freeze is in. */
  const sellBeforeFreeze = async (): Promise<{ lock: Lock; draft: Draft; freezeAt: bigint }> => {
    const forced = await h.force();
    const freezeAt = (await h.now()) + h.core.escapeDelay + 1n;
    await h.moveTo(freezeAt - h.params.proposalWindow - 20n);
    const sold = await h.draft({ proposer: 3, bid: BID, forced });
    const made = await e.lock(sold);
    await mined(h.sendCommit(sold));
    return { lock: made, draft: sold, freezeAt };
  };

  it("a content is not demanded after a freeze", async () => {
    const sold = await sellBeforeFreeze();
    h.at(sold.freezeAt);
    await mined(h.rollup.freeze());
    await expect(e.sendDemand(sold.lock, PROPOSER)).to.be.revertedWithCustomError(e.escrow, "RollupFrozen");
  });

  it("a demand before a freeze is answered after it by any content with the right hash", async () => {
    const sold = await sellBeforeFreeze();
    await h.moveTo((await h.windows()).proposalEnd);
    const demanded = await e.demand(sold.lock, PROPOSER);
    h.at(sold.freezeAt);
    await mined(h.rollup.freeze());
    await e.answer(demanded, sold.draft);
    await e.expectSolvent();
  });

  // ─── Answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

  it("an answer comes before its window is over, and the cover is taken from then on", async () => {
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    const { answerBy } = demanded;
    const snapshot = await h.network.connection.networkHelpers.takeSnapshot();
    h.at(answerBy - 1n);
    await expect(e.sendTake(demanded))
      .to.be.revertedWithCustomError(e.escrow, "AnswerWindow")
      .withArgs(answerBy, answerBy - 1n);
    h.at(answerBy - 1n);
    const answered = await e.answer(demanded, draft);
    await expect(e.sendTake(answered))
      .to.be.revertedWithCustomError(e.escrow, "NoDemand")
      .withArgs(h.address(PROPOSER), 1n);
    await expect(e.sendAnswer(answered, draft)).to.be.revertedWithCustomError(e.escrow, "NoDemand");
    await snapshot.restore();
    h.at(answerBy);
    await expect(e.sendAnswer(demanded, draft))
      .to.be.revertedWithCustomError(e.escrow, "AnswerWindow")
      .withArgs(answerBy, answerBy);
    h.at(answerBy);
    await mined(e.sendTake(demanded));
    await expectBalances(PAYMENT + COVER, -PAYMENT - COVER);
  });

  it("without a demand there is no answer and no cover", async () => {
    await h.moveTo(proposalEnd);
    await expect(e.sendAnswer(lock, draft)).to.be.revertedWithCustomError(e.escrow, "NoDemand");
    await expect(e.sendTake(lock)).to.be.revertedWithCustomError(e.escrow, "NoDemand");
  });

  it("an answer has the committed content, in every field", async () => {
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    const content = contentOf(draft);
    const changes: Partial<typeof content>[] = [
      { salt: toBeHex(1n, 32) },
      { data: slotsOf("other", 1) },
      { forcedCount: 1n },
      { feeAccount: content.feeAccount + 1n },
      { feeToken: content.feeToken + 1n },
      { includeList: slotsOf("list", 1) },
    ];
    for (const change of changes) {
      await expect(e.escrow.answer(demanded, { ...content, ...change })).to.be.revertedWithCustomError(
        e.escrow,
        "WrongContent",
      );
    }
    await mined(e.escrow.answer(demanded, content));
  });

  it("an answer from a contract logs the content", async () => {
    h.at(proposalEnd);
    const demanded = await e.demand(lock, PROPOSER);
    const caller = await h.network.connection.ethers.deployContract("Caller");
    const content = contentOf(draft);
    const call = e.escrow.interface.encodeFunctionData("answer", [demanded, content]);
    await expect(caller.execute(e.escrow, call))
      .to.emit(e.escrow, "ContentPublished")
      .withArgs(h.address(PROPOSER), 1n, Object.values(content));
  });

  /** Demands the content of a block that `submit` refuses with an error, and expects the answer to fail likewise. */
  const poisoned = async (claim: ProposalClaim, error: string, on: "b52" | "rollup" = "b52"): Promise<void> => {
    await sell(claim);
    ({ proposalEnd } = await h.windows());
    h.at(proposalEnd);
    const demanded = await e.demand(lock, STRANGER);
    await expect(e.sendAnswer(demanded, draft)).to.be.revertedWithCustomError(h[on], error);
    await expect(h.sendSubmit(await h.prove(draft))).to.be.revertedWithCustomError(h[on], error);
    h.at(demanded.answerBy);
    await mined(e.sendTake(demanded));
    await e.expectSolvent();
  };

  it("a content that needs another number of leaves is no answer", async () => {
    await deploy();
    await poisoned({ leaves: 4, committedLeaves: 2n }, "WrongTreeSize");
  });

  it("a content with operations that are not the next of the queue is no answer", async () => {
    await deploy();
    await h.force();
    await poisoned({ forced: [slotsOf("other", 1)] }, "ForcedOperationsMismatch", "rollup");
  });

  it("a content with more operations than are queued is no answer", async () => {
    await deploy();
    await poisoned({ forced: [slotsOf("other", 1)] }, "ForcedOperationsMissing", "rollup");
  });

  it("a content that leaves out an operation is no answer if that is overdue when the proof window ends, to the second", async () => {
    for (const late of [0n, 1n]) {
      await deploy();
      await h.force();
      // The first round fails; the commitment opens one at this time.
      const opensAt = (await h.now()) + h.core.forcedDeadline - h.params.proposalWindow - h.params.proofWindow + late;
      await h.moveTo(opensAt);
      if (late === 1n) return poisoned({}, "ForcedOperationOverdue", "rollup");
      await sell();
      h.at((await h.windows()).proposalEnd);
      await e.answer(await e.demand(lock, STRANGER), draft);
    }
  });

  it("a content that ignores the list that is due is no answer", async () => {
    await deploy({ tickets: [1] });
    const includeList = slotsOf("list", 2);
    const winner = await h.commit({ proposer: 5, promised: { 1: 1 }, bid: BID });
    const uncle = await h.commit({ proposer: 6, includeList, bid: BID });
    const block = await h.submit(winner);
    await h.submit(uncle);
    await h.advance(block);
    expect(await h.b52.listDue(2n)).not.to.equal(ZeroHash);
    await poisoned({}, "ListIgnored");
    // With the list the same block would do.
    await h.moveTo((await h.windows()).proofEnd);
    await sell({ included: includeList, proposer: 8 });
    h.at((await h.windows()).proposalEnd);
    await mined(e.sendAnswer(await e.demand(lock, STRANGER), draft));
  });

  it("a content with a list of its own of a wrong length is no answer", async () => {
    await deploy();
    await poisoned({ includeList: `0x${"00".repeat(SLOT_BYTES - 1)}` }, "WrongListLength");
  });

  // ─── Preimages ─────────────────────────────────────────────────────────────────────────────────────────────────────

  it("no call takes a lock that differs in any field, or one that has ended", async () => {
    const changes: Partial<Lock>[] = [
      { id: ZeroHash },
      { parent: ZeroHash },
      { contentHash: ZeroHash },
      { proposer: h.address(RIVAL) },
      { round: 2n },
      { height: 3n },
      { leaves: 4n },
      { builder: h.address(PROPOSER) },
      { payment: lock.payment + 1n },
      { cover: lock.cover + 1n },
      { deadline: 0n },
      { stage: STAGE.answered },
      { answerBy: 1n },
      { demander: h.address(PROPOSER) },
    ];
    await h.moveTo(proofEnd);
    for (const change of changes) {
      await expect(e.sendResolve({ ...lock, ...change })).to.be.revertedWithCustomError(e.escrow, "UnknownLock");
    }
    const demanded = { ...lock, stage: STAGE.demanded };
    for (const call of [
      e.sendDemand({ ...lock, payment: 0n }, PROPOSER),
      e.sendAnswer(demanded, draft),
      e.sendTake(demanded),
    ]) {
      await expect(call).to.be.revertedWithCustomError(e.escrow, "UnknownLock");
    }
    await mined(e.sendResolve(lock));
    await expect(e.sendResolve(lock))
      .to.be.revertedWithCustomError(e.escrow, "UnknownLock")
      .withArgs(e.hashOf(lock), toBeHex(1n, 32));
  });
});
