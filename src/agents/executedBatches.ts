// SPDX-License-Identifier: MIT
import { ProtocolError } from "../errors.ts";
import type { State } from "../ledger/index.ts";
import type { SettledBatch } from "./ledgerNode.ts";
import type { BatchDeparture, MigrationLog } from "./migrations.ts";

/** The execution of a batch or block: its states, and what its proofs are made of. */
export interface Execution<Result extends { readonly state: State }> {
  /** Before its departures. */
  readonly result: Result;
  /** The migrations at its end, one after another. */
  readonly departures: readonly BatchDeparture[];
}

/** A batch or block whose execution may have been given up. */
export interface ExecutedBatch extends SettledBatch {
  /** Undefined if the batch is final and its node keeps its states elsewhere (`NodeStorage`). */
  readonly execution: Execution<{ readonly state: State }> | undefined;
}

/** A state, and the number of batches in it, with their departures. */
export interface Settled {
  readonly batches: number;
  readonly state: State;
}

/** The batches or blocks of a rollup in their order, and the states between them, from the oldest that is kept. */
export class ExecutedBatches<Of extends ExecutedBatch> {
  #all: Of[] = [];
  /** The oldest state: all batches in it are final. */
  #base: Settled;

  constructor(base: Settled) {
    this.#base = base;
  }

  clone(): ExecutedBatches<Of> {
    const copy = new ExecutedBatches<Of>(this.#base);
    copy.#all = [...this.#all];
    return copy;
  }

  /** In order; number i at i − 1. */
  get all(): readonly Of[] {
    return this.#all;
  }

  get length(): number {
    return this.#all.length;
  }

  /** Number of batches in the oldest state that is kept. */
  get oldest(): number {
    return this.#base.batches;
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  get(number: number): Of {
    const batch = this.#all[number - 1];
    if (batch === undefined) {
      throw new ProtocolError(
        "UNKNOWN_BATCH",
        { batch: number, batches: this.#all.length },
        `batch ${number} of ${this.#all.length}`,
      );
    }
    return batch;
  }

  push(batch: Of): void {
    this.#all.push(batch);
  }

  /** Puts a batch in the place of the one with its number. */
  replace(batch: Of): void {
    this.#all[batch.number - 1] = batch;
  }

  /**
   * State after batch `number` and its departures, 0 being the genesis.
   *
   * @throws {ProtocolError} `UNKNOWN_BATCH`; `STATE_RELEASED` for one that is older than those that are kept
   */
  stateAfter(number: number): State {
    if (number === this.#base.batches) return this.#base.state;
    const { result, departures } = this.#executionOf(number);
    return departures.at(-1)?.result.state ?? result.state;
  }

  /**
   * State after the final batches, and after the departures that have happened: its root is on L1.
   *
   * @param final number of final batches
   */
  finalState(final: number, migrations: MigrationLog): State {
    if (final === this.#base.batches) return this.#base.state;
    const { result, departures } = this.#executionOf(final);
    return departures[this.#departed(final, migrations) - 1]?.result.state ?? result.state;
  }

  /** The departure that has to happen before the state advances. */
  dueDeparture(final: number, migrations: MigrationLog): BatchDeparture | undefined {
    if (final === this.#base.batches) return undefined;
    return this.#executionOf(final).departures[this.#departed(final, migrations)];
  }

  /** Number of batches in the newest state that no further proof or departure changes. */
  settled(final: number, migrations: MigrationLog): number {
    return this.dueDeparture(final, migrations) === undefined ? final : final - 1;
  }

  /** Gives up the executions up to a state. @param base the state, kept elsewhere */
  release(base: Settled): void {
    for (let number = this.#base.batches + 1; number <= base.batches; number++) {
      const batch = this.get(number);
      const departures = batch.departures.map(({ request }) => ({ request }));
      this.replace({ ...batch, departures, execution: undefined });
    }
    this.#base = base;
  }

  #executionOf(number: number): NonNullable<Of["execution"]> {
    const execution = number === 0 ? undefined : this.get(number).execution;
    if (execution !== undefined) return execution;
    const oldest = this.#base.batches;
    throw new ProtocolError(
      "STATE_RELEASED",
      { batch: number, oldest },
      `the node has given up the state after batch ${number}: the oldest that it has is that after batch ${oldest}`,
    );
  }

  /** How many departures of the last final batch have happened. */
  #departed(final: number, { departures }: MigrationLog): number {
    const happened = new Set(departures.map(({ id }) => id));
    return this.#executionOf(final).departures.filter(({ request }) => happened.has(request.id)).length;
  }
}
