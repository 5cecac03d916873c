import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import type { CallGas } from "../../src/bench/calldata.ts";
import { measurePoeGas } from "../../src/bench/poeGas.ts";
import { FIXED_START, fixTimestamps } from "../../src/bench/timestamps.ts";
import { createProver } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const SNAPSHOT = join(PROJECT_ROOT, "snapshots", "gas.json");
/** `UPDATE_SNAPSHOTS=1` writes the snapshot instead of comparing with it. */
const isUpdating = process.env["UPDATE_SNAPSHOTS"] === "1";

describe("Gas of Proof of Efficiency, with real proofs", () => {
  let gas: Record<string, CallGas> = {};

  before(async function () {
    this.timeout(600_000);
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const prover = createProver(await prepareAll("development"));
    try {
      gas = await measurePoeGas(connection, prover);
    } finally {
      await prover.dispose();
    }
  });

  const totalOf = (call: string): number => {
    const measured = gas[call];
    if (measured === undefined) throw new Error(`no gas of "${call}"`);
    return measured.total;
  };

  it("is what the snapshot says, without the price of the calldata, which varies with the randomness of proofs", () => {
    const execution = Object.fromEntries(Object.entries(gas).map(([call, used]) => [call, used.execution]));
    if (isUpdating) writeFileSync(SNAPSHOT, `${JSON.stringify(execution, null, 2)}\n`);
    expect(execution).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  it("meets the targets", () => {
    expect(totalOf("verify 1 batch of 3 leaves") - totalOf("verify 1 leaf")).to.be.at.most(2 * 62_000);
    expect(totalOf("sequence 1 leaf, steady")).to.be.at.most(65_000 + 16 * 372);
    expect(totalOf("forceExit")).to.be.at.most(75_000);
    expect(totalOf("forceTransfer")).to.be.at.most(75_000);
    expect(totalOf("deposit ETH, further")).to.be.at.most(75_000);
    expect(totalOf("claim ETH, first of its batch")).to.be.at.most(160_000);
  });
});
