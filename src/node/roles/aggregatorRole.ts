// SPDX-License-Identifier: MIT
import { isSameAddress, type Aggregator, type NodeBatch, type RollupNode } from "../../agents/index.ts";
import type { Outbox } from "../outbox/index.ts";
import { decideProving, type ProvingDecision, type ProvingStrategy, type WaitingBatch } from "../strategies/index.ts";
import type { OutboxSigner } from "./outboxSigner.ts";
import { headOf, isDear, isElected } from "./l1.ts";
import type { Turn } from "./turn.ts";

/** Purposes of this role begin with these words. */
const VERIFY = "verify";
const DEPART = "depart";

export interface AggregatorRoleOptions {
  readonly strategy: ProvingStrategy;
  /** Wei for a unit of gas above which nothing is proven that can wait; undefined for no limit. */
  readonly maxGasPrice: bigint | undefined;
  /** The turn of those who prove. */
  readonly proving: Turn;
}

/** Proves what waits when it is time. One call is on its way at a time, across restarts. */
export class AggregatorRole {
  readonly #node: RollupNode;
  readonly #aggregator: Aggregator;
  readonly #outbox: Outbox;
  readonly #signer: OutboxSigner;
  readonly #options: AggregatorRoleOptions;

  /** @param signer the aggregator's, of the outbox */
  constructor(aggregator: Aggregator, outbox: Outbox, signer: OutboxSigner, options: AggregatorRoleOptions) {
    this.#node = aggregator.node;
    this.#aggregator = aggregator;
    this.#outbox = outbox;
    this.#signer = signer;
    this.#options = options;
  }

  /**
   * Looks once, and proves if it is time; then waits until the proof is in a block. That somebody else was faster is no
   * error.
   *
   * @throws {ProtocolError} as `Aggregator.step`
   */
  async step(): Promise<ProvingDecision> {
    const node = this.#node;
    const { strategy, maxGasPrice, proving } = this.#options;
    const { now, gasPrice } = await headOf(node.system.provider);
    const first = node.verifiedBatches + 1;
    const count = node.isFrozen ? 0 : this.#aggregator.plan();
    const departure = node.dueDeparture?.request.id;
    const view = {
      ...{ now, gasPrice, isFrozen: node.isFrozen, isDepartureDue: departure !== undefined },
      isElected: count > 0 && (await isElected(node.system, this.#signer.address, "aggregator")),
      isProving: proving.isTaken || this.#outbox.inFlight(node.block).some(isOfRole),
      batches: node.batches.slice(first - 1, first - 1 + count).map((batch) => this.#waitingOf(batch)),
      gas: count === 0 ? 0n : this.#aggregator.gasFor(count),
    };
    const { minProfit, ...bounds } = strategy;
    const worth = isDear(gasPrice, maxGasPrice) ? { ...bounds, minProfit: NEVER } : { ...bounds, minProfit };
    const decision = decideProving(view, worth);
    if (decision.do === "wait") return decision;
    const name = departure === undefined ? `${VERIFY} ${first}` : `${DEPART} ${departure}`;
    this.#signer.purpose = this.#outbox.freshPurpose(name);
    await proving.take(() => this.#aggregator.step());
    return decision;
  }

  #waitingOf({ header, record, result }: NodeBatch): WaitingBatch {
    return {
      leaves: result.leaves.length,
      postedAt: Number(header.timestamp),
      fee: record.fee + record.forcedFees,
      baseFees: header.feeToken === 0n ? result.proverFees : 0n,
      isOwn: isSameAddress(record.sequencer, this.#signer.address),
    };
  }
}

/** More than a proof ever brings. */
const NEVER = 2n ** 255n;

const isOfRole = (purpose: string): boolean => purpose.startsWith(`${VERIFY} `) || purpose.startsWith(`${DEPART} `);

/**
 * Whether L1's state after a block asks for a purpose of the roles. A batch that was proven, by whom ever, needs no proof;
 * of other purposes L1 says it when they are tried.
 *
 * @throws {Error} if the endpoint does not answer
 */
export async function isWantedByL1(
  { consensus }: RollupNode["system"],
  purpose: string,
  block: number,
): Promise<boolean> {
  const [, number] = /^verify (\d+)/u.exec(purpose) ?? [];
  if (number === undefined) return true;
  return (await consensus.verifiedBatches({ blockTag: block })) < BigInt(number);
}
