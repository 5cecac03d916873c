import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { gasOf } from "../../src/bench/calldata.ts";
import { FIXED_START, fixTimestamps } from "../../src/bench/timestamps.ts";
import { runB52Demo } from "../../src/demo/b52.ts";
import type { ReportFile } from "../../src/demo/report.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { BUILD, PROJECT_ROOT } from "../../src/setup/paths.ts";

const SNAPSHOT = join(PROJECT_ROOT, "snapshots", "b52DemoGas.json");
/** `UPDATE_SNAPSHOTS=1` writes the snapshot instead of comparing with it. */
const isUpdating = process.env["UPDATE_SNAPSHOTS"] === "1";

describe("B52, three heights with real proofs", () => {
  let connection: NetworkConnection;
  let report: ReportFile;
  let held: boolean;

  before(async function () {
    this.timeout(600_000);
    connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    const path = join(BUILD, "reports", "b52.test.json");
    held = await runB52Demo(connection, await prepareAll("development"), path);
    report = JSON.parse(readFileSync(path, "utf8")) as ReportFile;
  });

  it("holds every check of the demo", () => {
    const failed = Object.entries(report.checks).flatMap(([name, holds]) => (holds ? [] : [name]));
    expect(failed).to.deep.equal([]);
    expect(held).to.equal(true);
    // The report is what it says: nothing was skipped.
    expect(Object.keys(report.checks).length).to.be.at.least(25);
    expect(report.proofs.length).to.be.at.least(16);
    expect(report.scores?.length).to.equal(4);
  });

  it("costs what the snapshot says, without the price of the calldata, which varies with the randomness of proofs", async () => {
    const gas = await gasByCall(connection);
    if (isUpdating) writeFileSync(SNAPSHOT, `${JSON.stringify(gas, null, 2)}\n`);
    expect(gas).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  it("meets the targets", () => {
    const gas = (call: string): number => report.gas[call] ?? Number.NaN;
    expect(gas("submit: 4 leaves, 7 proofs")).to.be.at.most(900_000);
    expect(gas("commit #2")).to.be.at.most(85_000);
    expect(gas("advanceState #3")).to.be.at.most(150_000);
  });
});

/** Gas of the calls of B52 that succeeded, in the order of the chain. */
async function gasByCall({ ethers }: NetworkConnection): Promise<Record<string, number[]>> {
  const { interface: b52 } = await ethers.getContractFactory("B52", {
    libraries: {
      PoseidonT3: ethers.ZeroAddress,
      BlockRecords: ethers.ZeroAddress,
      BlockVerification: ethers.ZeroAddress,
      RollupDeployment: ethers.ZeroAddress,
    },
  });
  const gas: Record<string, number[]> = {};
  for (let number = 1; number <= (await ethers.provider.getBlockNumber()); number++) {
    const block = await ethers.provider.getBlock(number, true);
    for (const { hash, data, to } of block?.prefetchedTransactions ?? []) {
      const call = to === null ? null : b52.parseTransaction({ data });
      const receipt = await ethers.provider.getTransactionReceipt(hash);
      if (call === null || receipt?.status !== 1 || call.name === "withdraw" || call.name === "deposit") continue;
      (gas[call.name] ??= []).push((await gasOf(ethers.provider, receipt)).execution);
    }
  }
  return gas;
}
