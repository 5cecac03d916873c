// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS } from "../../helpers/auctionWorld.ts";
import { ElectionGas, type ElectionCall } from "../../helpers/electionGas.ts";
import { MultiWinnerWorld } from "../../helpers/multiWinnerWorld.ts";

/** Price of a transaction before its first instruction, and without its calldata. */
const TRANSACTION = 21_000;
/** The longest list. */
const TERMS = { winners: 16, reserves: 16 };
const LENGTH = TERMS.winners + TERMS.reserves;

describe("Gas of MultiWinnerAuction", () => {
  let a: MultiWinnerWorld;
  let calls: Map<string, ElectionCall>;

  before(async () => {
    a = await MultiWinnerWorld.open({ terms: TERMS, isAsked: false });
    calls = new Map();
    const gas = new ElectionGas(a.world.world.connection.ethers.provider);
    const record = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      calls.set(name, await gas.record(name, sent));
    };
    const as = (i: number) => a.world.as(i);
    let batch = 0;
    const post = (i: number) => as(0).admit(a.world.address(i), 0, ++batch, batch, 1, GAS);
    const prove = (i: number) => as(0).admit(a.world.address(i), 1, batch, batch, 1, GAS);
    await record("admit, first batch of all", post(8));
    /** Bids of eight accounts in turn, from the highest to the lowest, all of them ranked last. */
    const fill = async (from: number): Promise<void> => {
      for (let rank = from; rank < LENGTH; rank++) await a.bid(1 + (rank % 8), 10_000n - BigInt(rank), LENGTH);
    };

    const first = await a.openBids();
    await record("bid, first for its entry and its list", as(1).bid(10_000n, 0));
    await record("bid, first for its entry", as(2).bid(9_999n, 1));
    await fill(2);
    await a.before(await a.startOf(first, 1));
    await record("countMiss, first of the proceeds, first of all", as(0).countMiss(a.slotOf(first, 0), GAS));
    await mined(post(2));
    await mined(prove(7));
    const second = await a.openBids();
    await fill(0);
    // Uses the places of the records of the slots 1 and 17, which are missed two epochs later.
    await a.before(await a.startOf(first, 17));
    await mined(post(2));
    await a.before(await a.auction.changesFrom(second + 1n));
    // The first bid for an epoch settles the one two before it, if nobody did.
    await record("bid, settles an old epoch of 32 bids", as(3).bid(10_000n, 0, GAS));
    const third = second + 1n;
    await record("bid, with the right hint", as(4).bid(9_999n, 1));
    await fill(2);
    await record("bid, highest of a full list, with the right hint", as(5).bid(20_000n, 0));
    await record("bid, highest of a full list, with the worst hint", as(5).bid(30_000n, LENGTH));
    const { order } = await a.auction.listOf(third);
    await record("raise, by one rank", as(5).raise((order >> 5n) & 31n, 40_000n, 0));

    await a.before(await a.startOf(third, 0));
    await record("admit, first batch of a slot", post(5));
    await record("admit, later batch of a slot", post(5));
    await a.before(await a.startOf(third, 2));
    await record("countMiss", as(0).countMiss(a.slotOf(third, 1)));
    await a.before(await a.startOf(third, 18));
    await record("countMiss, with a replacement", as(0).countMiss(a.slotOf(third, 17)));
    await mined(prove(7));
    await record("admit, proof", prove(7));
    await record("settleEpoch, 32 bids", as(0).settleEpoch(second, GAS));
    gas.expectSnapshot("MultiWinnerAuction");
  });

  it("takes no new storage slot in any call once places and accounts were used", () => {
    const steady = [...calls].filter(([name]) => !/first (for its|of all|of the)/.test(name));
    expect(steady.length).to.be.above(9);
    expect(steady.filter(([name, { newSlots }]) => newSlots > 0 && !name.startsWith("admit, first"))).to.deep.equal([]);
  });

  it("of a batch is at most 31,000 more than without an election, and of a proof 27,000", () => {
    const ofElection = (name: string): number => calls.get(name)!.gas - TRANSACTION;
    expect(ofElection("admit, later batch of a slot")).to.be.at.most(31_000);
    expect(ofElection("admit, proof")).to.be.at.most(27_000);
  });

  it("of the worst hint is at most 80,000 more than of the right one, and of a settlement 600,000", () => {
    const [right, worst] = ["right", "worst"].map(
      (hint) => calls.get(`bid, highest of a full list, with the ${hint} hint`)!.gas,
    );
    expect(worst! - right!).to.be.within(1, 80_000);
    expect(calls.get("settleEpoch, 32 bids")!.gas).to.be.at.most(600_000);
  });

  it("stays far below the gas with which Proof of Efficiency tells of a call, also the first time", async () => {
    const limit = Number(await a.world.world.consensus.HEARING_GAS());
    expect(calls.get("admit, first batch of all")!.gas).to.be.at.most(limit / 4);
  });
});
