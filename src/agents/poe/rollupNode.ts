// SPDX-License-Identifier: MIT
import { toField, type Field } from "../../field.ts";
import type { State } from "../../ledger/index.ts";
import type { L1Cursor } from "../../chain/index.ts";
import type { Candidate, LedgerNode } from "../ledgerNode.ts";
import type { BatchDeparture, MigrationLog } from "../migrations.ts";
import { cursorAfter, goBack, keepIn, type NodeStorage } from "../nodeStorage.ts";
import { followerOf } from "./reading.ts";
import { RollupView, type BatchRecord, type NodeBatch, type PostedBatch } from "./rollupView.ts";
import type { SavedFacts, SavedItem } from "./savedView.ts";
import type { Settlement } from "../settlement.ts";
import type { ProofOfEfficiencySystem } from "../system.ts";

export type { BatchExecution, BatchRecord, NodeBatch } from "./rollupView.ts";

/**
 * Follows a rollup from L1 alone: rebuilds the forced queue, every batch with its data, the virtual state (all
 * sequenced batches applied) and the final state (those proven).
 *
 * Source: PoE, "Once mined, these data availability L1 transactions define the L2 TXs … a virtual future state by
 * network nodes".
 */
export class RollupNode implements LedgerNode {
  /** Addresses and contracts of the rollup that the node follows. */
  readonly system: ProofOfEfficiencySystem;
  /** Domain of signatures and proofs. */
  readonly domain: Field;
  readonly baseFee: bigint;
  readonly #cursor: L1Cursor<RollupView>;
  readonly #storage: NodeStorage<SavedFacts, SavedItem> | undefined;

  private constructor(
    system: ProofOfEfficiencySystem,
    domain: Field,
    baseFee: bigint,
    storage?: NodeStorage<SavedFacts, SavedItem>,
  ) {
    this.system = system;
    this.domain = domain;
    this.baseFee = baseFee;
    this.#storage = storage;
    const { profile } = system;
    this.#cursor = cursorAfter(
      system,
      storage?.load(),
      (kept) => RollupView.restore(profile, domain, kept, kept.base),
      () => new RollupView(profile, domain),
    );
  }

  /**
   * Opens a node and brings it up to the head of L1.
   *
   * @param storage keeps what was read: the node goes on after the last block that it has and that L1 still has. Each
   *   view is kept as soon as it was compared, and states that are final are given up in memory
   * @throws {ProtocolError} `L1_BEHIND` if L1's head is before all blocks of the storage; as `sync`; the storage's errors
   */
  static async open(
    system: ProofOfEfficiencySystem,
    storage?: NodeStorage<SavedFacts, SavedItem>,
  ): Promise<RollupNode> {
    const [domain, baseFee] = [await system.rollup.DOMAIN(), await system.consensus.BASE_FEE()];
    if (storage !== undefined) await goBack(system, storage);
    const node = new RollupNode(system, toField(domain), baseFee, storage);
    await node.sync();
    return node;
  }

  /** Number of the last L1 block that was read and compared. */
  get block(): number {
    return this.#cursor.next - 1;
  }

  /** Batches in order; batch i at i − 1. */
  get batches(): readonly NodeBatch[] {
    return this.#view.batches;
  }

  /** Number of proven batches. */
  get verifiedBatches(): number {
    return this.#view.verifiedBatches;
  }

  get virtualBatches(): readonly NodeBatch[] {
    return this.isFrozen ? [] : this.batches.slice(this.verifiedBatches);
  }

  /** Batches have their place as soon as they are posted: nothing competes. */
  get candidates(): readonly Candidate[] {
    return [];
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#view.core.forcedOperations;
  }

  /** Number of forced operations that sequenced batches took. */
  get sequencedForced(): number {
    return this.#view.sequencedForced;
  }

  /** State after all sequenced batches; those that a freeze found unproven are void. */
  get virtualState(): State {
    return this.#view.virtualState;
  }

  /** State after the proven batches, and after the departures that have happened: its root is on L1. */
  get finalState(): State {
    return this.#view.finalState;
  }

  get isFrozen(): boolean {
    return this.#view.core.isFrozen;
  }

  get migrations(): MigrationLog {
    return this.#view.core.migrations;
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#view.dueDeparture;
  }

  /** The exits of each transition that has some; settlement i at i. */
  get settlements(): readonly Settlement[] {
    return this.#view.core.settlements;
  }

  /** Accumulator of the last sequenced batch, 27 bytes in hex. */
  get accumulator(): string {
    return this.#view.accumulator;
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): NodeBatch {
    return this.#view.batch(number);
  }

  /**
   * State after batch `number` and its departures, 0 being the genesis.
   *
   * @throws {ProtocolError} `UNKNOWN_BATCH`; `STATE_RELEASED` if the node keeps its states in a storage
   */
  stateAfter(number: number): State {
    return this.#view.stateAfter(number);
  }

  /**
   * The batches with their results, as if they were sequenced now, one after another.
   *
   * @param batches the posted data, and the record that L1 would make of them
   * @throws {ProtocolError} `DATA_UNAVAILABLE` if a data hash is not that of the data
   */
  foresee(batches: readonly { readonly posted: PostedBatch; readonly record: BatchRecord }[]): readonly NodeBatch[] {
    const view = this.#view.clone();
    for (const { posted, record } of batches) view.append(posted, record, this.#cursor.next);
    return view.batches.slice(this.batches.length);
  }

  sync(): Promise<void> {
    return this.#cursor.advance(this.system.provider, {
      ...followerOf(this.system),
      keep: keepIn(this.#storage),
    });
  }

  /** The data that were read from L1 and compared with its state. */
  get #view(): RollupView {
    return this.#cursor.view;
  }
}
