// SPDX-License-Identifier: MIT
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { PROJECT_ROOT } from "../src/setup/paths.ts";
import { decimalNumber, runCommand, wholeNumber } from "../tools/commandLine.ts";
import { rollupsOf } from "../tools/devnet/rollupNames.ts";

const USAGE = `
npm run chaos [-- options]

Runs the nodes of a devnet while processes are killed, L1 goes back up to 32 blocks, endpoints delay, drop, limit, lie by
omission and lag, and a disk is full. Then lets everything heal, and checks: every accepted transaction is final or void
with a reason, all nodes have L1's roots, money is conserved, no L1 transaction was sent twice with different meaning,
and no node ended by itself. The same seed has the same faults at the same times.

With B52 the network is also cut, stalled and slowed; processes are killed when they have kept an offer, a vote or a proof
that nobody has heard; and a hostile process floods, replays, forges, votes twice, hides transcripts and withholds proofs.
Checked besides: no bid is lost, no vote contradicted, no honest stake cut, and the chain goes on while an honest
proposer and enough provers can talk.

  --rollup <name>   poe, b52 or both. Default: both
  --minutes <n>     of faults; default: 5
  --seed <number>   default: a random one, which is shown
  --healing <n>     minutes in which everything has to be settled after the last fault; default: 10
  --report <path>   folder for chaos.json and chaos.md; default: build/reports
  --keep <path>     folder for databases, logs and the journal; stays. Default: a temporary one

Exit code 1 if an invariant does not hold. A disk is filled only for the administrator of Linux, in a file system of its
own in the memory.
`;

const options = {
  rollup: { type: "string", default: "both" },
  minutes: { type: "string", default: "5" },
  seed: { type: "string" },
  healing: { type: "string", default: "10" },
  report: { type: "string" },
  keep: { type: "string" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const minutes = decimalNumber("--minutes", values.minutes);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : wholeNumber("--seed", values.seed, 0);
  const healing = decimalNumber("--healing", values.healing) * 60_000;
  const rollups = rollupsOf(values.rollup);
  const { writeJson } = await import("../src/files.ts");
  const { prepareAll } = await import("../src/setup/index.ts");
  const { runChaos } = await import("../tools/chaos/chaos.ts");
  const { describeReport, isGreen } = await import("../tools/chaos/report.ts");
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // In the place of the command's own answer, which ends the processes without order.
    process.removeAllListeners(signal);
    process.on(signal, () => stopping.abort());
  }
  console.log(`seed ${seed}, ${minutes} minutes`);
  await prepareAll("development");
  const report = await runChaos({
    ...{ rollups, minutes, seed, healing, keep: values.keep, signal: stopping.signal },
    say: (line) => console.log(line),
  }).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined;
    throw error;
  });
  if (report === undefined) {
    console.error("Ended by a signal: nothing was judged.");
    return 1;
  }
  const folder = values.report ?? join(PROJECT_ROOT, "build", "reports");
  const text = describeReport(report);
  writeJson(join(folder, "chaos.json"), report);
  writeFileSync(join(folder, "chaos.md"), text);
  console.log(`\n${text}\nReport: ${join(folder, "chaos.md")}`);
  return isGreen(report) ? 0 : 1;
});
