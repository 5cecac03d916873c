// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { openedVotes } from "../../src/agents/index.ts";
import { NOBODY, Transcript } from "../../src/b52/index.ts";
import { minedTransaction as mined, readBlockHeader } from "../../src/chain/index.ts";
import { gasOf } from "../../tools/bench/calldata.ts";
import { deployB52, type ProposalClaim } from "../helpers/b52Harness.ts";
import { openNetwork } from "../helpers/b52Network.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

/** Windows with which groups of two rounds last just long enough (docs/b52.md §11). */
const WINDOWS = {
  params: { proposalWindow: 1_436n, proofWindow: 100n },
  core: { forcedDeadline: 1_536n, escapeDelay: 10_000n },
};
/** Waits: it joins after the block of a seed was fixed. */
const LATE = 9;

/** Gas of calls whose work depends on whether tickets are drawn, without the price of the calldata, by name. */
async function measure(electedTickets: bigint): Promise<Record<string, number>> {
  const isDrawn = electedTickets > 0n;
  const staking = { electedTickets, seedRounds: isDrawn ? 2n : 0n, exitDelay: 4_000n };
  const h = await deployB52({ ...WINDOWS, staking, tickets: [1, 2] }, await openNetwork("osaka"));
  const { provider } = h.network.connection.ethers;
  const { networkHelpers } = h.network.connection;
  const gas: Record<string, number> = {};
  const record = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
    const { execution, state } = await gasOf(h.network.connection, await mined(sent));
    gas[name] = execution + state;
  };
  const join = async (ticket: number): Promise<ContractTransactionResponse> => {
    const owner = h.owner(ticket);
    const { x, y } = createFastSigner(`ticket ${ticket}`).publicKey;
    await mined(h.token.transfer(owner, h.staking.stake));
    await mined(h.token.connect(owner).approve(h.registry, h.staking.stake));
    return h.registry.connect(owner).join(ticket, x, y, h.payout(ticket));
  };
  const gamma = isDrawn ? { x: 5n, y: 6n } : undefined;
  const transcript = new Transcript(
    [1, 2, 3].map((node) => [node, { ticket: NOBODY, vote: { nodes: 2n, h: 3n, s: 4n, gamma } }]),
  );
  // The root was promised to ticket 1, and somebody else proved it.
  const promised = { 1: 1, 2: 2, 3: 3 };
  const claim = { promised, workers: { 1: 2 }, votesRoot: transcript.votesRoot } satisfies ProposalClaim;

  await record("join", join(3));
  // Round 2 begins group 1, round 4 group 2 with the first seed, and round 6 group 3 with the second.
  for (let round = 1; round <= 5; round++) {
    const draft = await h.draft(claim);
    await record("commit", h.sendCommit(draft));
    await h.moveTo((await h.windows()).proposalEnd);
    const block = await h.prove(draft);
    await record("submit, 2 leaves, without the proofs", h.sendSubmit(block));
    await mined(h.sendDemand(block, 1));
    await record("showVotes, three votes", h.b52.showVotes(block.record, 1, openedVotes(transcript, 1)));
    await h.moveTo((await h.windows()).proofEnd);
    const begins = round % 2 === 0 ? "" : round === 1 ? ", begins the first group" : ", begins a group";
    await record(`advanceState${isDrawn ? begins : ""}`, h.sendAdvance(block));
    if (!isDrawn || round % 2 === 0 || round === 5) continue;
    if (round === 1) await record("join, waits", join(LATE));
    const { nextBlock } = await h.registry.drawState();
    await networkHelpers.mine(nextBlock - BigInt(await provider.getBlockNumber()));
    await record("sealByHeader", h.registry.sealByHeader((await readBlockHeader(provider, nextBlock))!));
    h.network.clock.reset();
  }
  if (isDrawn) {
    const { x, y } = createFastSigner(`ticket ${LATE}`).publicKey;
    await record("activate", h.registry.activate(LATE, x, y));
  }
  return gas;
}

describe("Gas of B52's calls, with drawn tickets and without", () => {
  let [off, on]: Record<string, number>[] = [];
  before(async () => {
    off = await measure(0n);
    on = await measure(2n);
  });

  it("is what the snapshot says", () => {
    expectSnapshot("drawGas", { off, on });
  });

  it("of a commitment and a submission is the same, and opened votes and the opening of a round cost more", () => {
    const calls = ["commit", "submit, 2 leaves, without the proofs"];
    expect(calls.map((call) => on![call])).to.deep.equal(calls.map((call) => off![call]));
    // The draw is read, hashed with the root of the keys, and logged.
    expect(on!["advanceState"]! - off!["advanceState"]!).to.be.at.most(50_000);
    // Two hashes more for each vote.
    expect(on!["showVotes, three votes"]! - off!["showVotes, three votes"]!).to.be.at.most(3 * 60_000);
  });
});
