// SPDX-License-Identifier: MIT
import type { ContractTransactionReceipt, Signer } from "ethers";
import { dataLength, hexlify, ZeroHash } from "ethers";

import { toProofWords } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { exitEntries, leafCircuitInput, leafProofSignals, leafPublicSignals } from "../../ledger/index.ts";
import type { CircuitInput, Prover } from "../../prover/index.ts";
import { Migrator } from "../migrator.ts";
import { JOINT, planProofs, verifyGas, type BatchWork, type CallLimits } from "./provingPlan.ts";
import { gasOf, minedTransaction, RevertError, type SendOptions } from "../../chain/index.ts";
import type { BatchRecord, NodeBatch, RollupNode } from "./rollupNode.ts";
import type { ProofListener } from "../proofListener.ts";
import { addressToUint } from "../system.ts";

/** `IProofOfEfficiency.LeafProof` */
export interface LeafProof {
  /** Root of the state after the leaf. */
  readonly newStateRoot: bigint;
  /** Hash of the leaf's exits. */
  readonly exitsHash: bigint;
  /** Fees that the leaf pays on L1, in units of the fee token. */
  readonly proverFees: bigint;
  /** Commitment to the leaf's data. */
  readonly commitment: bigint;
  /** Evaluation of the data at the batch's point. */
  readonly evaluation: bigint;
  /** Hash of all signals of the statement. */
  readonly digest: bigint;
  /** 8 words in the order of EIP-197. */
  readonly proof: bigint[];
}

/** `IProofOfEfficiency.BatchProof` */
export interface BatchProof {
  /** The batch's record, as L1 hashed it. */
  readonly record: BatchRecord;
  /** Proofs of the leaves, in order. */
  readonly leaves: LeafProof[];
  /** `exitEntries` */
  readonly exits: bigint[];
  /** Zero if the sequencer's commitments are true; else the hash of the openings that L1 recorded, in hex. */
  readonly falseOpenings: string;
  /** The batch's data once more, in hex, if its commitments are false; else `0x`. */
  readonly data: string;
}

/** Consecutive batches and their proofs, ready to be submitted. */
export interface ProvenRange {
  /** Number of the first batch. */
  readonly from: number;
  /** Proofs of the batches, in order. */
  readonly proofs: BatchProof[];
  /** Why the range ends where it does, if a proof could not be made. */
  readonly failure?: unknown;
}

/** Makes one proof of many leaves, as `IStatementVerifier.verifyJointly` takes it: `JointProver` of the prover's entry. */
export interface JointLeafProver {
  prove(leaves: readonly JointLeaf[]): Promise<Uint8Array>;
}

/** A leaf that a joint proof has to prove. */
export interface JointLeaf {
  readonly kind: "leaf";
  readonly input: CircuitInput;
  /** Digest, evaluation, point: public signals of its proof, as L1 will derive them. */
  readonly signals: readonly bigint[];
}

/** Consecutive batches and one proof of all their leaves. */
export interface JointRange extends Omit<ProvenRange, "failure"> {
  /** The joint proof, in hex. */
  readonly joint: string;
}

/** Limits of an aggregator's calls. */
export interface AggregatorOptions extends CallLimits {
  /** How it sends its transactions, at which price at most, and how it waits for them. */
  readonly sending?: Omit<SendOptions, "maxGas">;
}

/**
 * A permissionless aggregator: proves sequenced batches and races to be the first.
 *
 * Source: PoE, "Aggregators".
 *
 * @example
 * ```ts
 * const prover = createProver(await prepareAll("development"));
 * const aggregator = new Aggregator(node, signer, prover);
 * // Proves and submits what waits, as many batches as a call takes; undefined if nothing does.
 * const receipt = await aggregator.step();
 * ```
 */
export class Aggregator {
  /** Node of the rollup. */
  readonly node: RollupNode;
  /** Sends and pays on L1; its address is in the proofs. */
  readonly signer: Signer;
  readonly #prover: Prover;
  readonly #onProof: ProofListener;
  readonly #options: AggregatorOptions;
  readonly #migrator: Migrator;
  /** Proofs that were made and are not on L1, by the batch's context. */
  readonly #made = new Map<bigint, BatchProof>();

  constructor(
    node: RollupNode,
    signer: Signer,
    prover: Prover,
    onProof: ProofListener = () => undefined,
    options: AggregatorOptions = {},
  ) {
    this.node = node;
    this.signer = signer;
    this.#prover = prover;
    this.#onProof = onProof;
    this.#options = options;
    this.#migrator = new Migrator(node, signer, prover, onProof, this.#sending);
  }

  /**
   * The next call that brings the chain forward: proves the departure that is due, or else as many batches as fit into
   * one call. To be repeated until there is nothing to do.
   *
   * @returns undefined if there is nothing to do, or if somebody else was faster
   */
  async step(): Promise<ContractTransactionReceipt | undefined> {
    const { node } = this;
    await node.sync();
    if (node.isFrozen) return undefined;
    const due = node.dueDeparture?.request.id;
    const first = node.verifiedBatches + 1;
    if (due === undefined && first > node.batches.length) return undefined;
    try {
      return await (due === undefined ? this.submit(await this.prove()) : this.#migrator.depart());
    } catch (error) {
      await node.sync();
      if (this.#hasMovedOn(first, due)) return undefined;
      throw error;
    }
  }

  /** Whether what was to be done next, batch `first` or the departure `due`, has happened or is void. */
  #hasMovedOn(first: number, due: number | undefined): boolean {
    const { isFrozen, verifiedBatches, dueDeparture } = this.node;
    return isFrozen || verifiedBatches >= first || dueDeparture?.request.id !== due;
  }

  /**
   * How many batches from `from` on one call proves, by the model of `planProofs`.
   *
   * @param to last batch that is wanted
   */
  plan(from = this.node.verifiedBatches + 1, to = this.node.batches.length): number {
    return this.planFor(this.node.batches.slice(from - 1, to));
  }

  /** Gas of the call that proves the first `count` batches that wait, by the model of `planProofs`. */
  gasFor(count: number): bigint {
    const first = this.node.verifiedBatches;
    return verifyGas([...this.#works(this.node.batches.slice(first, first + count), 0)]);
  }

  /**
   * How many of these batches, which follow each other, one call proves.
   *
   * @param posted how many of them, the last ones, the same call posts
   */
  planFor(batches: readonly NodeBatch[], posted = 0): number {
    return planProofs(this.#works(batches, posted), this.#options);
  }

  /**
   * Proves batches from `from` on, up to `to` at most: as many as fit into one call, and not beyond one that takes a
   * departure, as L1 accepts what follows once that has happened (`step`). If a proof cannot be made, the range ends
   * before it. The proofs are worth nothing to anybody else: they name this aggregator's address. They are kept until
   * their batches are proven, so that none is made twice.
   *
   * @throws {ProtocolError} `NOTHING_TO_PROVE`
   * @throws {Error} if the first proof cannot be made
   */
  async prove(from = this.node.verifiedBatches + 1, to = this.node.batches.length): Promise<ProvenRange> {
    if (to < from) throw new ProtocolError("NOTHING_TO_PROVE", { from, to }, `batches ${from} … ${to}`);
    this.forgetProven();
    const end = from + this.plan(from, to);
    const proofs: BatchProof[] = [];
    for (let number = from; number < end; number++) {
      try {
        proofs.push(await this.proofOf(this.node.batch(number)));
      } catch (failure) {
        if (proofs.length === 0) throw failure;
        return { from, proofs, failure };
      }
    }
    return { from, proofs };
  }

  /**
   * Submits proofs. If L1 cannot take all in one call after all, the gas for all may cost more than `maxFee`, or one of
   * them is not valid, as many of the first as go: `BatchesVerified` says how many.
   *
   * @param range the result of `prove`
   * @throws {ProtocolError} `REVERTED` if L1 rejects them, for instance because somebody else was first; as
   *   `sendTransaction`
   */
  async submit({ from, proofs }: ProvenRange): Promise<ContractTransactionReceipt> {
    const { consensus } = this.node.system;
    for (let count = proofs.length; ; count = Math.ceil(count / 2)) {
      const request = await consensus.verify.populateTransaction(from, proofs.slice(0, count));
      let gas: Awaited<ReturnType<typeof gasOf>>;
      try {
        gas = await gasOf(this.signer, request, this.#sending);
      } catch (error) {
        if (isFinal(error)) throw error;
        if (count > 1) continue;
        // It may be that this proof is not valid: the next attempt makes another one.
        if (error instanceof RevertError) this.forget([this.node.batch(from)]);
        throw error;
      }
      return minedTransaction(this.signer.sendTransaction({ ...request, ...gas }), this.#sending);
    }
  }

  /**
   * Proves batches from `from` on, up to `to` at most, by one joint proof: as many as fit into one call, and not beyond
   * one that takes a departure. On L1 the proof costs as much as the Groth16 proofs of some thirteen leaves, whatever their
   * number.
   *
   * @throws {ProtocolError} `NOTHING_TO_PROVE`; as the prover
   */
  async proveJointly(
    prover: JointLeafProver,
    from = this.node.verifiedBatches + 1,
    to = this.node.batches.length,
  ): Promise<JointRange> {
    if (to < from) throw new ProtocolError("NOTHING_TO_PROVE", { from, to }, `batches ${from} … ${to}`);
    const works = this.#works(this.node.batches.slice(from - 1, to), 0);
    const end = from + planProofs(works, this.#options, JOINT);
    const leaves: JointLeaf[] = [];
    const proofs: BatchProof[] = [];
    for (let number = from; number < end; number++) {
      const draft = await this.#draft(this.node.batch(number));
      leaves.push(...draft.leaves);
      proofs.push(draft.proof);
    }
    return { from, proofs, joint: hexlify(await prover.prove(leaves)) };
  }

  /**
   * Submits a joint proof, all or nothing.
   *
   * @throws {ProtocolError} `REVERTED` if L1 rejects it, for instance because one of the batches was proven meanwhile; as
   *   `sendTransaction`
   */
  async submitJointly({ from, proofs, joint }: JointRange): Promise<ContractTransactionReceipt> {
    const request = await this.node.system.consensus.verifyJointly.populateTransaction(from, proofs, joint);
    const gas = await gasOf(this.signer, request, this.#sending);
    return minedTransaction(this.signer.sendTransaction({ ...request, ...gas }), this.#sending);
  }

  /** Drops the proofs that were made, of all batches that do not wait for one. */
  forgetProven(): void {
    const waiting = new Set(this.node.virtualBatches.map(({ context }) => context));
    for (const context of this.#made.keys()) if (!waiting.has(context)) this.#made.delete(context);
  }

  /** Drops the proofs of these batches: the next attempt makes others. */
  forget(batches: readonly NodeBatch[]): void {
    for (const { context } of batches) this.#made.delete(context);
  }

  /**
   * The proof of a batch, which need not be sequenced yet; the one that was made before, if there is one.
   *
   * @throws {Error} if it cannot be made
   */
  async proofOf(batch: NodeBatch): Promise<BatchProof> {
    const proof = this.#made.get(batch.context) ?? (await this.#proveBatch(batch));
    this.#made.set(batch.context, proof);
    return proof;
  }

  get #sending(): SendOptions {
    const { maxGas, sending } = this.#options;
    return { ...sending, ...(maxGas === undefined ? {} : { maxGas }) };
  }

  *#works(batches: readonly NodeBatch[], posted: number): Generator<BatchWork> {
    for (const [i, batch] of batches.entries()) yield this.#workOf(batch, i >= batches.length - posted);
  }

  #workOf({ record, truthful, data, result, departures }: NodeBatch, isPosted: boolean): BatchWork {
    const { interface: abi } = this.node.system.consensus;
    const proof: BatchProof = {
      record,
      leaves: result.leaves.map(() => NO_PROOF),
      exits: exitEntries(result.leaves, this.node.system.profile.slots),
      falseOpenings: ZeroHash,
      data: truthful ? "0x" : hexlify(data),
    };
    const size = (proofs: BatchProof[]): number => dataLength(abi.encodeFunctionData("verify", [1, proofs]));
    return {
      leaves: result.leaves.length,
      bytes: size([proof]) - size([]),
      dataBytes: truthful ? 0 : data.length,
      postedBytes: isPosted ? inputBytes(data.length, result.leaves.length) : 0,
      endsCall: departures.length > 0,
    };
  }

  async #proveBatch(batch: NodeBatch): Promise<BatchProof> {
    const { proof: draft, leaves: work } = await this.#draft(batch);
    const leaves: LeafProof[] = [];
    for (const [i, { input }] of work.entries()) {
      const { proof, seconds, cached } = await this.#prover.prove("leaf", input);
      this.#onProof({ circuit: "leaf", seconds, cached });
      leaves.push({ ...draft.leaves[i]!, proof: [...toProofWords(proof)] });
    }
    return { ...draft, leaves };
  }

  /** The facts of a batch that L1 is shown, without proofs, and the work for these. */
  async #draft(batch: NodeBatch): Promise<{ readonly proof: BatchProof; readonly leaves: readonly JointLeaf[] }> {
    // Only final batches have none.
    const { result } = batch.execution!;
    const binding = {
      z: result.z,
      context: batch.context,
      worker: addressToUint(await this.signer.getAddress()),
    };
    const leaves = result.leaves.map((leaf): LeafProof => {
      const { newStateRoot, exitsHash, proverFees, c, y, digest } = leafPublicSignals(leaf, binding);
      return { ...NO_PROOF, newStateRoot, exitsHash, proverFees, commitment: c, evaluation: y, digest };
    });
    const proof: BatchProof = {
      record: batch.record,
      leaves,
      exits: exitEntries(result.leaves, this.node.system.profile.slots),
      // The sequencer's commitments are false: show L1 the data once more, with the true ones.
      falseOpenings: batch.truthful ? ZeroHash : batch.openings,
      data: batch.truthful ? "0x" : hexlify(batch.data),
    };
    const work = result.leaves.map((leaf): JointLeaf => ({
      kind: "leaf",
      input: { ...leafCircuitInput(leaf, binding) },
      signals: leafProofSignals(leaf, binding),
    }));
    return { proof, leaves: work };
  }
}

/** As large as any other. */
const NO_PROOF: LeafProof = {
  newStateRoot: 0n,
  exitsHash: 0n,
  proverFees: 0n,
  commitment: 0n,
  evaluation: 0n,
  digest: 0n,
  proof: Array.from({ length: 8 }, () => 0n),
};

/** Errors of the verifier that one proof of many can cause. */
const BAD_PROOFS: readonly string[] = ["ProofsRejected", "InvalidPoint", "InvalidG2Point", "InputNotInField"];

/** Whether L1 refused a proof because of its words. */
export const isBadProof = (error: unknown): boolean =>
  error instanceof RevertError && BAD_PROOFS.includes(error.revert.name ?? "");

/** Whether L1's answer to many proofs is its answer to fewer of them. */
const isFinal = (error: unknown): boolean =>
  error instanceof RevertError && error.revert.name !== undefined && !BAD_PROOFS.includes(error.revert.name);

/** Bytes of a `BatchInput` in calldata: eight words, the commitments, and the data in whole words. */
const inputBytes = (dataBytes: number, leaves: number): number => 32 * (8 + leaves + Math.ceil(dataBytes / 32));
