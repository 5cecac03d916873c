import { parseArgs } from "node:util";

import { Wallet } from "ethers";
import hre from "hardhat";

import { escape, openProvider, openRollup } from "../src/escape/index.ts";
import { createProver } from "../src/prover/index.ts";
import { prepareAll, terminateCurve } from "../src/setup/index.ts";

/**
 * `PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address>`: takes everything that belongs to the key's
 * address out of a rollup, with nothing but an L1 endpoint (docs/enforcement.md). The key comes from the environment,
 * so that it is not in the shell's history. What has to be waited for is said, and a later run goes on. On a public
 * chain `--deployment-block <number>` spares the search for the rollup's first event.
 */
const USAGE =
  "usage: PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address of the core> [--deployment-block <number>]";
const {
  rpc,
  rollup: address,
  "deployment-block": block,
} = parseArgs({
  options: { rpc: { type: "string" }, rollup: { type: "string" }, "deployment-block": { type: "string" } },
}).values;
const key = process.env["PRIVATE_KEY"];
if (rpc === undefined || address === undefined || key === undefined) {
  console.error(USAGE);
  process.exit(2);
}
if (!/^0x[0-9a-fA-F]{40}$/.test(address)) {
  console.error(`${address} is not an address\n${USAGE}`);
  process.exit(2);
}
if (block !== undefined && !/^\d{1,15}$/.test(block)) {
  console.error(`${block} is not the number of a block\n${USAGE}`);
  process.exit(2);
}

console.log("Circuits, keys and ABIs (a minute or two the first time, then kept)");
const [artifacts] = await Promise.all([
  prepareAll("development", (line) => console.log(`      ${line}`)),
  hre.tasks.getTask("build").run({ noTests: true, quiet: true }),
]);
const prover = createProver(artifacts);
const provider = openProvider(rpc);
try {
  const signer = new Wallet(key, provider);
  console.log(`Rebuilding the rollup at ${address} from L1`);
  const rollup = await openRollup(provider, address, block === undefined ? {} : { deploymentBlock: Number(block) });
  const { node } = rollup;
  console.log(
    `${rollup.consensus}, ${node.verifiedBatches} proven batches, ${node.isFrozen ? "frozen" : "alive"}; state root ${node.finalState.root}`,
  );
  const report = await escape(rollup, signer, prover, (what) => console.log(`  ${what}`));
  for (const { what, hash, gasUsed } of report.done) console.log(`✔ ${what}: ${hash}, ${gasUsed} gas`);
  if (report.frozenFrom !== undefined) {
    const when = new Date(Number(report.frozenFrom) * 1000).toISOString();
    console.log(
      `The queue has to be served now. If it is not, run this again from ${when} on: the rollup is frozen then.`,
    );
  } else if (report.done.length === 0) {
    console.log("Nothing is left to take out.");
  }
} finally {
  provider.destroy();
  await prover.dispose();
  await terminateCurve();
}
