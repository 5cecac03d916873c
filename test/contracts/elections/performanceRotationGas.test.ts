// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { openingsOf, openPerformance, recordOf, writeRecord } from "../../helpers/performanceRun.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { SHORT_SLOTS } from "../../helpers/seatRun.ts";

const UNIT = 10n ** 18n;
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const ROTATION = { floorRate: 2_000n, absenceRate: 200n };
const PERFORMANCE = { window: 16n, evidenceSlots: 2n, feeFloor: UNIT };
const SLOTS = { ...SHORT_SLOTS, opensAfter: 2_592_000n };
/** Parties are spread over the tree, so that a draw reads as much as in a full one. */
const ID_STEP = 100;
const PARTIES = 4;
const PROVER = 9;
/** Longer than the rings of slots, and than that of proofs: 256 batches. */
const EPOCHS = 24;

describe("PerformanceRotation: gas", () => {
  it("the calls cost what the snapshot says, and none that is repeated creates storage", async () => {
    const bench = await SeatBench.of(await openPerformance(SLOTS, RULES, ROTATION, PERFORMANCE), SLOTS);
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
        const holder = id / ID_STEP;
        await bench.at(bench.slotStart(slot));
        await often("a batch of the holder, the first in its slot", bench.post(holder));
        await often("a batch of the holder, a further one", bench.post(holder));
        await often("a proof (mock), by another account", world.consensus.prove(bench.address(PROVER), 2));
        const batch = await world.consensus.sequencedBatches();
        const record = recordOf(batch, bench.address(holder), UNIT);
        if (i % 4 === 1) {
          await writeRecord(world.consensus, batch, record);
          await often("creditSlot", election.creditSlot(slot, batch, batch, record, openingsOf(batch)));
        }
        if (i % 4 === 3) await often("countSlot", election.countSlot(slot - 3));
        // The seed block of the next epoch is in this slot.
        if (i === 5) await draw(epoch + 1);
      }
      await often("refresh", election.refresh(ID_STEP));
    }
    gas.expectSnapshot("PerformanceRotation");
    // The mock takes two slots for each batch, and one for the number of leaves that wait, which is 0 before the first.
    const ofMock = (name: string): number => (!name.startsWith("a batch") ? 0 : name.includes("first") ? 3 : 2);
    for (const [name, newSlots] of created) expect(newSlots, name).to.equal(ofMock(name));
  });
});
