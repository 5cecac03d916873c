// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { parseEther, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import { gasOf, type CallGas } from "../../tools/bench/calldata.ts";
import { joinCalls, underEachRules, type Measured } from "../../tools/bench/ruleGas.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import { deployB52, type B52Harness, type ProposalClaim } from "../helpers/b52Harness.ts";
import { openNetwork } from "../helpers/b52Network.ts";
import { expectSameExecution } from "../helpers/ruleGas.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

/** Four leaves, with fees, of which one node was not delivered. */
const CLAIM = {
  leaves: 4,
  promised: { 1: 1, 2: 2, 3: 3, 4: 4, 5: 1, 6: 2, 7: 3 },
  workers: { 7: 4 },
  proverFees: { 0: 1000n },
} as const satisfies ProposalClaim;

/** Gas of the calls of B52 that verify no proof, by name. Of several calls with one name the last counts. */
async function measure(tickets: number, rules: L1Rules): Promise<Record<string, CallGas>> {
  const h = await deployB52({}, await openNetwork(rules));
  const gas: Record<string, CallGas> = {};
  const record = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
    gas[name] = await gasOf(h.network.connection, await mined(sent));
  };
  for (let ticket = 1; ticket < tickets; ticket++) await h.join(ticket);
  await record("join", sendJoin(h, tickets));

  // Heights until rings have gone around, each with a winner, an uncle and a block that is not proven.
  const heights = Number(await h.b52.ROUNDS_KEPT()) + 3;
  for (let height = 1; height <= heights; height++) {
    const claim = (proposer: number, bid: string): ProposalClaim => ({ ...CLAIM, proposer, bid: parseEther(bid) });
    const first = await h.draft(claim(1, "3"));
    await record(height === 1 ? "commit, first of the proposer" : "commit, first of the round", h.sendCommit(first));
    const second = await h.draft(claim(2, "2"));
    await record("commit", h.sendCommit(second));
    const third = await h.commit(claim(3, "1"));
    const [winner, uncle] = [await h.submit(first), await h.submit(second)];
    await h.moveTo((await h.windows()).proofEnd);
    await record(height === 1 ? "advanceState, first" : "advanceState", h.sendAdvance(winner));
    const result = await h.resultOf(winner.proposal.round);
    await record("settle, lost", h.sendSettle(uncle, result));
    await record("settle, not proven", h.sendSettle(third, result));
    await record("payRewards, 4 leaves", h.sendPay(winner));
    await record("payRewards, 4 leaves, uncle", h.sendPay(uncle));
    await h.moveTo(winner.record.defenceEnd);
    await record(height === 1 ? "slash, first of the ticket" : "slash", h.sendSlash(winner, 7));
  }
  await record("burn", h.b52.burn());
  await record("leaveRegistry", h.registry.connect(h.owner(1)).leaveRegistry(1));
  await h.moveTo((await h.now()) + h.staking.exitDelay);
  await record("withdrawStake", h.registry.withdrawStake(1));
  delete gas[""];
  return gas;
}

async function sendJoin(h: B52Harness, ticket: number): Promise<ContractTransactionResponse> {
  const owner = h.owner(ticket);
  const { keyX, keyY } = (await h.registry.queryFilter(h.registry.filters.TicketJoined(), h.startBlock))[0]!.args;
  await mined(h.token.transfer(owner, h.staking.stake));
  await mined(h.token.connect(owner).approve(h.registry, h.staking.stake));
  return h.registry.connect(owner).join(ticket, keyX, keyY, h.payout(ticket));
}

const executionOf = (gas: Record<string, CallGas>): Record<string, number> =>
  Object.fromEntries(Object.entries(gas).map(([call, { execution, state }]) => [call, execution + state]));

describe("Gas of B52's calls that verify no proof", () => {
  let few: Measured<Record<string, CallGas>>;
  let many: Record<string, CallGas> = {};
  before(async () => {
    few = await underEachRules((rules) => measure(4, rules));
    many = await measure(200, "osaka");
  });

  it("is what the snapshot says under both rules, without the price of the calldata", () => {
    expectSnapshot("b52Gas", joinCalls(few));
  });

  it("differs between the rules by the price of state and of calldata only", () => {
    expectSameExecution(joinCalls(few));
  });

  it("advancing the state costs at most 150,000 once rings have gone around, whatever the rules and the number of tickets", () => {
    for (const gas of [few.osaka, few.amsterdam, many]) expect(gas["advanceState"]?.total).to.be.at.most(150_000);
    expect(many["advanceState"]?.execution).to.equal(few.osaka["advanceState"]?.execution);
  });

  it("a commitment costs at most 50,000 where its place was used before, without the price of its calldata", () => {
    for (const gas of [few.osaka, few.amsterdam]) expect(gas["commit"]?.execution).to.be.at.most(50_000);
  });

  it("no other call depends on the number of tickets either, except for new branches of the tree", () => {
    const { join: _few, leaveRegistry: _leaveFew, ...rest } = executionOf(few.osaka);
    const { join: _many, leaveRegistry: _leaveMany, ...others } = executionOf(many);
    expect(others).to.deep.equal(rest);
  });
});
