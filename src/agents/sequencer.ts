import type { ContractTransactionReceipt, Signer } from "ethers";
import { hexlify, MaxUint256 } from "ethers";

import { SLOT_BYTES, type Header } from "../codec/index.ts";
import {
  applyBatch,
  BatchBuilder,
  commitToData,
  leafCount,
  type Batch,
  type BatchResult,
  type BatchTerms,
  type State,
} from "../ledger/index.ts";
import type { RollupNode } from "./rollupNode.ts";
import { addressToUint, requireAddress } from "./system.ts";
import { sendTransaction, type SendOptions } from "./transaction.ts";
import { TransactionPool, type PoolLimits } from "./transactionPool.ts";

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

/** Where a sequencer's tips go, and how it works. */
export interface SequencerOptions {
  /** L2 account that receives the tips. */
  readonly feeAccount: number;
  /** Token of that account. */
  readonly feeToken: bigint;
  /** L1 address of the signer. Default: its property `address`, which all signers but wrappers have. */
  readonly address?: string;
  /** How many transactions wait at most. */
  readonly pool?: PoolLimits;
  /** Limits of its transactions on L1. */
  readonly sending?: SendOptions;
}

/** A post that the node may not have read yet. */
interface Posted {
  /** Of the L1 transaction, and its block. */
  readonly hash: string;
  readonly block: number;
  /** Its L2 transactions, in hex. */
  readonly ids: ReadonlySet<string>;
}

/**
 * Bytes of data in one batch, so that its call is passed on as a public transaction of 128 KiB: an eighth is left for
 * the commitments and the rest of the call.
 */
const MAX_DATA = 112 * 1024;

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
  readonly #address: bigint;
  readonly #pool: TransactionPool;
  #posted: Posted[] = [];
  /** The state after the forced operations that wait, and for what it holds. */
  #expected: { readonly state: State; readonly base: State; readonly forced: number } | undefined;

  /** @throws {ProtocolError} `UNKNOWN_OWNER` if neither the signer nor the options say its address */
  constructor(node: RollupNode, signer: Signer, options: SequencerOptions) {
    this.node = node;
    this.signer = signer;
    this.#options = options;
    this.#address = addressToUint(requireAddress(signer, options.address));
    const { feeToken } = options;
    const { domain } = node;
    const { baseFee } = this.#terms;
    this.#pool = new TransactionPool({ domain, sequencer: this.#address, baseFee, feeToken }, options.pool);
  }

  /** Number of transactions that wait. One that is posted waits until the node has read its batch. */
  get waiting(): number {
    return this.#pool.size;
  }

  /**
   * Takes a signed transaction into the pool, for `nextBatch`. It is judged by the state that the node knows: all
   * batches that are posted, and the forced operations that wait.
   *
   * @throws {ProtocolError} as `TransactionPool.add`: `BAD_LENGTH`, `UNKNOWN_SENDER`, `SENDER_TOKEN_MISMATCH`,
   *   `UNKNOWN_FLAGS`, `NONCE_USED`, `BAD_SIGNATURE`, `TIP_TOO_LOW`, `POOL_FULL`
   */
  submit(transaction: Uint8Array): void {
    this.#pool.add(transaction, this.#expectedState());
  }

  /**
   * A plan with all that can be executed now and fits into a batch: forced operations, then transactions of the pool,
   * the highest tips first. What is void now stays in the pool, since its sender would not pay for it. The pool keeps
   * everything until the node finds it in a batch, so a plan that is not posted costs nothing.
   */
  async nextBatch(): Promise<BatchPlan> {
    await this.node.sync();
    this.#pool.prune(this.node.virtualState);
    await this.#forgetPosted();
    const forced = await this.#forcedCount("all", 0);
    const builder = this.#builder();
    for (const slot of this.#forcedFrom(0, forced)) builder.force(slot);
    const posted = this.#posted;
    const room = (await this.#capacity()) - forced;
    const transactions = this.#pool.select(builder, room, (id) => posted.some(({ ids }) => ids.has(id)));
    return { transactions, forced };
  }

  /** What the batch would do if it were posted now. */
  async preview(plan: BatchPlan): Promise<BatchResult> {
    const { profile } = this.node.system;
    const batch = await this.#assemble(plan, 0);
    return applyBatch(profile, this.node.virtualState, batch, this.#environment);
  }

  /**
   * Posts batches in one call. The sender's balance in the consensus contract must cover fees and bonds.
   *
   * @throws {ProtocolError} `REVERTED` if L1 rejects the call; as `sendTransaction`
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
    const call = consensus.sequence.populateTransaction(inputs, maxFee, previous);
    const receipt = await sendTransaction(this.signer, call, this.#options.sending);
    const ids = new Set(plans.flatMap(({ transactions = [] }) => transactions.map((bytes) => hexlify(bytes))));
    if (ids.size > 0) this.#posted.push({ hash: receipt.hash, block: receipt.blockNumber, ids });
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
    const forcedCount = await this.#forcedCount(plan.forced ?? "all", taken);
    const forced = this.#forcedFrom(taken, forcedCount);
    // The timestamp is L1's to write, and nothing that is computed here depends on it.
    const header: Header = { ...this.#terms, forcedCount, timestamp: 0n };
    return { header, data: Buffer.concat([...forced, ...(plan.transactions ?? [])]) };
  }

  async #forcedCount(policy: ForcedPolicy, taken: number): Promise<number> {
    if (typeof policy === "number") return policy;
    const { rollup, provider } = this.node.system;
    const first = this.node.sequencedForced + taken;
    const waiting = Math.min(this.node.forcedOperations.length - first, await this.#capacity());
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

  get #terms(): BatchTerms {
    const { feeAccount, feeToken } = this.#options;
    return { feeAccount, feeToken, baseFee: feeToken === 0n ? this.node.baseFee : 0n };
  }

  get #environment(): { sequencer: bigint; domain: bigint; arrivals: RollupNode["migrations"]["arrivals"] } {
    const { domain, migrations } = this.node;
    return { sequencer: this.#address, domain, arrivals: migrations.arrivals };
  }

  #builder(): BatchBuilder {
    return new BatchBuilder(this.node.system.profile, this.node.virtualState, this.#terms, this.#environment);
  }

  /** Slots of the queue that the next batch may take, after `taken`. */
  #forcedFrom(taken: number, count: number): readonly Uint8Array[] {
    const start = this.node.sequencedForced + taken;
    return this.node.forcedOperations.slice(start, start + count);
  }

  /** Slots of a batch that L1 takes, and that fit into a public transaction. */
  async #capacity(): Promise<number> {
    const { consensus, profile } = this.node.system;
    const limit = Number(await consensus.MAX_LEAVES_PER_BATCH()) * profile.slots;
    return Math.min(limit, Math.floor(MAX_DATA / SLOT_BYTES));
  }

  #expectedState(): State {
    const { virtualState: base, forcedOperations } = this.node;
    const known = this.#expected;
    if (known?.base === base && known.forced === forcedOperations.length) return known.state;
    const builder = this.#builder();
    for (const slot of this.#forcedFrom(0, forcedOperations.length)) builder.force(slot);
    this.#expected = { state: builder.result, base, forced: forcedOperations.length };
    return builder.result;
  }

  /** Forgets posts that the node has read, and those that L1 has lost. */
  async #forgetPosted(): Promise<void> {
    const read = this.node.batches.at(-1)?.postedAt ?? 0;
    const open: Posted[] = [];
    for (const post of this.#posted) {
      if (post.block <= read) continue;
      if ((await this.node.system.provider.getTransactionReceipt(post.hash)) !== null) open.push(post);
    }
    this.#posted = open;
  }
}
