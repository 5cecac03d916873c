// SPDX-License-Identifier: MIT
import {
  verifyGas,
  type Aggregator,
  type BatchWork,
  type DraftFacts,
  type RollupNode,
  type Sequencer,
} from "../../agents/index.ts";
import { decodeReverts, queuedAt } from "../../chain/index.ts";
import { SLOT_BYTES } from "../../codec/index.ts";
import { isProtocolError } from "../../errors.ts";
import type { Outbox } from "../outbox/index.ts";
import { decidePosting, type PostingDecision, type PostingStrategy, type PostingView } from "../strategies/index.ts";
import type { OutboxSigner } from "./outboxSigner.ts";
import { costOf, headOf, isDear, isElected } from "./l1.ts";
import type { Turn } from "./turn.ts";

/** Purposes of this role begin with this word. */
const POST = "sequence";
/** Calldata of the proof of a batch, and of each of its leaves, without exits. */
const [BATCH_BYTES, LEAF_BYTES] = [640, 512];

export interface SequencerRoleOptions {
  readonly strategy: PostingStrategy;
  /** Worth of 10^18 units of the native token, in wei. */
  readonly tokenPrice: bigint;
  /** Wei for a unit of gas above which only what falls due is posted; undefined for no limit. */
  readonly maxGasPrice: bigint | undefined;
  /** Proves with the account that posts; undefined if this node does not prove. */
  readonly prover?: {
    readonly aggregator: Aggregator;
    /** The aggregator's, of the outbox. */
    readonly signer: OutboxSigner;
    /** The turn of those who prove. */
    readonly proving: Turn;
  };
}

/** Posts what waits when it is time. One post is on its way at a time, across restarts. */
export class SequencerRole {
  readonly #node: RollupNode;
  readonly #sequencer: Sequencer;
  readonly #outbox: Outbox;
  readonly #signer: OutboxSigner;
  readonly #options: SequencerRoleOptions;
  /** Time of L1 at which there was something to post for the first time. */
  #waitsSince: number | undefined;
  /** Whether the last call that posts and proves failed: somebody was faster, and would be again while a proof is made. */
  #hasLost = false;

  /** @param signer the sequencer's, of the outbox */
  constructor(sequencer: Sequencer, outbox: Outbox, signer: OutboxSigner, options: SequencerRoleOptions) {
    this.#node = sequencer.node;
    this.#sequencer = sequencer;
    this.#outbox = outbox;
    this.#signer = signer;
    this.#options = options;
  }

  /**
   * Looks once, and posts if it is time; then waits until the post is in a block.
   *
   * @throws {ProtocolError} as `Sequencer.nextBatch` and `Sequencer.post`
   */
  async step(): Promise<PostingDecision> {
    const { strategy } = this.#options;
    const view = await this.#look();
    const decision = decidePosting(view, strategy);
    if (decision.do === "wait") return decision;
    const plan = await this.#sequencer.nextBatch();
    this.#signer.purpose = this.#outbox.freshPurpose(
      `${POST} after ${this.#node.batches.length} at ${this.#node.block}`,
    );
    const { prover } = this.#options;
    if (decision.do === "post" || prover === undefined) {
      await this.#sequencer.post(plan);
    } else {
      // Batches that wait and do not fit beside the new one are proven first.
      prover.signer.purpose = this.#outbox.freshPurpose(`verify ${this.#node.verifiedBatches + 1}`);
      const post = (): Promise<unknown> => this.#sequencer.postProven(prover.aggregator, plan);
      this.#hasLost = true;
      if ((await prover.proving.take(post)) === undefined) {
        this.#hasLost = false;
        return { do: "wait", why: "proving" };
      }
    }
    this.#hasLost = false;
    this.#waitsSince = undefined;
    return decision;
  }

  async #look(): Promise<PostingView> {
    const node = this.#node;
    const { now, gasPrice } = await headOf(node.system.provider);
    const isPosting = this.#outbox.inFlight(node.block).some((purpose) => purpose.startsWith(`${POST} `));
    const nothing = { transactions: 0, tips: 0n, forced: 0, isFull: false, leaves: 0 };
    const facts = {
      ...{ now, isFrozen: node.isFrozen, isPosting, isElected: true, isRingFull: false, cost: 0n, provenCost: 0n },
      ...{ firstDeadline: undefined, waitsSince: undefined, canProve: false },
      isDear: isDear(gasPrice, this.#options.maxGasPrice),
      unprovenLeaves: node.virtualBatches.reduce((sum, { result }) => sum + result.leaves.length, 0),
    };
    if (node.isFrozen || isPosting) return { ...facts, ...nothing };
    if (!(await isElected(node.system, this.#signer.address, "sequencer"))) {
      return { ...facts, ...nothing, isElected: false };
    }
    try {
      await this.#sequencer.nextBatch();
    } catch (error) {
      if (!isProtocolError(error, "RING_FULL")) throw error;
      return { ...facts, ...nothing, isRingFull: true };
    }
    const draft = this.#sequencer.draft ?? nothing;
    if (draft.transactions + draft.forced === 0) {
      this.#waitsSince = undefined;
      return { ...facts, ...draft };
    }
    this.#waitsSince ??= now;
    const queued = draft.forced > 0 ? await this.#firstQueued() : undefined;
    const waitsSince = queued === undefined ? this.#waitsSince : Math.min(queued.at, this.#waitsSince);
    const cost = await this.#costOf(gasPrice);
    const provenCost = this.#provenGas(draft) * gasPrice;
    const canProve = await this.#canProve();
    return { ...facts, ...draft, canProve, cost, provenCost, firstDeadline: queued?.deadline, waitsSince };
  }

  /** Whether a call that posts and proves could be sent now. */
  async #canProve(): Promise<boolean> {
    const { prover } = this.#options;
    if (prover === undefined || prover.proving.isTaken || this.#hasLost) return false;
    return isElected(this.#node.system, prover.signer.address, "aggregator");
  }

  /** When the first operation that waits was queued, and its deadline. */
  async #firstQueued(): Promise<{ readonly at: number; readonly deadline: number } | undefined> {
    const { rollup } = this.#node.system;
    const at = await queuedAt(rollup, this.#node.sequencedForced + 1);
    return at === undefined ? undefined : { at: Number(at), deadline: Number(at + (await rollup.FORCED_DEADLINE())) };
  }

  /** Gas of a call that posts and proves the draft with all that waits, by the model of `verifyGas`. */
  #provenGas({ leaves, forced, transactions }: DraftFacts): bigint {
    const work = (count: number, postedBytes: number): BatchWork => ({
      ...{ leaves: count, bytes: BATCH_BYTES + LEAF_BYTES * count, dataBytes: 0, postedBytes, endsCall: false },
    });
    const waiting = this.#node.virtualBatches.map(({ result }) => work(result.leaves.length, 0));
    const dataBytes = SLOT_BYTES * (forced + transactions) + 32 * (8 + leaves);
    return verifyGas([...waiting, work(leaves, dataBytes)]);
  }

  /** Gas and batch fee of the draft, in wei. */
  async #costOf(gasPrice: bigint): Promise<bigint> {
    const plan = await this.#sequencer.nextBatch();
    const { fee } = await this.#sequencer.cost(plan);
    const call = await this.#sequencer.callFor(plan);
    const gas = await decodeReverts(this.#signer.estimateGas(call));
    return costOf({ gas, gasPrice, fee, tokenPrice: this.#options.tokenPrice });
  }
}
