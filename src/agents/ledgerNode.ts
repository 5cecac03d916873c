import type { Provider } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import type { Field } from "../field.ts";
import type { LeafResult, State } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";
import type { BatchDeparture, MigrationLog } from "./migrations.ts";
import type { SettledLeaf } from "./settlement.ts";

/** What a wallet needs to know of a rollup, whatever its consensus; all of it from L1. */
export interface LedgerNode {
  readonly system: { readonly provider: Provider; readonly rollup: Rollup; readonly profile: Profile };
  /** Domain of signatures and proofs. */
  readonly domain: Field;
  /** State on which the next transaction is executed; of a frozen rollup, the final state. */
  readonly virtualState: State;
  /** The last proven state: its root is on L1. */
  readonly finalState: State;
  /** Whether the rollup is frozen. */
  readonly isFrozen: boolean;
  /** The forced queue: 93 bytes each, operation i at i − 1. */
  readonly forcedOperations: readonly Uint8Array[];
  /** Migrations from and to this rollup. */
  readonly migrations: MigrationLog;
  /** The departure that has to happen before the state advances; undefined if there is none. */
  readonly dueDeparture: BatchDeparture | undefined;
  /** Batches or blocks in order; number i at i − 1. */
  readonly batches: readonly SettledBatch[];
  /** Number of those that are final. */
  readonly verifiedBatches: number;
  /** The leaves that have exits, by transition. */
  readonly settlements: readonly (readonly SettledLeaf[])[];
  /** Reads what happened on L1 since the last call. */
  sync(): Promise<void>;
  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): SettledBatch;
}

/** A batch of Proof of Efficiency, or a block of B52. */
export interface SettledBatch {
  readonly number: number;
  readonly result: { readonly leaves: readonly LeafResult[] };
  /** The migrations that happen at its end. */
  readonly departures: readonly BatchDeparture[];
}
