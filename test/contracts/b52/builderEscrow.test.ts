// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { AbiCoder, keccak256, parseEther, ZeroHash } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import {
  argumentsFor,
  BUILDER,
  COVER,
  deployEscrow,
  PAYMENT,
  type EscrowHarness,
} from "../../helpers/builderHarness.ts";
import { freshB52, type B52Harness, type Draft } from "../../helpers/b52Harness.ts";

const PROPOSER = 1;
/** Slot of the accounts (`snapshots/storageLayout.json`). */
const ACCOUNTS = 2;
const ENDED = `0x${"0".repeat(63)}1`;

describe("BuilderEscrow: deployment, balances and locks", () => {
  let h: B52Harness;
  let e: EscrowHarness;
  let draft: Draft;

  beforeEach(async () => {
    h = await freshB52();
    e = await deployEscrow(h);
    draft = await h.draft({ proposer: PROPOSER });
  });

  // ─── Deployment ────────────────────────────────────────────────────────────────────────────────────────────────────

  const deploy = async (overrides: object, change: (args: unknown[]) => void = () => undefined) => {
    const args = [...(await argumentsFor(h)), { ...e.parameters, ...overrides }];
    change(args);
    return h.network.connection.ethers.deployContract("BuilderEscrow", args);
  };

  it("logs its parameters, and takes token and core from the consensus", async () => {
    const { answerWindow, withdrawalDelay, demandBond } = e.parameters;
    await expect(e.escrow.deploymentTransaction())
      .to.emit(e.escrow, "EscrowDeployed")
      .withArgs(await h.b52.getAddress(), await h.token.getAddress(), [answerWindow, withdrawalDelay, demandBond]);
    expect(await e.escrow.CONSENSUS()).to.equal(await h.b52.getAddress());
    expect(await e.escrow.ROLLUP()).to.equal(await h.rollup.getAddress());
    expect(await e.escrow.TOKEN()).to.equal(await h.token.getAddress());
    expect(await e.escrow.ANSWER_WINDOW()).to.equal(answerWindow);
    expect(await e.escrow.WITHDRAWAL_DELAY()).to.equal(withdrawalDelay);
    expect(await e.escrow.DEMAND_BOND()).to.equal(demandBond);
  });

  it("refuses parameters that are not those of the consensus", async () => {
    const other = deploy({}, (args) => {
      args[2] = { ...(args[2] as object), proofWindow: h.params.proofWindow + 1n };
    });
    await expect(other).to.be.revertedWithCustomError(e.escrow, "WrongParameters");
  });

  it("has an answer window of 1 second up to half of the proof window", async () => {
    for (const answerWindow of [0n, h.params.proofWindow / 2n + 1n]) {
      await expect(deploy({ answerWindow }))
        .to.be.revertedWithCustomError(e.escrow, "InvalidParameter")
        .withArgs("answerWindow", answerWindow);
    }
    for (const answerWindow of [1n, h.params.proofWindow / 2n]) await deploy({ answerWindow });
  });

  it("has a delay of withdrawals of at least the proposal window", async () => {
    const shortest = h.params.proposalWindow;
    await expect(deploy({ withdrawalDelay: shortest - 1n }))
      .to.be.revertedWithCustomError(e.escrow, "InvalidParameter")
      .withArgs("withdrawalDelay", shortest - 1n);
    await deploy({ withdrawalDelay: shortest });
  });

  // ─── Balances ──────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a deposit is for any account, and takes exactly the amount", async () => {
    await h.token.approve(e.escrow, 12n);
    await expect(e.escrow.deposit(h.address(2), 12n))
      .to.emit(e.escrow, "Deposited")
      .withArgs(h.address(2), h.address(0), 12n);
    expect(await e.balance(2)).to.equal(12n);
    await expect(e.escrow.deposit(h.address(2), 1n)).to.be.revertedWithCustomError(
      h.token,
      "ERC20InsufficientAllowance",
    );
    await e.expectSolvent();
  });

  it("a withdrawal waits for its delay, to the second", async () => {
    const escrow = e.escrow.connect(h.signer(BUILDER));
    await expect(escrow.withdraw()).to.be.revertedWithCustomError(escrow, "NoRequest").withArgs(h.address(BUILDER));
    const readyAt = (await h.now()) + e.parameters.withdrawalDelay;
    await expect(escrow.requestWithdrawal(parseEther("400")))
      .to.emit(escrow, "WithdrawalRequested")
      .withArgs(h.address(BUILDER), parseEther("400"), readyAt);
    h.at(readyAt - 1n);
    await expect(escrow.withdraw())
      .to.be.revertedWithCustomError(escrow, "WithdrawalNotReady")
      .withArgs(readyAt, readyAt - 1n);
    const before = await h.token.balanceOf(h.address(BUILDER));
    h.at(readyAt);
    await expect(escrow.withdraw()).to.emit(escrow, "Withdrawn").withArgs(h.address(BUILDER), parseEther("400"));
    expect((await h.token.balanceOf(h.address(BUILDER))) - before).to.equal(parseEther("400"));
    await expect(escrow.withdraw()).to.be.revertedWithCustomError(escrow, "NoRequest");
    await e.expectSolvent();
  });

  it("a later request replaces an earlier one with its delay, and one for 0 cancels it", async () => {
    const escrow = e.escrow.connect(h.signer(BUILDER));
    await escrow.requestWithdrawal(7n);
    await h.moveTo((await h.now()) + e.parameters.withdrawalDelay);
    await escrow.requestWithdrawal(9n);
    await expect(escrow.withdraw()).to.be.revertedWithCustomError(escrow, "WithdrawalNotReady");
    await escrow.requestWithdrawal(0n);
    await h.moveTo((await h.now()) + e.parameters.withdrawalDelay);
    await expect(escrow.withdraw()).to.be.revertedWithCustomError(escrow, "NoRequest");
    expect(await e.usable(BUILDER)).to.equal(parseEther("1000"));
  });

  it("a request above the balance pays the balance", async () => {
    const escrow = e.escrow.connect(h.signer(BUILDER));
    await escrow.requestWithdrawal(parseEther("5000"));
    await h.moveTo((await h.now()) + e.parameters.withdrawalDelay);
    await expect(escrow.withdraw()).to.emit(escrow, "Withdrawn").withArgs(h.address(BUILDER), parseEther("1000"));
    await e.expectSolvent();
  });

  it("until the second at which a request is ready a lock may take its amount, and not from then on", async () => {
    const readyAt = (await h.now()) + 2n * h.params.proposalWindow;
    await mined(e.escrow.connect(h.signer(BUILDER)).requestWithdrawal(parseEther("1000")));
    const all = { payment: parseEther("999"), cover: parseEther("1"), deadline: readyAt + 1000n };
    // Nobody commits, so the round fails, and the next one opens with the first commitment.
    const ready = (await e.escrow.accountOf(h.address(BUILDER))).readyAt;
    await h.moveTo(ready - 1n);
    const late = await h.draft({ proposer: PROPOSER });
    const offer = await e.offerFor(late, all);
    const signature = await e.sign(late.id, offer);
    const { networkHelpers } = h.network.connection;
    const snapshot = await networkHelpers.takeSnapshot();
    h.at(ready - 1n);
    await mined(e.sendLock(late, offer, signature));
    expect(await e.balance(BUILDER)).to.equal(0n);
    await h.moveTo(ready);
    await expect(e.escrow.connect(h.signer(BUILDER)).withdraw())
      .to.emit(e.escrow, "Withdrawn")
      .withArgs(h.address(BUILDER), 0n);
    await e.expectSolvent();
    await snapshot.restore();
    h.at(ready);
    await expect(e.sendLock(late, offer, signature))
      .to.be.revertedWithCustomError(e.escrow, "InsufficientBalance")
      .withArgs(h.address(BUILDER), 0n, parseEther("1000"));
  });

  // ─── Locks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it("a lock takes payment and cover from the builder's balance, and keeps one hash", async () => {
    expect(await e.escrow.placeOf(h.address(PROPOSER), 1n)).to.equal(ZeroHash);
    const offer = await e.offerFor(draft);
    const lock = e.lockOf(draft, offer);
    await expect(e.sendLock(draft, offer))
      .to.emit(e.escrow, "OfferLocked")
      .withArgs(h.address(PROPOSER), h.address(BUILDER), 1n, Object.values(lock));
    expect(await e.escrow.placeOf(h.address(PROPOSER), 1n)).to.equal(e.hashOf(lock));
    expect(await e.balance(BUILDER)).to.equal(parseEther("1000") - PAYMENT - COVER);
    await e.expectSolvent();
  });

  it("only the proposer locks", async () => {
    const offer = await e.offerFor(draft);
    const signature = await e.sign(draft.id, offer);
    await expect(e.escrow.connect(h.signer(2)).lock(draft.proposal, offer, signature))
      .to.be.revertedWithCustomError(e.escrow, "NotProposer")
      .withArgs(h.address(2), h.address(PROPOSER));
  });

  it("an offer is good until the second before its deadline", async () => {
    const deadline = (await h.now()) + 30n;
    const offer = await e.offerFor(draft, { deadline });
    h.at(deadline);
    await expect(e.sendLock(draft, offer))
      .to.be.revertedWithCustomError(e.escrow, "OfferExpired")
      .withArgs(deadline, deadline);
    const other = await h.draft({ proposer: 2 });
    const longer = { ...offer, deadline: deadline + 1n };
    h.at(deadline);
    await mined(e.sendLock(other, longer));
  });

  it("a lock is for the round and the height whose proposals can be committed now, until the last second", async () => {
    const { proposalEnd } = await h.windows();
    const deadline = proposalEnd + 1000n;
    for (const [round, height] of [
      [2n, 1n],
      [1n, 2n],
    ] as const) {
      const other = h.draftFor({ proposer: PROPOSER, round, height, parent: draft.proposal.parent });
      await expect(e.sendLock(other, await e.offerFor(draft)))
        .to.be.revertedWithCustomError(e.escrow, "RoundNotOpen")
        .withArgs(round, height, 1n, 1n, true);
    }
    // A commitment keeps the round from failing when its window is over.
    await h.commit({ proposer: 3 });
    h.at(proposalEnd - 1n);
    await e.lock(draft, { deadline });
    const late = await h.draft({ proposer: 2, round: 1n, height: 1n });
    h.at(proposalEnd);
    await expect(e.sendLock(late, { ...(await e.offerFor(draft)), deadline }))
      .to.be.revertedWithCustomError(e.escrow, "RoundNotOpen")
      .withArgs(1n, 1n, 2n, 2n, false);
  });

  it("a lock may be for a round that a commitment would open, of this height or, pipelined, of the next", async () => {
    await h.moveTo((await h.windows()).proposalEnd);
    const second = await h.draft({ proposer: PROPOSER });
    expect(second.proposal.round).to.equal(2n);
    await e.lock(second);
    await mined(h.sendCommit(second));

    h = await freshB52({ params: { pipelined: true } });
    e = await deployEscrow(h);
    const parent = await h.commit({ proposer: 2 });
    await h.moveTo((await h.windows()).proposalEnd);
    const child = await h.draft({ proposer: PROPOSER, parent: parent.id });
    expect([child.proposal.round, child.proposal.height]).to.deep.equal([2n, 2n]);
    await e.lock(child);
    await mined(h.sendCommit(child, parent.proposal.proposer));
    await e.expectSolvent();
  });

  it("a place holds one lock, and the places for even and odd heights are two", async () => {
    const first = await e.lock(draft);
    const again = await h.draft({ proposer: PROPOSER, bid: parseEther("2") });
    await expect(e.sendLock(again, await e.offerFor(again)))
      .to.be.revertedWithCustomError(e.escrow, "UnresolvedLock")
      .withArgs(h.address(PROPOSER), 1n, e.hashOf(first));
    // Height 2, while the lock of height 1 is not resolved.
    await h.round({ proposer: 2 });
    const second = await h.draft({ proposer: PROPOSER });
    await e.lock(second);
    expect(await e.escrow.placeOf(h.address(PROPOSER), 1n)).to.equal(e.hashOf(first));
    await e.expectSolvent();
  });

  it("a place whose lock has ended keeps a 1, and is used again", async () => {
    const lock = await e.lock(draft);
    await h.moveTo((await h.windows()).proposalEnd);
    await mined(e.sendResolve(lock));
    expect(await e.escrow.placeOf(h.address(PROPOSER), 1n)).to.equal(ENDED);
    await e.lock(await h.draft({ proposer: PROPOSER }));
  });

  it("an ended lock is not locked again by its signature, however late the deadline", async () => {
    const offer = await e.offerFor(draft, { deadline: 2n ** 40n - 1n });
    await mined(e.sendLock(draft, offer));
    await mined(h.sendCommit(draft));
    const { proposalEnd } = await h.windows();
    h.at(proposalEnd);
    const demanded = await e.fund(2, parseEther("5")).then(() => e.demand(e.lockOf(draft, offer), 2));
    h.at(demanded.answerBy);
    await mined(e.sendTake(demanded));
    await expect(e.sendLock(draft, offer)).to.be.revertedWithCustomError(e.escrow, "RoundNotOpen");
  });

  it("a signature is the builder's, for exactly this proposal, payment, cover, deadline and escrow", async () => {
    const offer = await e.offerFor(draft);
    const refuse = async (signature: string, shown = offer): Promise<void> => {
      const digest = await e.escrow.digestOf(draft.id, shown);
      await expect(e.sendLock(draft, shown, signature))
        .to.be.revertedWithCustomError(e.escrow, "InvalidSignature")
        .withArgs(shown.builder, digest);
    };
    const signature = await e.sign(draft.id, offer);
    await refuse(await e.sign(draft.id, offer, h.signer(6)));
    await refuse(await e.sign((await h.draft({ proposer: PROPOSER, bid: parseEther("9") })).id, offer));
    await refuse(signature, { ...offer, builder: h.address(6) });
    await refuse(signature, { ...offer, payment: offer.payment - 1n });
    await refuse(signature, { ...offer, cover: offer.cover + 1n });
    await refuse(signature, { ...offer, deadline: offer.deadline + 1n });
    await refuse(await (await deployEscrow(h)).sign(draft.id, offer));
    await refuse("0x");
    await refuse(`${signature.slice(0, -2)}00`);
    await mined(e.sendLock(draft, offer, signature));
  });

  it("a contract is a builder whose code accepts the signature", async () => {
    const wallet = await h.network.connection.ethers.deployContract("SigningWallet", [h.address(BUILDER)]);
    await h.token.approve(e.escrow, parseEther("100"));
    await mined(e.escrow.deposit(wallet, parseEther("100")));
    const offer = await e.offerFor(draft, { builder: await wallet.getAddress() });
    await expect(e.sendLock(draft, offer, await e.sign(draft.id, offer, h.signer(6)))).to.revert(
      h.network.connection.ethers,
    );
    await mined(e.sendLock(draft, offer));
    expect((await e.escrow.accountOf(wallet)).balance).to.equal(parseEther("100") - PAYMENT - COVER);
  });

  it("a lock needs the whole of payment and cover", async () => {
    const payment = parseEther("1000") - COVER;
    await expect(e.sendLock(draft, await e.offerFor(draft, { payment: payment + 1n })))
      .to.be.revertedWithCustomError(e.escrow, "InsufficientBalance")
      .withArgs(h.address(BUILDER), parseEther("1000"), parseEther("1000") + 1n);
    const most = 2n ** 96n - 1n;
    await expect(e.sendLock(draft, await e.offerFor(draft, { payment: most, cover: most })))
      .to.be.revertedWithCustomError(e.escrow, "InsufficientBalance")
      .withArgs(h.address(BUILDER), parseEther("1000"), 2n * most);
    await e.lock(draft, { payment });
    expect(await e.balance(BUILDER)).to.equal(0n);
    // An empty account keeps its word: the next credit creates no storage.
    const slot = keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [h.address(BUILDER), ACCOUNTS]));
    const word = await h.network.connection.ethers.provider.getStorage(e.escrow, slot);
    expect(BigInt(word)).to.equal(1n << 232n);
  });

  it("of two offers for which the balance is too small the first lock counts", async () => {
    const other = await h.draft({ proposer: 2 });
    await e.lock(draft, { payment: parseEther("600") });
    await expect(e.sendLock(other, await e.offerFor(other, { payment: parseEther("600") })))
      .to.be.revertedWithCustomError(e.escrow, "InsufficientBalance")
      .withArgs(h.address(BUILDER), parseEther("400") - COVER, parseEther("600") + COVER);
  });
});
