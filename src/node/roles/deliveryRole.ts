// SPDX-License-Identifier: MIT
import type { Migrator, RollupNode } from "../../agents/index.ts";
import { FOREIGN_GAS } from "../../chain/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { decideDelivery, type DeliveryDecision, type DeliveryStrategy } from "../strategies/index.ts";
import { headOf } from "./l1.ts";
import type { OutboxSigner } from "./outboxSigner.ts";

/** Purposes of this role begin with this word. */
const DELIVER = "deliver";
/** Departures of one look: each asks its target. */
const LOOK = 8;

/** Pays departures of the rollup into their targets. One call is on its way at a time, across restarts. */
export class DeliveryRole {
  readonly #node: RollupNode;
  readonly #migrator: Migrator;
  readonly #outbox: Outbox;
  readonly #signer: OutboxSigner;
  readonly #strategy: DeliveryStrategy;
  /** Times of L1 at which a departure failed for the last time, by its number. */
  readonly #failures = new Map<number, number>();

  /** @param signer the migrator's, of the outbox */
  constructor(node: RollupNode, migrator: Migrator, outbox: Outbox, signer: OutboxSigner, strategy: DeliveryStrategy) {
    this.#node = node;
    this.#migrator = migrator;
    this.#outbox = outbox;
    this.#signer = signer;
    this.#strategy = strategy;
  }

  /**
   * Looks once, and delivers a departure if it is time; then waits until the call is in a block.
   *
   * @throws {ProtocolError} as `Migrator.deliver`; the departure rests for a while then
   */
  async step(): Promise<DeliveryDecision> {
    const { undelivered } = this.#node.migrations;
    const { now, gasPrice } = await headOf(this.#node.system.provider);
    // Those that failed are behind the others, so that they keep none from its turn.
    const byFailure = [...undelivered].sort((a, b) => this.#failedAt(a.number) - this.#failedAt(b.number));
    const departures = await Promise.all(
      byFailure.slice(0, LOOK).map(async ({ number, target }) => ({
        ...{ number, failedAt: this.#failures.get(number) },
        fee: await this.#feeOf(target),
      })),
    );
    const isDelivering = this.#outbox.inFlight(this.#node.block).some((purpose) => purpose.startsWith(`${DELIVER} `));
    const view = { now, gasPrice, isDelivering, departures, gas: FOREIGN_GAS };
    const decision = decideDelivery(view, this.#strategy);
    if (decision.do === "wait") return decision;
    const departure = undelivered.find(({ number }) => number === decision.departure)!;
    this.#signer.purpose = this.#outbox.freshPurpose(`${DELIVER} ${departure.number}`);
    try {
      await this.#migrator.deliver(departure, { maxFee: this.#strategy.maxCost });
    } catch (error) {
      this.#failures.set(departure.number, now);
      throw error;
    }
    return decision;
  }

  #failedAt(departure: number): number {
    return this.#failures.get(departure) ?? 0;
  }

  /** Undefined if the target gives no answer. */
  async #feeOf(target: string): Promise<bigint | undefined> {
    const { rollup } = this.#node.system;
    try {
      return await (rollup.attach(target) as typeof rollup).forcedFee();
    } catch {
      return undefined;
    }
  }
}
