// SPDX-License-Identifier: MIT
import type { RollupNode } from "../../src/agents/index.ts";
import { leafProofSignals } from "../../src/ledger/index.ts";
import { migrationPublicSignals, orderedMigrationSignals } from "../../src/migration/index.ts";
import type { ProofResult, Prover } from "../../src/prover/index.ts";
import { mockProof } from "./mockProofs.ts";

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
      const { context, z, worker, point } = input as Record<string, bigint>;
      if (circuit === "migration") {
        const { result } = node.dueDeparture!;
        return answer("migration", orderedMigrationSignals(migrationPublicSignals(result, { worker: worker! })));
      }
      const batch = node.batches.find((candidate) => candidate.context === context)!;
      if (isBroken(batch.number)) return Promise.reject(new Error(`no proof of batch ${batch.number}`));
      made.push(batch.number);
      // Leaves of a batch may begin with the same state. The point is drawn from all that a leaf states.
      const signals = batch
        .execution!.result.leaves.map((leaf) => leafProofSignals(leaf, { z: z!, context: context!, worker: worker! }))
        .find(([, , drawn]) => drawn === point)!;
      return answer("leaf", signals);
    },
    dispose: () => Promise.resolve(),
  };
}
