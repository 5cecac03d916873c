import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { applyLeaf, leafCircuitInput, State, type LeafCircuitInput } from "../ledger/index.ts";
import { leafBytes, DEVELOPMENT } from "../profile.ts";
import { BUILD } from "../setup/paths.ts";

export interface ProofTime {
  readonly witnessSeconds: number;
  readonly proofSeconds: number;
  readonly peakMegabytes: number;
}

/** Input of a leaf of garbage. What is in a leaf does not change its cost. */
export function benchLeafInput(): LeafCircuitInput {
  const header = { baseFee: 1n, feeToken: 0n, feeAccount: 1, forcedCount: 0, timestamp: 0n };
  const bytes = new Uint8Array(leafBytes(DEVELOPMENT)).fill(0xa5);
  const leaf = applyLeaf(DEVELOPMENT, State.genesis(DEVELOPMENT), { header, bytes }, { sequencer: 1n, domain: 1n });
  return leafCircuitInput(leaf, { z: 1n, context: 1n, worker: 1n });
}

/** Proves a leaf `runs` times, each in a fresh process. */
export function measureLeafProofs(runs: number): ProofTime[] {
  const file = join(BUILD, "bench-leaf.json");
  writeFileSync(
    file,
    JSON.stringify(benchLeafInput(), (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
  const script = fileURLToPath(new URL("proveOnce.ts", import.meta.url));
  return Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, [script, "leaf", file], { encoding: "utf8" })) as ProofTime,
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
