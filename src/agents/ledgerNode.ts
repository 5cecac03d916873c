// SPDX-License-Identifier: MIT
import type { Provider } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import type { Header } from "../codec/index.ts";
import type { Field } from "../field.ts";
import type { LeafResult, State } from "../ledger/index.ts";
import type { Profile } from "../profile.ts";
import type { ReadingOptions } from "../chain/index.ts";
import type { BatchDeparture, MigrationLog } from "./migrations.ts";
import type { Settlement } from "./settlement.ts";

/** The facts of a rollup that a wallet needs, under any consensus; all of them come from L1. */
export interface LedgerNode {
  /** Addresses and contracts of the rollup that the node follows. */
  readonly system: {
    readonly provider: Provider;
    readonly rollup: Rollup;
    readonly profile: Profile;
    readonly reading?: ReadingOptions;
  };
  /** Domain of signatures and proofs. */
  readonly domain: Field;
  /** Fee that an L2 transaction in ETH pays for its proof, in wei (docs/adr/0004). */
  readonly baseFee: bigint;
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
  /**
   * Those that have their place in the order and one result, and are not final: under Proof of Efficiency what is
   * posted and not proven, under B52 the winner of a round that is over until its state is settled. A freeze makes them
   * void.
   */
  readonly virtualBatches: readonly SettledBatch[];
  /** Proven blocks that compete for the next height, of which one at most will be settled (B52). */
  readonly candidates: readonly Candidate[];
  /** The exits of each transition that has some; settlement i at i. */
  readonly settlements: readonly Settlement[];
  /**
   * Reads what happened on L1 since the last call, each block once. Calls wait for one another.
   *
   * @throws {ProtocolError} `REORGANISED` if L1 has replaced what was read: the node is then worth nothing; open another
   *   one. `EVENTS_MISSING`, `DATA_UNAVAILABLE`, `STATE_MISMATCH` if the endpoint's logs and data do not give what L1 has
   *   recorded, also when they are asked for again; `UNKNOWN_DEPLOYMENT` if they begin after the deployment;
   *   `NOT_CONFIRMED` if the deployment block does not have the confirmations. Nothing has changed then, as after an
   *   error of the endpoint itself.
   */
  sync(): Promise<void>;
  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): SettledBatch;
}

/** The effects of a leaf that stay known when its proof is made. */
export type LeafEffects = Pick<LeafResult, "outcomes" | "exits">;

/** A batch of Proof of Efficiency, or a block of B52. */
export interface SettledBatch {
  /** 1, 2, 3, …; of a block its height. */
  readonly number: number;
  /** Header of the batch or block. */
  readonly header: Header;
  /** Posted bytes: slots of 93 bytes, forced operations first. */
  readonly data: Uint8Array;
  /** The effects of its execution, leaf by leaf. */
  readonly result: { readonly leaves: readonly LeafEffects[] };
  /** The migrations that happen at its end. */
  readonly departures: readonly Pick<BatchDeparture, "request">[];
  /**
   * L1 block in which its data were posted; in a snapshot, of a batch that was posted with its proof, the first one that
   * can be it (docs/adr/0061).
   */
  readonly postedAt: number;
  /** L1 block in which it became final; undefined if it is not. In a snapshot: the block after which the snapshot is. */
  readonly provenAt: number | undefined;
}

/** A proven block that has not won yet. */
export interface Candidate {
  /** L1 address. */
  readonly proposer: string;
  /** Header of the block. */
  readonly header: Header;
  /** Posted bytes: slots of 93 bytes, forced operations first. */
  readonly data: Uint8Array;
}
