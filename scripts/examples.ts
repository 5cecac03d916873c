// SPDX-License-Identifier: MIT
import { runCommand } from "../tools/commandLine.ts";

const USAGE = `
npm run examples

Runs docs/examples against a local chain, with real proofs.
`;

await runCommand({ usage: USAGE }, async () => {
  const { default: hre } = await import("hardhat");
  const { runExamples } = await import("../tools/docs/examples.ts");
  const { createProver } = await import("../src/prover/index.ts");
  const { prepareAll } = await import("../src/setup/index.ts");
  const [artifacts] = await Promise.all([
    prepareAll("development", console.log),
    hre.tasks.getTask("build").run({ noTests: true, quiet: true }),
  ]);
  const prover = createProver(artifacts);
  try {
    await runExamples({ poe: prover, b52: prover }, console.log);
  } finally {
    await prover.dispose();
  }
});
