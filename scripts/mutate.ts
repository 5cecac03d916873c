import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Options } from "../src/mutation/options.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";

/**
 * `npm run mutate -- contracts|circuits` tests mutants that were not tested before, and `npm run mutate -- report` says
 * what came out. `Options` says what `--files <a,b>`, `--operators <a,b>`, `--percent`, `--seed`, `--minutes`, `--tests`
 * and `--survivors` do.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: "string", default: "" },
    operators: { type: "string", default: "" },
    percent: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "600" },
    tests: { type: "string", default: "10000" },
    survivors: { type: "boolean", default: false },
    /** Only from this script to itself. */
    before: { type: "string" },
  },
});
// Before Hardhat is loaded: the mutated artifacts, and networks that report what they reach.
process.env["HARDHAT_CONFIG"] = join(PROJECT_ROOT, "src", "mutation", "hardhat.config.ts");
process.env["HARDHAT_COVERAGE"] = "true";
/** Exit code of a process that leaves the rest to another. */
const GO_ON = 75;
const options: Options = {
  files: values.files.split(",").filter(Boolean),
  operators: values.operators.split(",").filter(Boolean),
  percent: Number(values.percent),
  seed: Number(values.seed),
  tests: Number(values.tests),
  onlySurvivors: values.survivors,
  verdictsBefore: Number(values.before ?? Infinity),
  until: Date.now() + Number(values.minutes) * 60_000,
  log: console.log,
};

switch (positionals[0]) {
  case "contracts": {
    const { countVerdicts, testContracts } = await import("../src/mutation/contracts.ts");
    if (values.before !== undefined) {
      process.exitCode = (await testContracts(options)) === "full" ? GO_ON : 0;
      break;
    }
    const before = countVerdicts();
    let status: number | null;
    do {
      const minutes = (options.until - Date.now()) / 60_000;
      const args = [...process.argv.slice(1), `--before=${before}`, `--minutes=${minutes}`];
      ({ status } = spawnSync(process.execPath, args, { stdio: "inherit" }));
    } while (status === GO_ON);
    process.exitCode = status ?? 1;
    break;
  }
  case "circuits": {
    const { testCircuits } = await import("../src/mutation/circuits.ts");
    await testCircuits(options);
    break;
  }
  case "report": {
    const { writeReport } = await import("../src/mutation/report.ts");
    const below = await writeReport();
    for (const { group, score } of below) console.log(`${group}: only ${score.toFixed(1)} %`);
    process.exitCode = below.length > 0 ? 1 : 0;
    break;
  }
  default:
    throw new Error("usage: npm run mutate -- contracts|circuits|report");
}
// Networks and curves keep the process alive.
process.exit();
