import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { measureMigrationGas, type MigrationGas } from "../../src/bench/migrationGas.ts";
import { FIXED_START, fixTimestamps } from "../../src/bench/timestamps.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";

const SNAPSHOT = join(PROJECT_ROOT, "snapshots", "migrationGas.json");
/** `UPDATE_SNAPSHOTS=1` writes the snapshot instead of comparing with it. */
const isUpdating = process.env["UPDATE_SNAPSHOTS"] === "1";

describe("Gas of migrations", () => {
  let rows: MigrationGas[] = [];

  before(async () => {
    const connection = await network.create(FIXED_START);
    fixTimestamps(connection);
    rows = await measureMigrationGas(connection, 4);
  });

  it("is what the snapshot says, without the price of the calldata", () => {
    const execution = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([step, gas]) => [step, (gas as { execution: number }).execution])),
    );
    if (isUpdating) writeFileSync(SNAPSHOT, `${JSON.stringify(execution, null, 2)}\n`);
    expect(execution).to.deep.equal(JSON.parse(readFileSync(SNAPSHOT, "utf8")));
  });

  it("is, for each further user, below a tenth of an exit's claim, calldata included", () => {
    const claims = JSON.parse(readFileSync(join(PROJECT_ROOT, "snapshots", "gas.json"), "utf8")) as Record<
      string,
      number
    >;
    const tenth = (claims["claim ETH, first of its batch"] ?? 0) / 10;
    expect(tenth).to.be.greaterThan(10_000);
    for (const way of [
      ["requestDeparture", "depart", "deliver"],
      ["depart after a freeze", "deliver"],
    ] as const) {
      const costs = rows.map((row) => way.reduce((sum, step) => sum + row[step].total, 0));
      for (let users = 2; users <= rows.length; users++) {
        expect((costs[users - 1] ?? 0) - (costs[users - 2] ?? 0), `${way.join(", ")}: user ${users}`).to.be.below(
          tenth,
        );
      }
    }
  });
});
