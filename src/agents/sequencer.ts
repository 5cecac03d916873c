import type { ContractTransactionReceipt, Signer } from "ethers";
import { hexlify, MaxUint256 } from "ethers";

import { requireLength, SLOT_BYTES, type Header } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { applyBatch, commitToData, leafCount, type Batch, type BatchResult } from "../ledger/index.ts";
import type { RollupNode } from "./rollupNode.ts";
import { addressToUint, gasLimitFor } from "./system.ts";

/**
 * How many forced operations a batch takes: all that fit, those that L1 would reject the batch without, or a number.
 */
export type ForcedPolicy = "all" | "overdue" | number;

/** What a sequencer wants to post. */
export interface BatchPlan {
  /** Slots, or any other bytes; after the forced operations. */
  readonly transactions?: readonly Uint8Array[];
  /** Default "all". */
  readonly forced?: ForcedPolicy;
  /** Posted in place of the true commitments: only to show what happens then. */
  readonly falseCommitments?: readonly bigint[];
  /** Highest fee for a leaf. Default: any. */
  readonly maxFee?: bigint;
  /** Whether a batch of somebody else may come first. Default true. */
  readonly anyPrevious?: boolean;
}

/** `IProofOfEfficiency.BatchInput` */
export interface BatchInput {
  readonly data: string;
  readonly commitments: bigint[];
  readonly forcedCount: number;
  readonly feeAccount: number;
  readonly feeToken: bigint;
}

/** Where a sequencer's tips go. */
export interface SequencerOptions {
  /** L2 account that receives the tips. */
  readonly feeAccount: number;
  /** Token of that account. */
  readonly feeToken: bigint;
}

/** Seconds until a call may be included: an operation that falls due within them is taken as overdue. */
const INCLUSION_TIME = 60n;

/** `expectedPrevious` of a call that does not care. */
const ANY_PREVIOUS = `0x${"00".repeat(27)}`;

/**
 * A permissionless sequencer: collects L2 transactions, orders them, and posts them on L1.
 *
 * Source: PoE, "Sequencers".
 */
export class Sequencer {
  readonly node: RollupNode;
  readonly signer: Signer;
  readonly #options: SequencerOptions;
  readonly #pool: Uint8Array[] = [];

  constructor(node: RollupNode, signer: Signer, options: SequencerOptions) {
    this.node = node;
    this.signer = signer;
    this.#options = options;
  }

  /**
   * Takes a signed transaction into the pool, for `nextBatch`.
   * @throws {ProtocolError} `BAD_LENGTH` unless it has 93 bytes
   */
  submit(transaction: Uint8Array): void {
    this.#pool.push(requireLength(transaction, SLOT_BYTES, "transaction"));
  }

  /**
   * Empties the pool into a plan: keeps, in order of arrival, what the state after the forced operations accepts.
   * What is void now stays out, since its sender would not pay for it.
   */
  async nextBatch(): Promise<BatchPlan> {
    await this.node.sync();
    const { profile } = this.node.system;
    const forced = await this.#forcedCount("all", 0);
    const transactions: Uint8Array[] = [];
    for (const transaction of this.#pool.splice(0)) {
      const candidate = await this.preview({ transactions: [...transactions, transaction], forced });
      const slot = forced + transactions.length;
      const outcome = candidate.leaves[Math.floor(slot / profile.slots)]?.outcomes[slot % profile.slots];
      if (outcome?.status === "executed") transactions.push(transaction);
    }
    return { transactions, forced };
  }

  /** What the batch would do if it were posted now. */
  async preview(plan: BatchPlan): Promise<BatchResult> {
    const { profile } = this.node.system;
    const batch = await this.#assemble(plan, 0);
    const environment = {
      sequencer: addressToUint(await this.signer.getAddress()),
      domain: this.node.domain,
      arrivals: this.node.migrations.arrivals,
    };
    return applyBatch(profile, this.node.virtualState, batch, environment);
  }

  /**
   * Posts batches in one call. The sender's balance in the consensus contract must cover fees and bonds.
   *
   * @throws {Error} if L1 rejects the call
   */
  async post(...plans: readonly BatchPlan[]): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    const { consensus } = this.node.system;
    const inputs: BatchInput[] = [];
    let taken = 0;
    for (const plan of plans) {
      const input = await this.inputOf(plan, taken);
      taken += input.forcedCount;
      inputs.push(input);
    }
    const maxFee = plans[0]?.maxFee ?? MaxUint256;
    const previous = plans[0]?.anyPrevious === false ? this.node.accumulator : ANY_PREVIOUS;
    const connected = consensus.connect(this.signer);
    const gasLimit = gasLimitFor(await connected.sequence.estimateGas(inputs, maxFee, previous));
    const sent = await connected.sequence(inputs, maxFee, previous, { gasLimit });
    const receipt = await sent.wait();
    if (receipt === null) throw new ProtocolError("NOT_MINED", `transaction ${sent.hash} was not mined`);
    return receipt;
  }

  /**
   * What a batch takes from this sequencer's balance in the consensus if it is posted now, in the native token; the
   * bond returns.
   */
  async cost(plan: BatchPlan): Promise<{ readonly fee: bigint; readonly bond: bigint }> {
    const { consensus, profile } = this.node.system;
    const { header, data } = await this.#assemble(plan, 0);
    const leaves = leafCount(profile, data.length);
    const paid = Math.max(1, leaves - Math.floor(header.forcedCount / profile.slots));
    return {
      fee: (await consensus.batchFee()) * BigInt(paid),
      bond: (await consensus.LEAF_BOND()) * BigInt(leaves),
    };
  }

  /**
   * What L1 is to be given for a plan.
   *
   * @param taken forced operations that earlier batches of the same call take
   */
  async inputOf(plan: BatchPlan, taken = 0): Promise<BatchInput> {
    const { header, data } = await this.#assemble(plan, taken);
    return {
      data: hexlify(data),
      commitments: [...(plan.falseCommitments ?? commitToData(this.node.system.profile, data))],
      forcedCount: header.forcedCount,
      feeAccount: header.feeAccount,
      feeToken: header.feeToken,
    };
  }

  /** @param taken forced operations that earlier batches of the same call take */
  async #assemble(plan: BatchPlan, taken: number): Promise<Batch> {
    const { feeAccount, feeToken } = this.#options;
    const forcedCount = await this.#forcedCount(plan.forced ?? "all", taken);
    const start = this.node.sequencedForced + taken;
    const forced = this.node.forcedOperations.slice(start, start + forcedCount);
    const baseFee = feeToken === 0n ? this.node.baseFee : 0n;
    // The timestamp is L1's to write, and nothing that is computed here depends on it.
    const header: Header = { baseFee, feeToken, feeAccount, forcedCount, timestamp: 0n };
    return { header, data: Buffer.concat([...forced, ...(plan.transactions ?? [])]) };
  }

  async #forcedCount(policy: ForcedPolicy, taken: number): Promise<number> {
    if (typeof policy === "number") return policy;
    const { consensus, rollup, provider, profile } = this.node.system;
    const first = this.node.sequencedForced + taken;
    const capacity = Number(await consensus.MAX_LEAVES_PER_BATCH()) * profile.slots;
    const waiting = Math.min(this.node.forcedOperations.length - first, capacity);
    if (policy === "all") return waiting;
    const deadline = await rollup.FORCED_DEADLINE();
    const inclusion = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0) + INCLUSION_TIME;
    let overdue = 0;
    while (overdue < waiting) {
      const [, queuedAt] = await rollup.forcedOperation(first + overdue + 1);
      if (queuedAt + deadline >= inclusion) break;
      overdue += 1;
    }
    return overdue;
  }
}
