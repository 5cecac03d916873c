// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { GAS } from "../../helpers/auctionWorld.ts";
import { ElectionGas, type ElectionCall } from "../../helpers/electionGas.ts";
import { SlotAuctionWorld } from "../../helpers/slotAuctionWorld.ts";

/** Price of a transaction before its first instruction, and without its calldata. */
const TRANSACTION = 21_000;
/** A short ring of entries, each of which is used soon. */
const TERMS = { reach: 8n, closeBlocks: 60n, finalBlocks: 30n };
const PLACES = TERMS.reach + 2n;

describe("Gas of SlotAuction", () => {
  let a: SlotAuctionWorld;
  let calls: Map<string, ElectionCall>;

  before(async () => {
    a = await SlotAuctionWorld.open({ terms: TERMS, isAsked: false });
    calls = new Map();
    const gas = new ElectionGas(a.world.world.connection.ethers.provider);
    const record = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      calls.set(name, await gas.record(name, sent));
    };
    const as = (i: number) => a.world.as(i);
    let batch = 0;
    const post = (i: number) => as(0).admit(a.world.address(i), 0, ++batch, batch, 1, GAS);
    const prove = (i: number) => as(0).admit(a.world.address(i), 1, batch, batch, 1, GAS);
    await record("admit, first batch of all", post(3));

    const first = (await a.slot()) + 3n;
    await record("bid, first for its place", as(1).bid(first, 1_000n));
    await record("bid, over another bid", as(2).bid(first, 1_100n));
    await record("bid, over the bidder's own", as(2).bid(first, 1_300n));
    await record("bidRange, 5 slots, first for their places", as(1).bidRange(first + 1n, first + 5n, 1_000n));
    await record("bidRange, 5 slots, over other bids", as(2).bidRange(first + 1n, first + 5n, 1_100n));
    await record("passSlot", as(2).passSlot(first + 1n, a.world.address(1)));
    await a.moveTo(first);
    await mined(post(2));
    await a.moveTo(first + 1n);
    await record("settle, served, first of all", as(0).settle(first));
    await mined(prove(4));
    for (let slot = first + 1n; slot < first + 5n; slot++) {
      await a.moveTo(slot, 2n);
      await mined(post(slot === first + 1n ? 1 : 2));
    }
    await a.moveTo(first + 6n);
    for (let slot = first + 1n; slot < first + 4n; slot++) await record("settle, served", as(0).settle(slot));
    await record("settle, missed, first for its record", as(0).settle(first + 5n));
    // The slot first + 4 is not settled: a bid for its place does it.
    await record("bid, settles an old slot", as(3).bid(first + 4n + PLACES, 1_000n));
    await record("bid, first for its slot", as(3).bid(first + 3n + PLACES, 1_000n));
    await record("burn", as(0).burn());
    await mined(as(1).withdraw(1n));
    await record("withdraw", as(1).withdraw(1n));

    // Each place of the ring of records is used once.
    for (let slot = first + 7n; slot < first + 72n; slot++) {
      await a.moveTo(slot);
      await mined(post(3));
    }
    const slot = await a.enter(2);
    await record("admit, first batch of a slot", post(2));
    await record("admit, later batch of a slot", post(2));
    await record(
      "admit, batch in a slot without a holder",
      a.moveTo(slot + 1n).then(() => post(3)),
    );
    await mined(prove(4));
    await record("admit, proof", prove(4));
    const missed = await a.enter(2);
    await a.moveTo(missed + 1n);
    await record("settle, missed", as(0).settle(missed));
    gas.expectSnapshot("SlotAuction");
  });

  it("takes no new storage slot in any call once places and accounts were used", () => {
    const steady = [...calls].filter(
      ([name]) => !/first (for its place|for their places|for its record|of all|batch of all)$/.test(name),
    );
    expect(steady.length).to.be.above(12);
    expect(steady.filter(([, { newSlots }]) => newSlots > 0)).to.deep.equal([]);
  });

  it("of a batch is at most 28,000 more than without an election, and of a proof 27,000", () => {
    const ofElection = (name: string): number => calls.get(name)!.gas - TRANSACTION;
    expect(ofElection("admit, first batch of a slot")).to.be.at.most(28_000);
    expect(ofElection("admit, later batch of a slot")).to.be.at.most(28_000);
    expect(ofElection("admit, proof")).to.be.at.most(27_000);
  });

  it("stays far below the gas with which Proof of Efficiency tells of a call, also the first time", async () => {
    const limit = Number(await a.world.world.consensus.HEARING_GAS());
    expect(calls.get("admit, first batch of all")!.gas).to.be.at.most(limit / 4);
  });
});
