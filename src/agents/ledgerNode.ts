import type { Provider } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import type { Field } from "../field.ts";
import type { LeafResult, State } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";
import type { SettledLeaf } from "./settlement.ts";

/** What a wallet needs to know of a rollup, whatever its consensus. */
export interface LedgerNode {
  readonly system: { readonly provider: Provider; readonly rollup: Rollup; readonly profile: Profile };
  /** Domain of signatures and proofs. */
  readonly domain: Field;
  /** State on which the next transaction is executed. */
  readonly virtualState: State;
  /** Batches or blocks in order; number i at i − 1. */
  readonly batches: readonly SettledBatch[];
  /** Number of those that are final. */
  readonly verifiedBatches: number;
  /** The leaves that have exits, by transition. */
  readonly settlements: readonly (readonly SettledLeaf[])[];
  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): SettledBatch;
}

/** A batch of Proof of Efficiency, or a block of B52. */
export interface SettledBatch {
  readonly number: number;
  readonly result: { readonly leaves: readonly LeafResult[] };
}
