// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { SHORT_SLOTS } from "../../helpers/seatRun.ts";
import { openStakeRotation } from "../../helpers/stakeRotationRun.ts";

const UNIT = 10n ** 18n;
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const PARAMETERS = { floorRate: 2_000n, absenceRate: 200n };
const SLOTS = { ...SHORT_SLOTS, opensAfter: 2_592_000n };
/** Parties are spread over the tree, so that a draw reads as much as in a full one. */
const ID_STEP = 100;
const PARTIES = 9;
/** Longer than any ring of the election. */
const EPOCHS = 10;

describe("StakeRotation: gas", () => {
  it("the calls cost what the snapshot says, and no call that is repeated creates storage", async () => {
    const bench = await SeatBench.of(await openStakeRotation(SLOTS, RULES, PARAMETERS), SLOTS);
    const { election, world } = bench;
    const gas = new ElectionGas(world.connection.ethers.provider);
    const idOf = (i: number): number => i * ID_STEP;
    for (let i = 1; i < PARTIES; i++) await gas.record("join, a new party", bench.by(i).join(idOf(i), 100n * UNIT));
    // Seldom drawn.
    await mined(bench.by(PARTIES).join(idOf(PARTIES), RULES.minStake));

    const created = new Map<string, number>();
    const often = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      const isFirst = !created.has(name);
      const { newSlots } = await gas.record(`${name}, ${isFirst ? "for the first time" : "again"}`, sent);
      created.set(name, newSlots);
    };
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      await bench.seal(epoch, BigInt(epoch) << 100n);
      await often("drawSeats, 8 seats", election.drawSeats());
      const holders = await bench.ids(epoch);
      const isFree = ![...holders, ...(await bench.ids(epoch - 1))].includes(idOf(PARTIES));
      if (isFree) await often("takeOut", bench.by(PARTIES).takeOut(idOf(PARTIES)));
      for (const [i, id] of holders.entries()) {
        const slot = 8 * epoch + i;
        await bench.at(bench.slotStart(slot));
        if (i === 3 && isFree) await often("bringBack", bench.by(PARTIES).bringBack(idOf(PARTIES)));
        if (i === 4) continue;
        if (i === 5) await often("reportMiss", election.reportMiss(slot - 1));
        await often("a batch of the holder, the first in its slot", bench.post(id / ID_STEP));
        await often("a batch of the holder, a further one", bench.post(id / ID_STEP));
        await mined(world.consensus.prove(bench.address(0), 2));
      }
      await often("addStake", bench.by(1).addStake(idOf(1), UNIT));
    }
    await gas.record("exit", bench.by(2).exit(idOf(2)));
    const { exitEpoch } = await election.partyOf(idOf(2));
    await bench.at(bench.epochStart(Number(exitEpoch)));
    await gas.record("withdrawStake", election.withdrawStake(idOf(2)));
    await gas.record("join, an id that was used before", bench.by(2).join(idOf(2), 100n * UNIT));

    const plain = await world.connection.ethers.deployContract("MockConsensus", [world.token, 64n]);
    for (let i = 0; i < 3; i++) await gas.record("a batch without an election", plain.post(bench.address(1), [1n]));
    gas.expectSnapshot("StakeRotation");
    // The mock of the consensus takes two slots for each batch; the election takes none.
    const ofMock = (name: string): number => (name.startsWith("a batch") ? 2 : 0);
    for (const [name, newSlots] of created) expect(newSlots, name).to.equal(ofMock(name));
  });
});
