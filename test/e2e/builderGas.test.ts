// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, toBeHex, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import { gasOf, type CallGas } from "../../tools/bench/calldata.ts";
import { joinCalls, underEachRules, type Measured } from "../../tools/bench/ruleGas.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import { DEVELOPMENT, leafBytes } from "../../src/profile.ts";
import type { Proposal } from "../helpers/b52Block.ts";
import { deployB52, type ProposalClaim } from "../helpers/b52Harness.ts";
import { openNetwork } from "../helpers/b52Network.ts";
import { BUILDER, deployEscrow, type Lock } from "../helpers/builderHarness.ts";
import { expectSameExecution } from "../helpers/ruleGas.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

const PROPOSER = 1;
const STRANGER = 4;
/** Heights after which every place and every account was used. */
const HEIGHTS = 4;

/** A full block of so many leaves, which its proposer alone proves. */
const full = (leaves: 2 | 8): ProposalClaim => ({
  proposer: PROPOSER,
  leaves,
  data: toBeHex(2n ** BigInt(8 * leaves * leafBytes(DEVELOPMENT)) - 1n),
});

/** Gas of the calls to the escrow, by name, and of the commitment beside them. */
async function measure(rules: L1Rules): Promise<Record<string, CallGas>> {
  const h = await deployB52({}, await openNetwork(rules));
  const e = await deployEscrow(h);
  const gas: Record<string, CallGas> = {};
  const record = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
    gas[name] = await gasOf(h.network.connection, await mined(sent));
  };
  await e.fund(STRANGER, parseEther("500"));
  const escrow = e.escrow.connect(h.signer(BUILDER));
  await mined(h.token.transfer(h.signer(BUILDER), parseEther("10")));
  await mined(h.token.connect(h.signer(BUILDER)).approve(e.escrow, parseEther("10")));
  await record("deposit", escrow.deposit(h.signer(BUILDER), parseEther("1")));
  await record("requestWithdrawal", escrow.requestWithdrawal(parseEther("1")));
  await h.moveTo((await h.now()) + e.parameters.withdrawalDelay);
  await record("withdraw", escrow.withdraw());

  /** A block that is sold. */
  const sell = async (name: string, claim: ProposalClaim = { proposer: PROPOSER }) => {
    const draft = await h.draft(claim);
    const offer = await e.offerFor(draft);
    await record(name, e.sendLock(draft, offer));
    await record(name === "lock" ? "commit, of the block" : "", h.sendCommit(draft));
    return { draft, lock: e.lockOf(draft, offer) };
  };
  const withheld = async (claim: ProposalClaim = { proposer: PROPOSER }) => {
    const sold = await sell("", claim);
    await h.moveTo((await h.windows()).proposalEnd);
    await record("demand", e.sendDemand(sold.lock, STRANGER));
    const answerBy = (await h.now()) + e.parameters.answerWindow;
    return { ...sold, demanded: { ...sold.lock, stage: 1n, answerBy, demander: h.address(STRANGER) } };
  };
  const fail = async (lock: Lock | undefined, draft: Awaited<ReturnType<typeof sell>>["draft"]): Promise<void> => {
    await h.moveTo((await h.windows()).proofEnd);
    if (lock !== undefined) await record("resolve, lost", e.sendResolve(lock));
    await h.settle(draft);
  };

  for (let height = 1; height <= HEIGHTS; height++) {
    const { draft, lock } = await sell(height === 1 ? "lock, first of the proposer" : "lock");
    await h.advance(await h.submit(draft));
    await record(height === 1 ? "resolve, won, first of the proposer" : "resolve, won", e.sendResolve(lock));
  }
  for (const leaves of [2, 8] as const) {
    const { draft, demanded } = await withheld(full(leaves));
    await record(`answer, ${leaves} leaves`, e.sendAnswer(demanded, draft));
    await fail({ ...demanded, stage: 2n, demander: `0x${"0".repeat(40)}` }, draft);
  }
  const { draft, demanded } = await withheld();
  await h.moveTo(demanded.answerBy);
  await record("takeCover", e.sendTake(demanded));
  await fail(undefined, draft);

  const old = await sell("");
  await h.advance(await h.submit(old.draft));
  const later: Proposal[] = [];
  for (let i = 0; i < 8; i++) later.push((await h.round({ proposer: 3 + (i % 2) })).winner.proposal);
  await record("resolve, won 8 heights ago", e.sendResolve(old.lock, later));
  delete gas[""];
  return gas;
}

describe("Gas of the builders' escrow", () => {
  let gas: Measured<Record<string, CallGas>>;
  before(async () => {
    gas = await underEachRules(measure);
  });

  it("is what the snapshot says under both rules, without the price of the calldata", () => {
    expectSnapshot("builderGas", joinCalls(gas));
  });

  it("differs between the rules by the price of state and of calldata only", () => {
    expectSameExecution(joinCalls(gas));
  });

  it("a proposer pays at most 150,000 for a lock and its end once places were used, whatever the rules", () => {
    for (const { lock, "resolve, won": resolve } of Object.values(gas)) {
      expect((lock?.total ?? Infinity) + (resolve?.total ?? Infinity)).to.be.at.most(150_000);
    }
  });
});
