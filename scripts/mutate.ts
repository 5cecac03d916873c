// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import type { AreaName } from "../tools/mutation/contracts.ts";
import type { Options } from "../tools/mutation/options.ts";
import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { decimalNumber, oneOf, runCommand, UsageError, wholeNumber } from "../tools/commandLine.ts";

const AREAS = ["contracts", "elections"] as const satisfies readonly AreaName[];
const COMMANDS = [...AREAS, "circuits", "report"] as const;

const USAGE = `
npm run mutate -- ${COMMANDS.join(" | ")} [options]

  contracts, elections, circuits   tests mutants that were not tested before
  report                           says what came out, in docs/mutation.md

  --files <a,b>         only of files whose paths begin so
  --operators <a,b>     only of operators whose names begin so
  --percent <n>         of each hundred mutants; default: 100
  --seed <number>       which ones, and in which order; default: 1
  --minutes <n>         begins no other mutant after; default: 600
  --tests <n>           at most so many for each mutant; default: 10000
  --survivors           only what survived earlier
  --slow                also by tests of hundreds of random steps
`;

const options = {
  files: { type: "string", default: "" },
  operators: { type: "string", default: "" },
  percent: { type: "string", default: "100" },
  seed: { type: "string", default: "1" },
  minutes: { type: "string", default: "600" },
  tests: { type: "string", default: "10000" },
  survivors: { type: "boolean", default: false },
  slow: { type: "boolean", default: false },
  /** Only from this script to itself. */
  before: { type: "string" },
} as const;

/** Exit code of a process that leaves the rest to another. */
const GO_ON = 75;

await runCommand({ usage: USAGE, options, allowPositionals: true }, async ({ values, positionals }) => {
  const command = oneOf("command", positionals[0], COMMANDS);
  if (positionals.length > 1) throw new UsageError(`argument ${positionals[1]}: there is one command at a time`);
  const minutes = decimalNumber("--minutes", values.minutes);
  const settings: Options = {
    files: values.files.split(",").filter(Boolean),
    operators: values.operators.split(",").filter(Boolean),
    percent: decimalNumber("--percent", values.percent, 100),
    seed: wholeNumber("--seed", values.seed, 0),
    tests: wholeNumber("--tests", values.tests, 1),
    slow: values.slow,
    onlySurvivors: values.survivors,
    verdictsBefore: values.before === undefined ? Infinity : wholeNumber("--before", values.before, 0),
    until: Date.now() + minutes * 60_000,
    log: console.log,
  };
  // Before Hardhat is loaded: the mutated artifacts, and networks that report what they reach.
  process.env["HARDHAT_CONFIG"] = join(PROJECT_ROOT, "tools", "mutation", "hardhat.config.ts");
  process.env["HARDHAT_COVERAGE"] = "true";

  switch (command) {
    case "contracts":
    case "elections": {
      const { countVerdicts, testContracts } = await import("../tools/mutation/contracts.ts");
      if (values.before !== undefined) return (await testContracts(command, settings)) === "full" ? GO_ON : 0;
      const before = countVerdicts(command);
      let code = GO_ON;
      while (code === GO_ON) {
        const left = Math.max(0, (settings.until - Date.now()) / 60_000);
        const args = [...process.argv.slice(1), `--before=${before}`, `--minutes=${left.toFixed(3)}`];
        const child = spawn(process.execPath, args, { stdio: "inherit" });
        const [status] = (await once(child, "close")) as [number | null];
        code = status ?? 1;
      }
      return code;
    }
    case "circuits": {
      const { testCircuits } = await import("../tools/mutation/circuits.ts");
      await testCircuits(settings);
      return 0;
    }
    case "report": {
      const { rateOf, writeReport } = await import("../tools/mutation/report.ts");
      const below = await writeReport();
      for (const score of below) console.log(`${score.group}: only ${rateOf(score).toFixed(1)} %`);
      return below.length > 0 ? 1 : 0;
    }
  }
});
