// SPDX-License-Identifier: MIT
import type { LedgerNode, Migrator } from "../../agents/index.ts";
import { FOREIGN_GAS } from "../../chain/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { decideDelivery, type DeliveryDecision, type DeliveryStrategy } from "../strategies/index.ts";
import { headOf } from "./l1.ts";
import type { OutboxSigner } from "./outboxSigner.ts";

/** Purposes of this role begin with this word. */
const DELIVER = "deliver";
/** Departures of one look: each asks its target. */
const LOOK = 8;
/** Gas with which a target is asked for its fee: it may burn all that it gets, and answer with as much as that makes. */
const ASK_GAS = 200_000n;
/** The one who requests a departure pays the rollup's fee twice; a target that asks more could live on it. */
const FEE_RATIO = 2n;

/** A node of either consensus, with the number of the last L1 block that it has read. */
type DeliveringNode = LedgerNode & { readonly block: number };

/** Pays departures of the rollup into their targets. One call is on its way at a time, across restarts. */
export class DeliveryRole {
  readonly #node: DeliveringNode;
  readonly #migrator: Migrator;
  readonly #outbox: Outbox;
  readonly #signer: OutboxSigner;
  readonly #strategy: DeliveryStrategy;
  /** By the number of a departure: the time of L1 at which it failed for the last time, and how often it did. */
  readonly #failures = new Map<number, { readonly at: number; readonly count: number }>();
  /** By the number of a departure: the last look at it. */
  readonly #looks = new Map<number, number>();
  #look = 0;

  /** @param signer the migrator's, of the outbox */
  constructor(
    node: DeliveringNode,
    migrator: Migrator,
    outbox: Outbox,
    signer: OutboxSigner,
    strategy: DeliveryStrategy,
  ) {
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
    const { rollup, provider } = this.#node.system;
    const { now, gasPrice } = await headOf(provider);
    // Each in its turn: targets that give no answer, ask too much or fail keep no other departure from its own.
    const longestAgo = [...undelivered].sort((a, b) => this.#lookedAt(a.number) - this.#lookedAt(b.number));
    const looked = longestAgo.slice(0, LOOK);
    this.#look += 1;
    for (const { number } of looked) this.#looks.set(number, this.#look);
    const maxFee = looked.length === 0 ? 0n : FEE_RATIO * (await rollup.forcedFee());
    const departures = await Promise.all(
      looked.map(async ({ number, target }) => {
        const { at, count = 0 } = this.#failures.get(number) ?? {};
        return { number, failedAt: at, failures: count, fee: await this.#feeOf(target) };
      }),
    );
    const isDelivering = this.#outbox.inFlight(this.#node.block).some((purpose) => purpose.startsWith(`${DELIVER} `));
    const view = { now, gasPrice, isDelivering, departures, maxFee, gas: FOREIGN_GAS };
    const decision = decideDelivery(view, this.#strategy);
    if (decision.do === "wait") return decision;
    const departure = undelivered.find(({ number }) => number === decision.departure)!;
    this.#signer.purpose = this.#outbox.freshPurpose(`${DELIVER} ${departure.number}`);
    try {
      await this.#migrator.deliver(departure, { maxFee });
    } catch (error) {
      const { count = 0 } = this.#failures.get(departure.number) ?? {};
      this.#failures.set(departure.number, { at: now, count: count + 1 });
      throw error;
    }
    return decision;
  }

  #lookedAt(departure: number): number {
    return this.#looks.get(departure) ?? 0;
  }

  /** Undefined if the target gives no answer. */
  async #feeOf(target: string): Promise<bigint | undefined> {
    const { rollup } = this.#node.system;
    try {
      return await (rollup.attach(target) as typeof rollup).forcedFee({ gasLimit: ASK_GAS });
    } catch {
      return undefined;
    }
  }
}
