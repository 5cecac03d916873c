// SPDX-License-Identifier: MIT
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";

import { B52Node } from "../../agents/index.ts";
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
    if (source.node instanceof B52Node) this.#addB52(source);
    this.#requests = new Counter({
      name: "rollup_api_requests_total",
      help: "Requests of the API by method and how they ended.",
      labelNames: ["method", "outcome"],
      registers,
    });
  }

  /** Rounds and the network. Counts of messages are kept by the network, and read when they are asked for. */
  #addB52(source: ApiSource): void {
    const registers = [this.registry];
    new Gauge({
      ...{ name: "rollup_rounds", help: "Rounds that were opened, and those that a block has won.", registers },
      labelNames: ["stage"],
      collect() {
        const { node } = source;
        if (node instanceof B52Node) this.set({ stage: "opened" }, node.rounds);
        this.set({ stage: "won" }, node.batches.length);
      },
    });
    new Gauge({
      ...{ name: "rollup_peers", help: "Peers that are connected, and those that take part in the gossip.", registers },
      labelNames: ["stage"],
      collect() {
        const peers = source.network?.peers ?? [];
        this.set({ stage: "connected" }, peers.length);
        this.set({ stage: "gossiping" }, peers.filter(({ isGossiping }) => isGossiping).length);
      },
    });
    new Gauge({
      ...{ name: "rollup_bans", help: "Peers and addresses that the node does not talk to.", registers },
      collect() {
        this.set(source.network?.bans(0).total ?? 0);
      },
    });
    new Counter({
      name: "rollup_messages_total",
      help:
        "Messages of the network by kind: received by gossip, known ones included; accepted, ignored or refused; " +
        "dropped beyond a budget; copies that were sent to peers.",
      labelNames: ["kind", "outcome"],
      registers,
      collect() {
        this.reset();
        for (const [kind, counts] of source.network?.traffic ?? []) {
          for (const [outcome, count] of Object.entries(counts)) this.inc({ kind, outcome }, count);
        }
      },
    });
  }

  /** Counts a request. @param method one that exists, or `unknown` */
  count(method: string, outcome: string): void {
    this.#requests.inc({ method, outcome });
  }
}
