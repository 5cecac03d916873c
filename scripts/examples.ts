import hre from "hardhat";

import { runExamples } from "../src/demo/examples.ts";
import { createProver } from "../src/prover/index.ts";
import { prepareAll, terminateCurve } from "../src/setup/index.ts";

/** `npm run examples`: runs docs/examples against a local chain, with real proofs. */
const [artifacts] = await Promise.all([
  prepareAll("development", console.log),
  hre.tasks.getTask("build").run({ noTests: true, quiet: true }),
]);
const prover = createProver(artifacts);
try {
  await runExamples(prover, console.log);
} finally {
  await prover.dispose();
  await terminateCurve();
}
