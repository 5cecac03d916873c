// SPDX-License-Identifier: MIT
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../../src/chain/index.ts";
import { openDelegatedStake } from "../../helpers/delegatedStakeRun.ts";
import { ElectionGas } from "../../helpers/electionGas.ts";
import { SeatBench } from "../../helpers/seatBench.ts";
import { SHORT_SLOTS } from "../../helpers/seatRun.ts";

const UNIT = 10n ** 18n;
const RULES = { minStake: 16n * UNIT, seats: 8n, maxMisses: 2n, leakRate: 100n, exitEpochs: 2n };
const SLOTS = { ...SHORT_SLOTS, opensAfter: 2_592_000n };
const ID_STEP = 100;
const OPERATORS = 8;
const DELEGATOR = 9;
const EPOCHS = 8;

describe("DelegatedStake: gas", () => {
  it("the calls cost what the snapshot says, and no call that is repeated creates storage", async () => {
    const bench = await SeatBench.of(await openDelegatedStake(SLOTS, RULES, { maxRatio: 10n }), SLOTS);
    const { election, world } = bench;
    const gas = new ElectionGas(world.connection.ethers.provider);
    const idOf = (i: number): number => i * ID_STEP;
    for (let i = 1; i <= OPERATORS; i++) {
      await gas.record("open, a new vault", bench.by(i).open(idOf(i), 100n * UNIT, 1_000));
    }

    const created = new Map<string, number>();
    const often = async (name: string, sent: Promise<ContractTransactionResponse>): Promise<void> => {
      const isFirst = !created.has(name);
      const { newSlots } = await gas.record(`${name}, ${isFirst ? "for the first time" : "again"}`, sent);
      created.set(name, newSlots);
    };
    const by = bench.by(DELEGATOR);
    for (let epoch = 1; epoch <= EPOCHS; epoch++) {
      await bench.seal(epoch, BigInt(epoch) << 100n);
      await often("drawSeats, 8 seats", election.drawSeats());
      const holders = await bench.ids(epoch);
      for (const [i, id] of holders.entries()) {
        const slot = 8 * epoch + i;
        await bench.at(bench.slotStart(slot));
        if (i === 0) {
          await often("delegate", by.delegate(1, 10n * UNIT, 0));
          await often("reward", by.reward(1, UNIT));
          await often("undelegate", by.undelegate(1, UNIT));
          await often("weigh, nothing to do", election.weigh(2));
        }
        if (i === 4) continue;
        if (i === 5) await often("reportMiss", election.reportMiss(slot - 1));
        await often("a batch of the holder, the first in its slot", bench.post(id / ID_STEP));
        await often("a batch of the holder, a further one", bench.post(id / ID_STEP));
        await mined(world.consensus.prove(bench.address(0), 2));
      }
    }
    const { exitEpoch } = await election.delegationOf(1, bench.address(DELEGATOR));
    await bench.at(bench.epochStart(Number(exitEpoch)));
    await gas.record("withdraw", election.withdraw(1, bench.address(DELEGATOR)));
    await gas.record("transferShares, to a new account", by.transferShares(1, bench.address(1), UNIT));
    await gas.record("announceCommission", bench.by(1).announceCommission(1, 500));
    await gas.record("close", bench.by(2).close(2));
    const vault = await election.vaultOf(2);
    await bench.at(bench.epochStart(Number(vault.exitEpoch)));
    await gas.record("free", election.free(2));

    gas.expectSnapshot("DelegatedStake");
    // The mock of the consensus takes two slots for each batch; the election takes none.
    const ofMock = (name: string): number => (name.startsWith("a batch") ? 2 : 0);
    for (const [name, newSlots] of created) expect(newSlots, name).to.equal(ofMock(name));
  });
});
