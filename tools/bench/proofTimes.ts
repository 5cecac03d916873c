// SPDX-License-Identifier: MIT
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import {
  applyBlock,
  contextOf,
  leafContext,
  mergeCircuitInput,
  NO_DRAW,
  nodesBitmap,
  RegistryTree,
  signVote,
  Transcript,
  type ChildOpening,
  type MergeCircuitInput,
} from "../../src/b52/index.ts";
import { createSigner, type Signer } from "../../src/crypto/index.ts";
import {
  applyLeaf,
  leafCircuitInput,
  leafPublicSignals,
  State,
  type LeafCircuitInput,
} from "../../src/ledger/index.ts";
import {
  applyMigration,
  escapeCircuitInput,
  migrationCircuitInput,
  packTokens,
  signMove,
  type EscapeCircuitInput,
  type MigrationCircuitInput,
} from "../../src/migration/index.ts";
import { leafBytes, DEVELOPMENT } from "../../src/profile.ts";
import { BUILD } from "../../src/setup/paths.ts";

export interface ProofTime {
  readonly witnessSeconds: number;
  readonly proofSeconds: number;
  readonly peakMegabytes: number;
}

/** Input of a leaf of garbage. The content of a leaf does not change its proving time. */
export function benchLeafInput(): LeafCircuitInput {
  const header = { baseFee: 1n, feeToken: 0n, feeAccount: 1, forcedCount: 0, timestamp: 0n };
  const bytes = new Uint8Array(leafBytes(DEVELOPMENT)).fill(0xa5);
  const leaf = applyLeaf(DEVELOPMENT, State.genesis(DEVELOPMENT), { header, bytes }, { sequencer: 1n, domain: 1n });
  return leafCircuitInput(leaf, { z: 1n, context: 1n, worker: 1n });
}

/**
 * Input of the root of a tree of two leaves whose nodes were all promised and delivered. Its cost is that of every
 * merge.
 */
export function benchMergeInput(): MergeCircuitInput {
  const context = contextOf(1n << 200n);
  const signers = [1, 2, 3].map((ticket) => createSigner(Buffer.from(`prover ${ticket}`)));
  const registry = RegistryTree.of(signers.map(({ publicKey }, i) => [i + 1, publicKey] as const));
  const transcript = new Transcript(
    signers.map((signer, i) => {
      const ticket = i + 1;
      const vote = signVote(signer, { context, ticket, nodes: nodesBitmap([ticket]) });
      return [ticket, { ticket, vote }] as const;
    }),
  );
  const header = { baseFee: 1n, feeToken: 0n, feeAccount: 1, forcedCount: 0, timestamp: 0n };
  const environment = { sequencer: 1n, domain: 1n };
  const state = State.genesis(DEVELOPMENT);
  const { leaves, z } = applyBlock(DEVELOPMENT, state, { header, data: new Uint8Array(0) }, environment);
  const [left, right] = leaves.map((leaf, i): ChildOpening => {
    const node = 2 + i;
    const binding = { z, context: leafContext(context, node), worker: BigInt(node) };
    return { kind: "leaf", leaf: leafPublicSignals(leaf, binding) };
  });
  if (left === undefined || right === undefined) throw new Error("a tree has two leaves");
  return mergeCircuitInput({ context, registry, draw: NO_DRAW, transcript }, { node: 1, left, right, worker: 1n });
}

/** A state with one account, whose key is that of `user`. */
function stateOf(user: Signer): State {
  const { x, y } = user.publicKey;
  return State.genesis(DEVELOPMENT).withNewAccount({ ax: x, ay: y, nonce: 0n, token: 0n, balance: 1n, owner: 1n });
}

/** Input of an escape; its cost does not depend on the account. */
export const benchEscapeInput = (): EscapeCircuitInput =>
  escapeCircuitInput(stateOf(createSigner(Buffer.from("user"))), 1);

/** Input of a migration of one user. How many of its moves are valid does not change its cost. */
export function benchMigrationInput(): MigrationCircuitInput {
  const user = createSigner(Buffer.from("user"));
  const [domain, target] = [1n, 2n];
  const moves = signMove(user, { from: 1, token: 0n, targetToken: 0n, nonce: 0n, domain, target });
  const tokens = packTokens([{ source: 0n, target: 0n }]);
  const migration = applyMigration(DEVELOPMENT, stateOf(user), { moves, domain, target, tokens });
  return migrationCircuitInput(migration, { worker: 1n });
}

const INPUTS = {
  leaf: benchLeafInput,
  merge: benchMergeInput,
  escape: benchEscapeInput,
  migration: benchMigrationInput,
} as const;

/** Proves a circuit `runs` times, each in a fresh process. */
export function measureProofs(circuit: keyof typeof INPUTS, runs: number): ProofTime[] {
  const file = join(BUILD, `bench-${circuit}.json`);
  const input = INPUTS[circuit]();
  writeFileSync(
    file,
    JSON.stringify(input, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
  const script = fileURLToPath(new URL("proveOnce.ts", import.meta.url));
  return Array.from(
    { length: runs },
    () => JSON.parse(execFileSync(process.execPath, [script, circuit, file], { encoding: "utf8" })) as ProofTime,
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
