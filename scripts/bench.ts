// SPDX-License-Identifier: MIT
import { runCommand, wholeNumber } from "../tools/commandLine.ts";

const USAGE = `
npm run bench [-- --production]
npm run bench -- --node [--accounts N] [--batches N]

Measures gas, constraints, time and memory of proofs, and writes docs/benchmarks.md. With --node, measures instead what a
node's ledger does in a second of one core, and prints it.

  --production   compiles the production leaf, too, which takes minutes
  --accounts     on the node's disk (default 1000000)
  --batches      of 256 transfers that the node applies (default 16)
`;

const options = {
  production: { type: "boolean", default: false },
  node: { type: "boolean", default: false },
  accounts: { type: "string", default: "1000000" },
  batches: { type: "string", default: "16" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  if (values.node) {
    const accounts = wholeNumber("--accounts", values.accounts, 1);
    const batches = wholeNumber("--batches", values.batches, 1);
    const { measureNode, nodeTable } = await import("../tools/bench/nodeTimes.ts");
    console.log(nodeTable(await measureNode(accounts, batches)));
    return;
  }
  const { writeBenchmarks } = await import("../tools/bench/benchmarks.ts");
  await writeBenchmarks(values.production);
});
