// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { DeliveryRole } from "../../../src/node/roles/index.ts";
import { DELIVERY_STRATEGY } from "../../../src/node/strategies/index.ts";
import { ProtocolError } from "../../../src/errors.ts";

const FEE = 10n ** 15n;
const GOOD = "good";

describe("The delivery role", () => {
  /** @param fees by target; no answer for others */
  const world = (departures: number, targetOf: (number: number) => string, fees: Readonly<Record<string, bigint>>) => {
    const undelivered = Array.from({ length: departures }, (_, i) => ({ number: i + 1, target: targetOf(i + 1) }));
    const delivered: { readonly number: number; readonly maxFee: bigint }[] = [];
    const asked: { readonly gasLimit?: bigint }[] = [];
    const state = { now: 1_800_000_000, fails: false };
    const rollup = {
      forcedFee: () => Promise.resolve(FEE),
      attach: (target: string) => ({
        forcedFee: (overrides: { readonly gasLimit?: bigint } = {}) => {
          asked.push(overrides);
          const fee = fees[target];
          return fee === undefined ? Promise.reject(new Error("reverted")) : Promise.resolve(fee);
        },
      }),
    };
    const provider = {
      getBlock: () => Promise.resolve({ timestamp: state.now }),
      getFeeData: () => Promise.resolve({ gasPrice: 1n }),
    };
    const node = { block: 1, migrations: { undelivered }, system: { provider, rollup } };
    const migrator = {
      deliver: ({ number }: { readonly number: number }, { maxFee }: { readonly maxFee: bigint }) => {
        delivered.push({ number, maxFee });
        return state.fails
          ? Promise.reject(new ProtocolError("REORGANISED", { block: 1 }, "failed"))
          : Promise.resolve();
      },
    };
    const outbox = { inFlight: () => [], freshPurpose: (name: string) => name };
    const role = new DeliveryRole(node as never, migrator as never, outbox as never, {} as never, DELIVERY_STRATEGY);
    return { role, delivered, asked, state };
  };

  it("comes to each departure in its turn, whatever the targets of others do", async () => {
    const fees = { [GOOD]: FEE, dear: 2n * FEE + 1n };
    const targetOf = (number: number): string => (number === 100 ? GOOD : number % 2 === 0 ? "dear" : "mute");
    const { role, delivered } = world(100, targetOf, fees);
    for (let i = 0; i < 13; i++) await role.step();
    expect(delivered).to.deep.equal([{ number: 100, maxFee: 2n * FEE }]);
  });

  it("gives a target that is asked for its fee little gas", async () => {
    const { role, asked } = world(1, () => GOOD, { [GOOD]: FEE });
    await role.step();
    expect(asked).to.deep.equal([{ gasLimit: 200_000n }]);
  });

  it("tries a departure that fails in the block less and less often", async () => {
    const { role, delivered, state } = world(1, () => GOOD, { [GOOD]: FEE });
    state.fails = true;
    const times: number[] = [];
    for (let second = 0; second <= 4_200; second += 60) {
      const before = delivered.length;
      await role.step().catch(() => undefined);
      if (delivered.length > before) times.push(second);
      state.now += 60;
    }
    expect(times).to.deep.equal([0, 600, 1_800, 4_200]);
  });
});
