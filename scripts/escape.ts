// SPDX-License-Identifier: MIT
import type { TokenId } from "../src/escape/index.ts";
import {
  addressOption,
  httpUrl,
  privateKey,
  required,
  runCommand,
  UsageError,
  wholeNumber,
} from "../tools/commandLine.ts";

const USAGE = `
PRIVATE_KEY=0x… npm run escape -- --rpc <url> --rollup <address> [options]

Takes everything that belongs to the key's address out of a rollup, with nothing but an L1 endpoint (docs/enforcement.md).
The key comes from the environment, so that it is not in the shell's history. What has to be waited for is said, and a
later run goes on.

  --rpc <url>                   of an L1 endpoint
  --rollup <address>            of the core, as npm run deploy shows it at its end
  --deployment-block <number>   spares the search for the rollup's first event
  --dust <token>=<amount>       names a token that is worth something, and leaves what is below: the token's id, or
                                native; in its smallest unit. Of ETH, by default, what costs more than it brings is left
  --all                         takes everything, of every token
  --max-fee <ETH>               no transaction costs more. Default: 0.1
  --max-total <ETH>             all transactions together do not cost more. Default: 0.5

Only ETH, the native token and tokens that are named are a reason to freeze a rollup: anybody may make a token and give
it away. Tokens without usable decimals are left unless they are named.

Exit code 0 if all was done that can be done now, 1 if something failed, 2 for wrong options.
`;

const options = {
  rpc: { type: "string" },
  rollup: { type: "string" },
  "deployment-block": { type: "string" },
  dust: { type: "string", multiple: true },
  all: { type: "boolean", default: false },
  "max-fee": { type: "string" },
  "max-total": { type: "string" },
} as const;

await runCommand({ usage: USAGE, options }, async ({ values }) => {
  const rpc = httpUrl("--rpc", required("--rpc", values.rpc));
  const address = addressOption("--rollup", required("--rollup", values.rollup));
  const block = values["deployment-block"];
  const deploymentBlock = block === undefined ? undefined : wholeNumber("--deployment-block", block, 0);
  const dust = new Map((values.dust ?? []).map(dustOption));
  const maxFee = etherOption("--max-fee", values["max-fee"]);
  const maxTotal = etherOption("--max-total", values["max-total"]);
  const key = privateKey("PRIVATE_KEY", process.env["PRIVATE_KEY"]);

  const { parseEther, Wallet } = await import("ethers");
  const { default: hre } = await import("hardhat");
  const { escape, openProvider, openRollup } = await import("../src/escape/index.ts");
  const { createProver } = await import("../src/prover/index.ts");
  const { prepareAll } = await import("../src/setup/index.ts");

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
    const rollup = await openRollup(provider, address, deploymentBlock === undefined ? {} : { deploymentBlock });
    const { node } = rollup;
    console.log(
      `${rollup.consensus}, ${node.verifiedBatches} proven batches, ${node.isFrozen ? "frozen" : "alive"}; state root ${node.finalState.root}`,
    );
    const report = await escape(rollup, signer, prover, {
      onAction: (what) => console.log(`  ${what}`),
      all: values.all,
      dust,
      ...(maxFee === undefined ? {} : { maxFee: parseEther(maxFee) }),
      ...(maxTotal === undefined ? {} : { maxTotal: parseEther(maxTotal) }),
    });
    for (const { what, hash, gasUsed } of report.done) console.log(`✔ ${what}: ${hash}, ${gasUsed} gas`);
    for (const { what, why } of report.dust) console.log(`- ${what}: left: ${why}`);
    if (report.dust.some(({ amount }) => amount > 0n)) {
      console.log("--dust <token>=<amount> takes a token from an amount on, and --all everything.");
    }
    for (const { what, why } of report.failed) console.error(`✘ ${what}: ${why}`);
    if (report.failed.length > 0) {
      console.error("Not everything could be done. What failed is not lost: run this again.");
    }
    if (report.unnamed.length > 0) {
      console.log(
        `The rollup may be frozen, but would set free only what nobody named: of token ${report.unnamed.join(", ")}. ` +
          "Name what is worth it: --dust <token>=<least amount>.",
      );
    }
    if (report.frozenFrom !== undefined) {
      const when = new Date(Number(report.frozenFrom) * 1000).toISOString();
      console.log(
        `The queue has to be served now. If it is not, run this again from ${when} on: the rollup is frozen then.`,
      );
    } else if (report.done.length === 0 && report.failed.length === 0 && report.unnamed.length === 0) {
      console.log("Nothing is left to take out.");
    }
    return report.failed.length > 0 ? 1 : 0;
  } finally {
    provider.destroy();
    await prover.dispose();
  }
});

/** An amount of ETH in decimals, if it was given. */
function etherOption(name: string, given: string | undefined): string | undefined {
  if (given !== undefined && !/^\d{1,9}(\.\d{1,18})?$/.test(given)) {
    throw new UsageError(`${name} ${given}: must be an amount of ETH`);
  }
  return given;
}

/** `<token>=<amount>`, as in 1=1000000. */
function dustOption(given: string): readonly [TokenId, bigint] {
  const [, token, amount] = /^(\d{1,5}|native)=(\d{1,39})$/.exec(given) ?? [];
  if (token === undefined || amount === undefined) {
    throw new UsageError(`--dust ${given}: must be <token>=<amount>, as in 1=1000000`);
  }
  return [token === "native" ? token : BigInt(token), BigInt(amount)];
}
