// SPDX-License-Identifier: MIT
import { Wallet } from "ethers";

import { escape, openProvider, openRollup, type TokenId } from "../src/escape/index.ts";

/** Whose money is taken out of which rollup, and at what price. */
export interface EscapeSetting {
  /** URL of an L1 endpoint. */
  readonly rpc: string;
  /** Of the core or the consensus. */
  readonly address: string;
  /** Private key on L1. */
  readonly key: string;
  readonly deploymentBlock?: number;
  /** As in `EscapeOptions`. */
  readonly dust: ReadonlyMap<TokenId, bigint>;
  /** Takes everything, of every token. */
  readonly all: boolean;
  /** Most wei for one transaction, and for all together. */
  readonly maxFee?: bigint;
  readonly maxTotal?: bigint;
}

/**
 * Takes everything that belongs to a key out of a rollup, and says on the console what is done, left, and to be waited
 * for. Circuits and keys are made first, unless they are there.
 *
 * @returns the exit code: 1 if something failed
 */
export async function escapeFrom(setting: EscapeSetting): Promise<number> {
  const { rpc, address, key, deploymentBlock, dust, all, maxFee, maxTotal } = setting;
  const { createProver } = await import("../src/prover/index.ts");
  const { prepareAll } = await import("../src/setup/index.ts");

  console.log("Circuits and keys (a minute or two the first time, then kept)");
  const prover = createProver(await prepareAll("development", (line) => console.log(`      ${line}`)));
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
      ...{ all, dust },
      ...(maxFee === undefined ? {} : { maxFee }),
      ...(maxTotal === undefined ? {} : { maxTotal }),
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
}
