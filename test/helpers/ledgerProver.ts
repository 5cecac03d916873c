// SPDX-License-Identifier: MIT
import type { RollupNode } from "../../src/agents/index.ts";
import { leafProofSignals } from "../../src/ledger/index.ts";
import { migrationPublicSignals, orderedMigrationSignals } from "../../src/migration/index.ts";
import type { ProofResult, Prover } from "../../src/prover/index.ts";
import { mockProof } from "../../tools/bench/mockProofs.ts";

/** A prover whose proofs the mocks accept: of what the ledger says, without the circuits. */
export function ledgerProver(
  node: RollupNode,
  isBroken: (batch: number) => boolean = () => false,
): Prover & { made: number[] } {
  const made: number[] = [];
  const answer = (circuit: "leaf" | "migration", publicSignals: readonly bigint[]): Promise<ProofResult> =>
    Promise.resolve({ proof: mockProof(circuit, publicSignals), publicSignals, seconds: 0, cached: false });
  return {
    made,
    prove: (circuit, input) => {
      const { context, z, worker, oldStateRoot } = input as Record<string, bigint>;
      if (circuit === "migration") {
        const { result } = node.dueDeparture!;
        return answer("migration", orderedMigrationSignals(migrationPublicSignals(result, { worker: worker! })));
      }
      const batch = node.batches.find((candidate) => candidate.context === context)!;
      if (isBroken(batch.number)) return Promise.reject(new Error(`no proof of batch ${batch.number}`));
      made.push(batch.number);
      const leaf = batch.execution!.result.leaves.find((candidate) => candidate.oldStateRoot === oldStateRoot)!;
      return answer("leaf", leafProofSignals(leaf, { z: z!, context: context!, worker: worker! }));
    },
    dispose: () => Promise.resolve(),
  };
}
