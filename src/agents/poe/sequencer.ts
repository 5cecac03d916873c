// SPDX-License-Identifier: MIT
import type { ContractTransactionReceipt, Signer, TransactionRequest } from "ethers";
import { dataLength, dataSlice, getAddress, getBytes, hexlify, keccak256, toBeHex } from "ethers";

import { encodeHeader, SLOT_BYTES, type Header } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import {
  applyBatch,
  BatchBuilder,
  commitToData,
  leafCount,
  type Batch,
  type BatchResult,
  type BatchTerms,
  type State,
} from "../../ledger/index.ts";
import { isBadProof, type Aggregator, type BatchProof } from "./aggregator.ts";
import { decodeReverts, queuedAt, sendTransaction, type SendOptions } from "../../chain/index.ts";
import type { RollupNode } from "./rollupNode.ts";
import type { BatchRecord, NodeBatch, PostedBatch } from "./rollupView.ts";
import { addressToUint, requireAddress } from "../system.ts";
import { TransactionPool, type Pool, type PoolLimits } from "../transactionPool.ts";

/**
 * How many forced operations a batch takes: all that fit, those that L1 would reject the batch without, or a number.
 */
export type ForcedPolicy = "all" | "overdue" | number;

/** A sequencer's plan for a batch. */
export interface BatchPlan {
  /** Slots, or any other bytes; after the forced operations. */
  readonly transactions?: readonly Uint8Array[];
  /** Default "all". */
  readonly forced?: ForcedPolicy;
  /** Posted in place of the true commitments: only to show what happens then. */
  readonly falseCommitments?: readonly bigint[];
  /**
   * Highest fee for a leaf, in the native token; of several batches in one call, the first one's counts. Default: twice
   * the fee that L1 asks when the call is made, which the fee reaches after `DOUBLING_TIME` of lateness at the earliest.
   */
  readonly maxFee?: bigint;
  /** Whether a batch of somebody else may come first. Default true. */
  readonly anyPrevious?: boolean;
}

/** `IProofOfEfficiency.BatchInput` */
export interface BatchInput {
  /** Slots of 93 bytes, forced operations first, in hex. */
  readonly data: string;
  /** Commitment to the data of each leaf. */
  readonly commitments: bigint[];
  /** Number of forced operations that the batch takes from the queue. */
  readonly forcedCount: number;
  /** Index of the account that gets the tips. */
  readonly feeAccount: number;
  /** Token id of the fees, 16 bits. */
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
  /** How many transactions wait at most, or where they wait: a pool with the terms of this sequencer. */
  readonly pool?: PoolLimits | Pool;
  /** Limits of its transactions on L1. */
  readonly sending?: SendOptions;
}

/** Forced operations and leaves that the earlier batches of the same call take. */
export interface TakenBefore {
  /** Forced operations. */
  readonly forced: number;
  /** Leaves of the ring. */
  readonly leaves: number;
}

/** A post that the node may not have read yet. */
interface Posted {
  /** Of the L1 transaction, and its block. */
  readonly hash: string;
  readonly block: number;
  readonly blockHash: string;
  /** How often, without a break, the endpoint knew neither the receipt nor the block. */
  misses: number;
  /** Its L2 transactions, in hex. */
  readonly ids: ReadonlySet<string>;
}

/** The batch that would be posted now. It grows as transactions come, so that each is executed once. */
interface Draft {
  readonly builder: BatchBuilder;
  /** On which it is executed. */
  readonly base: State;
  /** Forced operations, and transactions in order. */
  readonly forced: number;
  readonly transactions: Uint8Array[];
  /** The pool's when the draft was last made as large as possible, and how many transactions it might have had. */
  revision: number;
  room: number;
}

/** Size and tips of a plan. */
export interface DraftFacts {
  /** In units of the fee token. */
  readonly tips: bigint;
  /** Forced operations. */
  readonly forced: number;
  /** L2 transactions. */
  readonly transactions: number;
  /** Whether no further transaction fits. */
  readonly isFull: boolean;
  readonly leaves: number;
}

/**
 * Most bytes of data in a batch to which a sequencer adds transactions. L1 nodes pass on public transactions of up to
 * 128 KiB; an eighth of it is left for the commitments and the rest of the call.
 */
const MAX_DATA = 112 * 1024;

/** Seconds until a call may be included: an operation that falls due within them is taken as overdue. */
const INCLUSION_TIME = 60n;

/** The first batch of a call. */
const NOTHING_TAKEN: TakenBefore = { forced: 0, leaves: 0 };

/** How often an endpoint has to miss a post and its block until L1 is taken to have lost them: one miss may be a lag. */
const MISSES = 3;

/** `maxFee` of a call that says none, in fees of now. */
const FEE_MARGIN = 2n;

/** `expectedPrevious` of a call that does not care. */
const ANY_PREVIOUS = `0x${"00".repeat(27)}`;

/**
 * A permissionless sequencer: collects L2 transactions, orders them, and posts them on L1.
 *
 * Source: PoE, "Sequencers".
 *
 * @example
 * ```ts
 * const sequencer = new Sequencer(node, signer, { feeAccount: 1, feeToken: ETH });
 * sequencer.submit(transaction);
 * await sequencer.post(await sequencer.nextBatch());
 * ```
 */
export class Sequencer {
  /** Node of the rollup. */
  readonly node: RollupNode;
  /** Sends and pays on L1; the sequencer's address. */
  readonly signer: Signer;
  readonly #options: SequencerOptions;
  readonly #address: bigint;
  readonly #pool: Pool;
  #posted: Posted[] = [];
  #draft: Draft | undefined;
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
    const { pool = {} } = options;
    const terms = { domain, sequencer: this.#address, baseFee, feeToken };
    this.#pool = "select" in pool ? pool : new TransactionPool(terms, pool);
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
    this.#pool.add(transaction, this.expectedState);
  }

  /** The state after all batches that are posted and the forced operations that wait, as far as the node has read. */
  get expectedState(): State {
    const { virtualState: base, forcedOperations } = this.node;
    const known = this.#expected;
    if (known?.base === base && known.forced === forcedOperations.length) return known.state;
    const builder = this.#builder();
    for (const slot of this.#forcedFrom(0, forcedOperations.length)) builder.force(slot);
    this.#expected = { state: builder.result, base, forced: forcedOperations.length };
    return builder.result;
  }

  /**
   * A plan with all that can be executed now and fits into a batch: forced operations, then transactions of the pool,
   * the highest tips first. A transaction that is void now stays in the pool, since its sender would not pay for it.
   * The pool keeps everything until the node finds it in a batch, so a plan that is not posted costs nothing.
   *
   * The plan of the call before is kept as long as it holds, and what has come since follows it: so each transaction is
   * executed once, however often a plan is asked for. A plan that is full begins anew when there is something new.
   *
   * @throws {ProtocolError} `RING_FULL` if L1 takes no leaf before a batch is proven
   */
  async nextBatch(): Promise<BatchPlan> {
    await this.node.sync();
    this.#pool.prune(this.node.virtualState);
    await this.#forgetPosted();
    const capacity = await this.#capacity();
    const forced = await this.#forcedCount("all", NOTHING_TAKEN, capacity);
    const room = Math.min(capacity, Math.floor(MAX_DATA / SLOT_BYTES)) - forced;
    const draft = this.#heldDraft(forced, room) ?? this.#newDraft(forced);
    const posted = this.#posted;
    const { builder, transactions } = draft;
    const isPosted = (id: string): boolean => posted.some(({ ids }) => ids.has(id));
    transactions.push(...this.#pool.select(builder, room - transactions.length, isPosted));
    draft.revision = this.#pool.revision;
    draft.room = room;
    this.#draft = draft;
    return { transactions: [...transactions], forced };
  }

  /** Size and tips of the plan that `nextBatch` returned last; undefined before the first plan and after a post. */
  get draft(): DraftFacts | undefined {
    if (this.#draft === undefined) return undefined;
    const { builder, room, forced, transactions } = this.#draft;
    return {
      ...{ tips: builder.tips, forced, transactions: transactions.length, isFull: transactions.length >= room },
      leaves: leafCount(this.node.system.profile, builder.size * SLOT_BYTES),
    };
  }

  /** The draft, if it is still what would be posted, or the beginning of it. */
  #heldDraft(forced: number, room: number): Draft | undefined {
    const draft = this.#draft;
    if (draft === undefined || draft.base !== this.node.virtualState || draft.forced !== forced) return undefined;
    const { transactions, revision } = draft;
    const isOutdated = transactions.length > room || (transactions.length === room && revision !== this.#pool.revision);
    return isOutdated || !transactions.every((bytes) => this.#pool.has(bytes)) ? undefined : draft;
  }

  #newDraft(forced: number): Draft {
    const builder = this.#builder();
    for (const slot of this.#forcedFrom(0, forced)) builder.force(slot);
    return { builder, base: this.node.virtualState, forced, transactions: [], revision: this.#pool.revision, room: 0 };
  }

  /** The result of the batch if it were posted now. @throws {ProtocolError} `RING_FULL` */
  async preview(plan: BatchPlan): Promise<BatchResult> {
    const { profile } = this.node.system;
    const batch = await this.#assemble(plan, NOTHING_TAKEN);
    return applyBatch(profile, this.node.virtualState, batch, this.#environment);
  }

  /**
   * Posts batches in one call. The sender's balance in the consensus contract must cover fees and bonds.
   *
   * @throws {ProtocolError} `RING_FULL` if L1 takes no further leaf before a batch is proven; `REVERTED` if it rejects
   *   the call; as `sendTransaction`
   */
  async post(...plans: readonly BatchPlan[]): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    return this.#send(plans, this.callFor(...plans));
  }

  /** The call that `post` makes, by what the node has read. @throws {ProtocolError} `RING_FULL` */
  async callFor(...plans: readonly BatchPlan[]): Promise<TransactionRequest> {
    const { consensus } = this.node.system;
    const inputs = await this.#inputsOf(plans);
    const maxFee = plans[0]?.maxFee ?? FEE_MARGIN * (await consensus.batchFee());
    const previous = plans[0]?.anyPrevious === false ? this.node.accumulator : ANY_PREVIOUS;
    return consensus.sequence.populateTransaction(inputs, maxFee, previous);
  }

  /**
   * Posts batches and proves them, and all that wait for a proof, in one call: it costs neither fee nor bond, and less
   * gas than two calls. Batches that wait and do not fit beside the new ones are proven first, by calls of their own.
   * If somebody else posts first, the call is not sent: it costs nothing but the proofs of the new batches, and can be
   * made again. Posting first takes a rival a proof and the gas of its call, and no batch fee; `post` needs no proof, so
   * it is the way for a sequencer that loses again and again.
   *
   * @param aggregator of the same signer
   * @throws {ProtocolError} `OTHER_PROVER` if the aggregator's signer is another one, which L1 does not accept; `CALL_TOO_LARGE`
   *   if one call cannot take the batches; `RING_FULL` if L1 takes no further leaf before a batch is proven; `REVERTED`
   *   if it rejects the call, for instance as somebody else has posted; as `sendTransaction`
   */
  async postProven(aggregator: Aggregator, ...plans: readonly BatchPlan[]): Promise<ContractTransactionReceipt> {
    const worker = addressToUint(await aggregator.signer.getAddress());
    if (worker !== this.#address) {
      const [sequencer, prover] = [this.#address, worker].map((address) => getAddress(toBeHex(address, 20)));
      throw new ProtocolError(
        "OTHER_PROVER",
        { sequencer: sequencer!, prover: prover! },
        `one account posts and proves, not ${sequencer} and ${prover}`,
      );
    }
    for (let isReady = false; ; isReady = true) {
      await this.node.sync();
      const { virtualBatches: pending, accumulator, verifiedBatches, system } = this.node;
      const timestamp = await this.#headerTime();
      const inputs = await this.#inputsOf(plans);
      const own = await this.#foresee(inputs, timestamp);
      const isDue = this.node.dueDeparture !== undefined;
      const count = isDue ? 0 : aggregator.planFor([...pending, ...own], own.length);
      if (count < pending.length + own.length) {
        if (pending.length === 0 && !isDue) {
          throw new ProtocolError(
            "CALL_TOO_LARGE",
            { batches: own.length, maximum: count },
            `one call takes ${count} of the ${own.length} batches`,
          );
        }
        await aggregator.step();
        continue;
      }
      const proofs: BatchProof[] = [];
      for (const batch of pending) proofs.push(await aggregator.proofOf(batch));
      // These proofs keep; the others have to be on L1 before their headers are too old, so the time is taken again.
      if (pending.length > 0 && !isReady) continue;
      try {
        for (const batch of own) proofs.push(await aggregator.proofOf(batch));
        const from = verifiedBatches + 1;
        const { sequenceAndVerify } = system.consensus;
        return await this.#send(
          plans,
          sequenceAndVerify.populateTransaction(inputs, timestamp, accumulator, from, proofs),
        );
      } catch (error) {
        if (isBadProof(error)) aggregator.forget(pending);
        throw error;
      } finally {
        // On L1, or of no use: the next attempt has headers of another time.
        aggregator.forget(own);
      }
    }
  }

  /**
   * The fee and the bond that a batch would take from this sequencer's balance in the consensus if it were posted now,
   * in the native token. The bond returns.
   *
   * @throws {ProtocolError} `RING_FULL`
   */
  async cost(plan: BatchPlan): Promise<{ readonly fee: bigint; readonly bond: bigint }> {
    const { consensus, profile } = this.node.system;
    const { header, data } = await this.#assemble(plan, NOTHING_TAKEN);
    const leaves = leafCount(profile, data.length);
    const paid = Math.max(1, leaves - Math.floor(header.forcedCount / profile.slots));
    return {
      fee: (await consensus.batchFee()) * BigInt(paid),
      bond: (await consensus.LEAF_BOND()) * BigInt(leaves),
    };
  }

  /**
   * The `BatchInput` with which a call posts a plan.
   *
   * @param taken forced operations and leaves that earlier batches of the same call take
   * @throws {ProtocolError} `RING_FULL`
   */
  async inputOf(plan: BatchPlan, taken: TakenBefore = NOTHING_TAKEN): Promise<BatchInput> {
    const { header, data } = await this.#assemble(plan, taken);
    return {
      data: hexlify(data),
      commitments: [...(plan.falseCommitments ?? commitToData(this.node.system.profile, data))],
      forcedCount: header.forcedCount,
      feeAccount: header.feeAccount,
      feeToken: header.feeToken,
    };
  }

  /** The arguments of one call that posts plans, one after another. */
  async #inputsOf(plans: readonly BatchPlan[]): Promise<BatchInput[]> {
    const inputs: BatchInput[] = [];
    let taken = NOTHING_TAKEN;
    for (const plan of plans) {
      const input = await this.inputOf(plan, taken);
      const leaves = leafCount(this.node.system.profile, dataLength(input.data));
      taken = { forced: taken.forced + input.forcedCount, leaves: taken.leaves + leaves };
      inputs.push(input);
    }
    return inputs;
  }

  /** Sends a call that posts batches, and remembers what they have of the pool. */
  async #send(plans: readonly BatchPlan[], call: Promise<TransactionRequest>): Promise<ContractTransactionReceipt> {
    const ids = new Set(plans.flatMap(({ transactions = [] }) => transactions.map((bytes) => hexlify(bytes))));
    this.#pinPosted(ids);
    try {
      const receipt = await sendTransaction(this.signer, call, this.#options.sending);
      const { hash, blockNumber: block, blockHash } = receipt;
      if (ids.size > 0) this.#posted.push({ hash, block, blockHash, misses: 0, ids });
      this.#draft = undefined;
      return receipt;
    } finally {
      this.#pinPosted();
    }
  }

  /** The time of L1's head: no later block has an earlier one, and no header that L1 has is later. */
  async #headerTime(): Promise<bigint> {
    const head = await this.node.system.provider.getBlock("latest");
    if (head === null) throw new ProtocolError("REORGANISED", { block: "latest" }, "L1 has lost its latest block");
    return BigInt(head.timestamp);
  }

  /** The batches with their results, if one call posts and proves them: then L1 records neither fee nor bond. */
  async #foresee(inputs: readonly BatchInput[], timestamp: bigint): Promise<readonly NodeBatch[]> {
    const { rollup, profile } = this.node.system;
    let taken = this.node.sequencedForced;
    const batches: { posted: PostedBatch; record: BatchRecord }[] = [];
    for (const { data, commitments, forcedCount } of inputs) {
      const slots = dataSlice(data, 0, Math.min(forcedCount * SLOT_BYTES, dataLength(data)));
      const capacity = leafCount(profile, dataLength(data)) * profile.slots;
      const forcedFees = await decodeReverts(rollup.previewForced(taken, forcedCount, slots, capacity, timestamp));
      const header = encodeHeader({ ...this.#terms, forcedCount, timestamp });
      const sequencer = getAddress(toBeHex(this.#address, 20));
      const record = { sequencer, header, dataHash: keccak256(data), fee: 0n, bond: 0n, forcedFees };
      batches.push({ posted: { data: getBytes(data), commitments }, record });
      taken += forcedCount;
    }
    return this.node.foresee(batches);
  }

  async #assemble(plan: BatchPlan, taken: TakenBefore): Promise<Batch> {
    const transactions = Buffer.concat([...(plan.transactions ?? [])]);
    const room = (await this.#capacity(taken.leaves)) - Math.ceil(transactions.length / SLOT_BYTES);
    const forcedCount = await this.#forcedCount(plan.forced ?? "all", taken, Math.max(room, 0));
    const forced = this.#forcedFrom(taken.forced, forcedCount);
    // The timestamp is L1's to write, and nothing that is computed here depends on it.
    const header: Header = { ...this.#terms, forcedCount, timestamp: 0n };
    return { header, data: Buffer.concat([...forced, transactions]) };
  }

  /** @param room slots for forced operations */
  async #forcedCount(policy: ForcedPolicy, taken: TakenBefore, room: number): Promise<number> {
    if (typeof policy === "number") return policy;
    const { rollup, provider } = this.node.system;
    const first = this.node.sequencedForced + taken.forced;
    const waiting = Math.min(this.node.forcedOperations.length - first, room);
    if (policy === "all") return waiting;
    const deadline = await rollup.FORCED_DEADLINE();
    const inclusion = BigInt((await provider.getBlock("latest"))?.timestamp ?? 0) + INCLUSION_TIME;
    let overdue = 0;
    while (overdue < waiting) {
      const time = await queuedAt(rollup, first + overdue + 1);
      // One that L1 has no more was executed by others: this node has to read on first.
      if (time === undefined || time + deadline >= inclusion) break;
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

  /**
   * Slots of the largest batch that L1 takes now; forced operations that are overdue have to fill it.
   *
   * @param taken leaves of earlier batches of the same call
   * @throws {ProtocolError} `RING_FULL` if L1 takes none
   */
  async #capacity(taken = 0): Promise<number> {
    const { consensus, profile } = this.node.system;
    const pending = Number(await consensus.pendingLeaves()) + taken;
    const most = Number(await consensus.MAX_PENDING_LEAVES());
    if (pending >= most) {
      const call = taken === 0 ? "" : `, ${taken} of them of this call`;
      throw new ProtocolError(
        "RING_FULL",
        { pending, maximum: most },
        `${pending} leaves wait for their proofs${call}, and L1 takes no more than ${most}: a batch has to be proven first`,
      );
    }
    return Math.min(Number(await consensus.MAX_LEAVES_PER_BATCH()), most - pending) * profile.slots;
  }

  /** Forgets posts that the node has read, and those that L1 has lost. */
  async #forgetPosted(): Promise<void> {
    const read = this.node.batches.at(-1)?.postedAt ?? 0;
    const open: Posted[] = [];
    for (const post of this.#posted) if (post.block > read && !(await this.#isLost(post))) open.push(post);
    this.#posted = open;
    this.#pinPosted();
  }

  /**
   * Keeps transactions of a post in the pool until its fate is known.
   *
   * @param sending transactions of a post that is being sent
   */
  #pinPosted(sending: Iterable<string> = []): void {
    this.#pool.pin(new Set([...this.#posted.flatMap(({ ids }) => [...ids]), ...sending]));
  }

  /**
   * Whether L1 has lost a post: it has another block at that height, and not the transaction. An endpoint that knows
   * neither may only lag, so it is asked again at the next batch; a chain that has become shorter does not come back.
   */
  async #isLost(post: Posted): Promise<boolean> {
    const { provider } = this.node.system;
    if ((await provider.getTransactionReceipt(post.hash)) !== null) {
      post.misses = 0;
      return false;
    }
    const block = await provider.getBlock(post.block);
    post.misses = block === null ? post.misses + 1 : 0;
    return block === null ? post.misses >= MISSES : block.hash !== post.blockHash;
  }
}
