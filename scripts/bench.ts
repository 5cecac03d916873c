// SPDX-License-Identifier: MIT
import { runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run bench [-- --production]

Measures gas, constraints, time and memory of proofs, and writes docs/benchmarks.md.

  --production   compiles the production leaf, too, which takes minutes
`;

const options = { production: { type: "boolean", default: false } } as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const { writeBenchmarks } = await import("../tools/bench/benchmarks.ts");
  await writeBenchmarks(values.production);
});
