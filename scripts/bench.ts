// SPDX-License-Identifier: MIT
import { join } from "node:path";

import { runCommand, wholeNumber } from "../tools/commandLine.ts";

const USAGE = `
npm run bench [-- --production]
npm run bench -- --node [--accounts N] [--batches N]
npm run bench -- --sync [--batches N] [--recording <path>] [--library]
npm run bench -- --open [--rounds N]

Measures gas, constraints, time and memory of proofs, and writes docs/benchmarks.md. With --node, measures instead what a
node's ledger does in a second of one core, and prints it. With --sync, measures how long a node takes to read batches of
16 leaves from L1, execute, compare and keep them; L1's answers are recorded first, which takes some minutes. With --open,
measures how long a node of B52 takes to open from L1, and from its disk.

  --production   compiles the production leaf, too, which takes minutes
  --accounts     on the node's disk (default 1000000)
  --batches      with --node: of 256 transfers that are applied (default 16); with --sync: of 64 transfers (default 1000)
  --recording    file with the recorded answers, which is made if it is not there (default build/bench/sync-<N>.json.gz)
  --rounds       of B52 (default 200)
  --library      by the library's own arithmetic, and not by WebAssembly
`;

const options = {
  production: { type: "boolean", default: false },
  node: { type: "boolean", default: false },
  accounts: { type: "string", default: "1000000" },
  sync: { type: "boolean", default: false },
  batches: { type: "string" },
  recording: { type: "string" },
  library: { type: "boolean", default: false },
  open: { type: "boolean", default: false },
  rounds: { type: "string", default: "200" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  if (values.node) {
    const accounts = wholeNumber("--accounts", values.accounts, 1);
    const batches = wholeNumber("--batches", values.batches ?? "16", 1);
    const { measureNode, nodeTable } = await import("../tools/bench/nodeTimes.ts");
    console.log(nodeTable(await measureNode(accounts, batches)));
    return;
  }
  if (values.sync) {
    const batches = wholeNumber("--batches", values.batches ?? "1000", 1);
    const path = values.recording ?? join("build", "bench", `sync-${batches}.json.gz`);
    const { measureSync, syncTable } = await import("../tools/bench/syncTimes.ts");
    console.log(syncTable(await measureSync(batches, path, !values.library)));
    return;
  }
  if (values.open) {
    const { measureB52Open, openTable } = await import("../tools/bench/b52OpenTimes.ts");
    console.log(openTable(await measureB52Open(wholeNumber("--rounds", values.rounds, 1))));
    return;
  }
  const { writeBenchmarks } = await import("../tools/bench/benchmarks.ts");
  await writeBenchmarks(values.production);
});
