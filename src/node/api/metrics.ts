// SPDX-License-Identifier: MIT
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";

import { takenForced, type ApiSource } from "./method.ts";

/** Numbers of a node for Prometheus. Gauges are read when they are asked for. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"method" | "outcome">;

  constructor(source: ApiSource) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect: function () {
          this.set(read());
        },
      });
    };
    gauge("rollup_l1_block", "L1 block up to which the node has read.", () => source.node.block);
    gauge("rollup_sync_age_seconds", "Time since the node was at L1's head.", () => source.age / 1_000);
    gauge("rollup_mempool_transactions", "Transactions that wait.", () => source.mempool.size);
    gauge("rollup_outbox_purposes", "Purposes that are not settled on L1.", () => source.outbox?.pending ?? 0);
    gauge(
      "rollup_forced_operations",
      "Forced operations that no batch has taken.",
      () => source.node.forcedOperations.length - takenForced(source.node),
    );
    gauge("rollup_frozen", "1 if the rollup is frozen.", () => Number(source.node.isFrozen));
    new Gauge({
      name: "rollup_batches",
      help: "Batches that are posted, and those that are final.",
      labelNames: ["stage"],
      registers,
      collect() {
        this.set({ stage: "posted" }, source.node.batches.length);
        this.set({ stage: "final" }, source.node.verifiedBatches);
      },
    });
    this.#requests = new Counter({
      name: "rollup_api_requests_total",
      help: "Requests of the API by method and how they ended.",
      labelNames: ["method", "outcome"],
      registers,
    });
  }

  /** Counts a request. @param method one that exists, or `unknown` */
  count(method: string, outcome: string): void {
    this.#requests.inc({ method, outcome });
  }
}
