// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { openProposerSale, signOffer } from "../../helpers/proposerSaleRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { SHORT_SLOTS } from "../../helpers/seatRun.ts";

const UNIT = 10n ** 18n;
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 200n };
const SHARES = { aggregators: 4_000n, fund: 2_000n, poolLeaves: 32n };
const SALE = { keepRate: 5_000n, minBond: UNIT, closeBlocks: 3n };
const SLOTS = { ...SHORT_SLOTS, opensAfter: 2_592_000n };
/** Parties are spread over the tree, so that a draw reads as much as in a full one. */
const ID_STEP = 100;
const PARTIES = 4;
const BUYER = 6;
/** Longer than any ring of the election. */
const EPOCHS = 10;

describe("ProposerSale: gas", () => {
  it("the calls cost what the snapshot says, and none that is repeated creates storage", async () => {
    const bench = await SeatBench.of(await openProposerSale(SLOTS, RULES, ROTATION, SHARES, SALE), SLOTS);
    const { election, world } = bench;
    const gas = new ElectionGas(world.connection.ethers.provider);
    for (let i = 1; i <= PARTIES; i++) await mined(bench.by(i).join(i * ID_STEP, 100n * UNIT));

    const created = new Map<string, number>();
    /** A trace takes longer than a call. */
    let isMeasured = false;
    const often = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      const isFirst = !created.has(name);
      if (!isFirst && !isMeasured) {
        await mined(sent);
        return;
      }
      const { newSlots } = await gas.record(`${name}, ${isFirst ? "for the first time" : "again"}`, sent);
      created.set(name, newSlots);
    };
    const draw = async (epoch: number): Promise<void> => {
      await bench.seal(epoch, BigInt(epoch) << 100n);
      await often("drawSeats, 8 seats", election.drawSeats());
    };
    await draw(1);
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      isMeasured = epoch >= EPOCHS - 1;
      for (const [i, id] of (await bench.ids(epoch)).entries()) {
        const slot = 8 * epoch + i;
        const seller = id / ID_STEP;
        const buyer = bench.address(BUYER);
        const offer = { slot: BigInt(slot), buyer, price: 10n * UNIT + 1n, bond: UNIT, lastBlock: 1_000_000n };
        const signature = await signOffer(world, election, BUYER, offer);
        if (i !== 5) await often("sell", bench.by(seller).sell(offer, signature));
        await bench.at(bench.slotStart(slot));
        if (i === 6) await often("reportMiss", election.reportMiss(slot - 1));
        // The seed block of the next epoch is in this slot.
        if (i === 5) await draw(epoch + 1);
        if (i === 3 || i === 5) continue;
        await often("a batch of the buyer, the first in its slot", bench.post(BUYER));
        await often("a batch of the buyer, a further one", bench.post(BUYER));
        await mined(world.consensus.prove(bench.address(0), 2));
        await bench.at(bench.slotStart(slot + 1) - 6n);
        if (i === 4) await often("settle, of a missed slot", bench.by(5).settle(slot - 1));
        if (i > 0 && i !== 4 && i !== 6) await often("settle", bench.by(5).settle(slot - 1));
      }
      await often("burn", election.burn());
    }
    gas.expectSnapshot("ProposerSale");
    // The mock takes two slots for each batch, and one for the number of leaves that wait, which is 0 before the first.
    const ofMock = (name: string): number => (!name.startsWith("a batch") ? 0 : name.includes("first") ? 3 : 2);
    for (const [name, newSlots] of created) expect(newSlots, name).to.equal(ofMock(name));
  });
});
