// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, ZeroAddress, type Signer } from "ethers";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { Aggregator, RollupNode, Sequencer, Wallet, type ProofOfEfficiencySystem } from "../../src/agents/index.ts";
import { minedTransaction as mined } from "../../src/chain/index.ts";
import { ETH } from "../../src/ledger/index.ts";
import { AGE, age } from "../../tools/bench/age.ts";
import { ledgerProver } from "../../tools/bench/ledgerProver.ts";
import { MigrationPair } from "../../tools/bench/migrationGas.ts";
import { withMockVerifier } from "../../tools/bench/mockProofs.ts";
import { newStateOf } from "../../tools/bench/newState.ts";
import { fixedStart, fixTimestamps } from "../../tools/bench/timestamps.ts";
import { createSigner } from "../../src/crypto/index.ts";
import { deployProofOfEfficiency } from "../../tools/deployment/proofOfEfficiency.ts";
import { deployB52, type ProposalClaim } from "../helpers/b52Harness.ts";
import { openNetwork } from "../helpers/b52Network.ts";
import { BUILDER, COVER, deployEscrow, PAYMENT } from "../helpers/builderHarness.ts";
import { SlotCounter, type NewSlots } from "../helpers/newSlots.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

const EVERYTHING = (1n << 128n) - 1n;

/** Rounds of all calls. The second half counts as the steady state: 20 claims in it, so that one slot is below 1/16. */
const CYCLES = 20;

/** Calls of which each may create storage only when somebody appears: docs/adr/0041. */
const REPEATED = [
  "sequence",
  "verify",
  "verify with exits",
  "deposit",
  "topUp",
  "forceTransfer",
  "forceExit",
  "claim",
  "commit",
  "submit",
  "advanceState",
  "settle",
  "payRewards",
  "defend",
  "slash",
  "burn",
  "requestDeparture",
  "depart",
  "deliver",
  "escrow: deposit",
  "escrow: requestWithdrawal",
  "escrow: withdraw",
  "escrow: lock",
  "escrow: demand",
  "escrow: answer",
  "escrow: takeCover",
  "escrow: resolve",
] as const;

describe("New storage slots of each call, by traces", () => {
  const slots: Record<string, NewSlots> = {};

  before(async function () {
    this.timeout(600_000);
    Object.assign(slots, await proofOfEfficiency(), await b52(), await migrations(), await builders());
  });

  it("are those of the snapshot, at first use and in the steady state", () => {
    expect(Object.keys(slots).sort()).to.deep.equal([...REPEATED].sort());
    expectSnapshot("newSlots", Object.fromEntries(REPEATED.map((call) => [call, slots[call]])));
  });

  it("are 0 in the steady state, with 1 for 16 claims at most, except of the calls that are listed", () => {
    const creating = REPEATED.filter((call) => slots[call]!.steady > mostSteady(call));
    expect(creating).to.deep.equal(NOT_YET);
  });

  it("count a slot that was zero and is not, and no slot that is changed, cleared, or set and cleared again", async () => {
    const { ethers } = await network.create(fixedStart("osaka"));
    const [holder, other, spender] = (await ethers.getSigners()) as unknown as [Signer, Signer, Signer];
    const token = await ethers.deployContract("NativeToken", ["Native", "NAT", 10n, holder]);
    const newSlots = async (sent: ReturnType<typeof token.transfer>): Promise<number> =>
      (await newStateOf(ethers.provider, (await mined(sent)).hash)).slots;
    expect(await newSlots(token.transfer(other, 1n)), "first balance").to.equal(1);
    expect(await newSlots(token.transfer(other, 1n)), "changed balances").to.equal(0);
    expect(await newSlots(token.approve(spender, 3n)), "allowance").to.equal(1);
    expect(await newSlots(token.connect(spender).transferFrom(holder, spender, 3n)), "cleared and new").to.equal(1);
    expect(await newSlots(token.connect(other).transfer(holder, 2n)), "cleared").to.equal(0);
    const code = await newStateOf(ethers.provider, token.deploymentTransaction()?.hash ?? "");
    expect(code.contracts).to.equal(1);
    expect(code.codeBytes).to.equal(((await ethers.provider.getCode(token)).length - 2) / 2);
  });
});

/**
 * Calls that do create storage in the steady state. A change that ends this takes the call's name out, or the test
 * fails. A record of `docs/adr` argues for each call that stays.
 */
const NOT_YET: readonly string[] = [] satisfies readonly (typeof REPEATED)[number][];

/** Most new slots of a call in the steady state, on average: claims may share a word with their neighbours. */
const mostSteady = (call: string): number => (call === "claim" ? 1 / 16 : 0);

/** Leaves of a batch, and leaves that may be pending: a short ring. */
const PENDING = 3;

async function proofOfEfficiency(): Promise<Record<string, NewSlots>> {
  const connection = await network.create(fixedStart("osaka"));
  fixTimestamps(connection);
  const { ethers } = connection;
  const system = await deployProofOfEfficiency(connection, {
    overrides: { maxLeavesPerBatch: PENDING, maxPendingLeaves: PENDING },
  });
  const verifier = await system.verifier.getAddress();
  return withMockVerifier(connection, verifier, () => countCycles(system, ethers));
}

async function countCycles(
  system: ProofOfEfficiencySystem,
  ethers: NetworkConnection["ethers"],
): Promise<Record<string, NewSlots>> {
  const { consensus, rollup, token, profile } = system;
  const [operator, aggregating] = (await ethers.getSigners()) as unknown as [Signer, Signer];
  await mined(token.approve(consensus, EVERYTHING));
  await mined(consensus.deposit(parseEther("100000")));

  const node = await RollupNode.open(system);
  const user = new Wallet(node, operator, createSigner(Buffer.from("slots")));
  const sequencer = new Sequencer(node, operator, { feeAccount: 1, feeToken: ETH });
  const aggregator = new Aggregator(node, aggregating, ledgerProver(node));
  const counter = new SlotCounter(ethers.provider);
  const forced = async (value = 0n): Promise<{ value: bigint }> => ({ value: value + (await rollup.forcedFee()) });
  const settle = async (verify: string): Promise<void> => {
    await counter.count(verify, await aggregator.submit(await aggregator.prove()));
    await node.sync();
  };
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    if (cycle === 1) await age(sequencer, operator, aggregating, PENDING * profile.slots);
    counter.nextCycle();
    await counter.count("deposit", await user.deposit(ETH, parseEther("1")));
    await counter.count("topUp", await mined(rollup.topUp(ETH, 1n, 1, operator, await forced(1n))));
    await counter.count("forceTransfer", await mined(rollup.forceTransfer(1, 2, ETH, 1n, await forced())));
    for (const amount of [1_000n, 1_001n]) {
      await counter.count("forceExit", await mined(rollup.forceExit(1, ETH, amount, await forced())));
    }
    await node.sync();
    await counter.count("sequence", await sequencer.post({}));
    await node.sync();
    await settle("verify with exits");
    await counter.count("sequence", await sequencer.post(transfers(user, profile.slots)));
    await node.sync();
    await settle("verify");
    for (const exit of await user.openExits()) await counter.count("claim", await user.claim(exit));
    await node.sync();
  }
  return counter.result();
}

function transfers(user: Wallet, count: number): { readonly transactions: readonly Uint8Array[] } {
  const { account } = user.account(ETH);
  return {
    transactions: Array.from({ length: count }, (_, i) =>
      user.transfer(ETH, { to: 1, amount: 1n, nonce: account.nonce + BigInt(i) }),
    ),
  };
}

/** Four leaves, of which node 7 is not delivered by the one who promised it. */
const CLAIM = {
  leaves: 4,
  promised: { 1: 1, 2: 2, 3: 3, 4: 4, 5: 1, 6: 2, 7: 3 },
  workers: { 7: 4 },
  proverFees: { 0: 1000n },
} as const satisfies ProposalClaim;

/** Each height has a winner, an uncle and a block that is not proven. Half of the cycles go around all rings. */
async function b52(): Promise<Record<string, NewSlots>> {
  const h = await deployB52({}, await openNetwork());
  expect(Number(await h.b52.ROUNDS_KEPT())).to.be.below(CYCLES / 2);
  const counter = new SlotCounter(h.network.connection.ethers.provider);
  const count = async (call: string, sent: Parameters<typeof mined>[0]): Promise<void> =>
    counter.count(call, await mined(sent));
  for (const ticket of [1, 2, 3, 4]) await h.join(ticket);
  for (let height = 1; height <= CYCLES; height++) {
    counter.nextCycle();
    const drafts = [];
    for (const [i, bid] of ["3", "2", "1"].entries()) {
      const draft = await h.draft({ ...CLAIM, proposer: 1 + i, bid: parseEther(bid) });
      await count("commit", h.sendCommit(draft));
      drafts.push(draft);
    }
    const blocks = [];
    for (const draft of drafts.slice(0, 2)) {
      await h.moveTo((await h.windows(draft.proposal.height)).proposalEnd);
      const block = await h.prove(draft);
      await count("submit", h.sendSubmit(block));
      blocks.push(block);
    }
    const [winner, uncle] = blocks as [(typeof blocks)[0], (typeof blocks)[0]];
    await count("defend", h.sendDefend(uncle, 7, 3));
    await h.moveTo((await h.windows()).proofEnd);
    await count("advanceState", h.sendAdvance(winner));
    const result = await h.resultOf(winner.proposal.round);
    for (const draft of drafts.slice(1)) await count("settle", h.sendSettle(draft, result));
    for (const block of blocks) await count("payRewards", h.sendPay(block));
    await h.moveTo(winner.record.defenceEnd);
    await count("slash", h.sendSlash(winner, 7));
    await count("burn", h.b52.burn());
  }
  return counter.result();
}

/** Twice the departures that a core's ring has places for (16), and some. */
const MIGRATION_CYCLES = 40;

async function migrations(): Promise<Record<string, NewSlots>> {
  const connection = await network.create(fixedStart("osaka"));
  fixTimestamps(connection);
  const pair = await MigrationPair.deploy(connection);
  const counter = new SlotCounter(connection.ethers.provider);
  for (let cycle = 0; cycle < MIGRATION_CYCLES; cycle++) {
    if (cycle === 1) await pair.age(AGE.forced);
    counter.nextCycle();
    for (const [call, { newSlots }] of Object.entries(await pair.migrate(1))) counter.add(call, newSlots);
  }
  return counter.result();
}

/**
 * Each cycle has a builder's block that wins, one whose content is shown on demand, and one whose content is withheld. The
 * builder's balance is 0 while its money is locked.
 */
async function builders(): Promise<Record<string, NewSlots>> {
  const h = await deployB52({}, await openNetwork());
  const e = await deployEscrow(h);
  const counter = new SlotCounter(h.network.connection.ethers.provider);
  const count = async (call: string, sent: Parameters<typeof mined>[0]): Promise<void> =>
    counter.count(`escrow: ${call}`, await mined(sent));
  const builder = h.signer(BUILDER);
  const escrow = e.escrow.connect(builder);
  await mined(h.token.transfer(builder, 10_000n * PAYMENT));
  await mined(h.token.connect(builder).approve(e.escrow, EVERYTHING));
  // The builder's own account is there: the first use is that of another one.
  await count("deposit", escrow.deposit(h.signer(9), 1n));
  const withdrawAll = async (amount: bigint): Promise<void> => {
    await count("requestWithdrawal", escrow.requestWithdrawal(amount));
    await h.moveTo((await h.now()) + e.parameters.withdrawalDelay);
    await count("withdraw", escrow.withdraw());
  };
  await withdrawAll((await escrow.accountOf(builder)).balance);
  await mined(h.token.connect(h.signer(4)).approve(e.escrow, EVERYTHING));
  await e.fund(4, 1_000n * e.parameters.demandBond);
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    counter.nextCycle();
    for (const end of ["won", "answered", "withheld"]) {
      await count("deposit", escrow.deposit(builder, PAYMENT + COVER));
      const draft = await h.draft({ proposer: 1 });
      const offer = await e.offerFor(draft);
      await count("lock", e.sendLock(draft, offer));
      await mined(h.sendCommit(draft));
      let lock = e.lockOf(draft, offer);
      await h.moveTo((await h.windows()).proposalEnd);
      if (end !== "won") {
        await count("demand", e.sendDemand(lock, 4));
        const answerBy = (await h.now()) + e.parameters.answerWindow;
        lock = { ...lock, stage: 1n, answerBy, demander: h.address(4) };
      }
      if (end === "answered") {
        await count("answer", e.sendAnswer(lock, draft));
        lock = { ...lock, stage: 2n, demander: ZeroAddress };
      }
      if (end === "withheld") {
        await h.moveTo(lock.answerBy);
        await count("takeCover", e.sendTake(lock));
        await h.moveTo((await h.windows()).proofEnd);
        await h.settle(draft);
        continue;
      }
      await h.advance(await h.submit(draft));
      await count("resolve", e.sendResolve(lock));
      await withdrawAll((await escrow.accountOf(builder)).balance);
    }
  }
  return counter.result();
}
