import { parseArgs } from "node:util";

import { formatEther, parseEther, Wallet } from "ethers";
import hre from "hardhat";

import { ProtocolError } from "../src/errors.ts";
import { escape, openProvider, openRollup, type TokenId } from "../src/escape/index.ts";
import { createProver } from "../src/prover/index.ts";
import { prepareAll, terminateCurve } from "../src/setup/index.ts";

/**
 * `PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address>`: takes everything that belongs to the key's
 * address out of a rollup, with nothing but an L1 endpoint (docs/enforcement.md). The key comes from the environment,
 * so that it is not in the shell's history. What has to be waited for is said, and a later run goes on. On a public
 * chain `--deployment-block <number>` spares the search for the rollup's first event.
 *
 * Left is what costs more than it is worth: ETH by the price of gas, another token below `--dust <token>=<amount>` (its
 * id, or `native`; in its smallest unit). `--all` takes it as well. No transaction costs more than `--max-fee <ETH>`.
 *
 * Exit code 0 if all was done that can be done now, 1 if something failed, 2 for wrong options.
 */
const USAGE =
  "usage: PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address of the core> [--deployment-block <number>]\n" +
  "         [--dust <token>=<amount>]… [--all] [--max-fee <ETH>]";
const {
  rpc,
  rollup: address,
  "deployment-block": block,
  dust: dustTexts = [],
  all = false,
  "max-fee": maxFeeText,
} = parseArgs({
  options: {
    rpc: { type: "string" },
    rollup: { type: "string" },
    "deployment-block": { type: "string" },
    dust: { type: "string", multiple: true },
    all: { type: "boolean" },
    "max-fee": { type: "string" },
  },
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
const dust = new Map<TokenId, bigint>();
for (const text of dustTexts) {
  const [, token, amount] = /^(\d{1,5}|native)=(\d{1,39})$/.exec(text) ?? [];
  if (token === undefined || amount === undefined) {
    console.error(`${text} is not <token>=<amount>, as in 1=1000000\n${USAGE}`);
    process.exit(2);
  }
  dust.set(token === "native" ? token : BigInt(token), BigInt(amount));
}
if (maxFeeText !== undefined && !/^\d{1,9}(\.\d{1,18})?$/.test(maxFeeText)) {
  console.error(`${maxFeeText} is not an amount of ETH\n${USAGE}`);
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
  const report = await escape(rollup, signer, prover, {
    onAction: (what) => console.log(`  ${what}`),
    all,
    dust,
    ...(maxFeeText === undefined ? {} : { maxFee: parseEther(maxFeeText) }),
  });
  for (const { what, hash, gasUsed } of report.done) console.log(`✔ ${what}: ${hash}, ${gasUsed} gas`);
  for (const { what, cost } of report.dust) {
    console.log(`- ${what}: left, as taking it may cost ${formatEther(cost)} ETH; --all takes it`);
  }
  for (const { what, why } of report.failed) console.error(`✘ ${what}: ${why}`);
  if (report.failed.length > 0) {
    console.error("Not everything could be done. What failed is not lost: run this again.");
    process.exitCode = 1;
  }
  if (report.frozenFrom !== undefined) {
    const when = new Date(Number(report.frozenFrom) * 1000).toISOString();
    console.log(
      `The queue has to be served now. If it is not, run this again from ${when} on: the rollup is frozen then.`,
    );
  } else if (report.done.length === 0 && report.failed.length === 0) {
    console.log("Nothing is left to take out.");
  }
} catch (error) {
  // What is not a sentence for people is a fault of this program.
  console.error(error instanceof ProtocolError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  provider.destroy();
  await prover.dispose();
  await terminateCurve();
}
