// SPDX-License-Identifier: MIT
import type { ContractTransactionReceipt } from "ethers";

import type { Aggregator } from "./aggregator.ts";

/**
 * An aggregator that sees to it that no batch waits longer than a given time, whatever its fee. It has no privilege:
 * anybody may run one, and it loses races like everybody else.
 *
 * Source: PoE, "Polygon Hermez network would launch a Boot Aggregator backing up that there is a new validity proof at
 * a specific frequency".
 */
export class BootAggregator {
  readonly #aggregator: Aggregator;
  readonly #patience: bigint;

  /** @param patience seconds that the oldest unproven batch may wait */
  constructor(aggregator: Aggregator, patience: bigint) {
    this.#aggregator = aggregator;
    this.#patience = patience;
  }

  /**
   * One call that brings the chain forward (`Aggregator.step`), if the oldest unproven batch has waited long enough: as
   * many batches as fit. The departure that the chain waits for is proven at once. To be repeated.
   *
   * @returns undefined if there was nothing to do
   */
  async step(): Promise<ContractTransactionReceipt | undefined> {
    const { node } = this.#aggregator;
    await node.sync();
    if (node.dueDeparture !== undefined) return this.#aggregator.step();
    const oldest = node.batches[node.verifiedBatches];
    const now = (await node.system.provider.getBlock("latest"))?.timestamp ?? 0;
    if (oldest === undefined || BigInt(now) < oldest.header.timestamp + this.#patience) return undefined;
    return this.#aggregator.step();
  }
}
