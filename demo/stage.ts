// SPDX-License-Identifier: MIT
import type { Signer } from "ethers";

import type { ProofOfEfficiencySystem } from "../src/agents/index.ts";
import type { Prover } from "../src/prover/index.ts";

/** Parts of a lifecycle for which a test has others. By default nobody is elected. */
export interface Stage {
  /** Makes the proofs; the caller ends it. Default: real proofs. */
  readonly prover?: Prover;
  /**
   * Called once for each rollup, before the first proof.
   *
   * @param verifiers addresses of its verifiers: of batches or blocks, and of escapes and migrations
   */
  readonly begin?: (verifiers: { readonly batches: string; readonly enforcement: string }) => Promise<void>;
  /** Has the parties of a rollup under Proof of Efficiency elected. */
  readonly elect?: (system: ProofOfEfficiencySystem, parties: ElectedParties) => Promise<void>;
  /** Waits until a party may act on L1. */
  readonly turnOf?: (role: "sequencer" | "aggregator", party: Signer) => Promise<void>;
}

/** Accounts on L1 that sequence and that prove. */
export interface ElectedParties {
  readonly sequencers: readonly Signer[];
  readonly aggregators: readonly Signer[];
}
