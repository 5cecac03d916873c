import type { ContractTransactionReceipt, Signer } from "ethers";
import { hexlify, ZeroHash } from "ethers";

import { ProtocolError } from "../errors.ts";
import { leafCircuitInput, leafPublicSignals } from "../ledger/index.ts";
import { toProofWords, type Prover } from "../prover/index.ts";
import type { CircuitName } from "../setup/index.ts";
import type { BatchRecord, NodeBatch, RollupNode } from "./rollupNode.ts";
import { addressToUint, gasLimitFor } from "./system.ts";

/** `IProofOfEfficiency.LeafProof` */
export interface LeafProof {
  readonly newStateRoot: bigint;
  readonly exitsRoot: bigint;
  readonly proverFees: bigint;
  readonly commitment: bigint;
  readonly evaluation: bigint;
  readonly digest: bigint;
  /** 8 words in the order of EIP-197. */
  readonly proof: bigint[];
}

/** `IProofOfEfficiency.BatchProof` */
export interface BatchProof {
  readonly record: BatchRecord;
  readonly leaves: LeafProof[];
  readonly falseOpenings: string;
  readonly data: string;
}

/** Consecutive batches and their proofs, ready to be submitted. */
export interface ProvenRange {
  readonly from: number;
  readonly proofs: BatchProof[];
}

/** Told of each proof that was made. */
export type ProofListener = (proof: {
  readonly circuit: CircuitName;
  readonly seconds: number;
  readonly cached: boolean;
}) => void;

/**
 * A permissionless aggregator: proves sequenced batches and races to be the first.
 *
 * Source: PoE, "Aggregators".
 */
export class Aggregator {
  readonly node: RollupNode;
  readonly signer: Signer;
  readonly #prover: Prover;
  readonly #onProof: ProofListener;

  constructor(node: RollupNode, signer: Signer, prover: Prover, onProof: ProofListener = () => undefined) {
    this.node = node;
    this.signer = signer;
    this.#prover = prover;
    this.#onProof = onProof;
  }

  /**
   * Proves batches `from … to`, by default all that are not proven, but not beyond one that takes a departure: L1
   * accepts what follows once that has happened (`Migrator.depart`). The proofs are worth nothing to anybody else: they
   * name this aggregator's address.
   *
   * @throws {ProtocolError} `NOTHING_TO_PROVE`
   */
  async prove(from = this.node.verifiedBatches + 1, to = this.node.batches.length): Promise<ProvenRange> {
    if (to < from) throw new ProtocolError("NOTHING_TO_PROVE", `batches ${from} … ${to}`);
    const proofs: BatchProof[] = [];
    for (let number = from; number <= to; number++) {
      const batch = this.node.batch(number);
      proofs.push(await this.#proveBatch(batch));
      if (batch.departures.length > 0) break;
    }
    return { from, proofs };
  }

  /**
   * Submits proofs.
   *
   * @param range what `prove` gave
   * @throws {Error} if L1 rejects them, for instance because somebody else was first
   */
  async submit({ from, proofs }: ProvenRange): Promise<ContractTransactionReceipt> {
    const consensus = this.node.system.consensus.connect(this.signer);
    const gasLimit = gasLimitFor(await consensus.verify.estimateGas(from, proofs));
    const sent = await consensus.verify(from, proofs, { gasLimit });
    const receipt = await sent.wait();
    if (receipt === null) throw new ProtocolError("NOT_MINED", `transaction ${sent.hash} was not mined`);
    return receipt;
  }

  async #proveBatch(batch: NodeBatch): Promise<BatchProof> {
    const binding = {
      z: batch.result.z,
      context: batch.context,
      worker: addressToUint(await this.signer.getAddress()),
    };
    const leaves: LeafProof[] = [];
    for (const leaf of batch.result.leaves) {
      const signals = leafPublicSignals(leaf, binding);
      const result = await this.#prover.prove("leaf", { ...leafCircuitInput(leaf, binding) });
      this.#onProof({ circuit: "leaf", seconds: result.seconds, cached: result.cached });
      leaves.push({
        newStateRoot: signals.newStateRoot,
        exitsRoot: signals.exitsRoot,
        proverFees: signals.proverFees,
        commitment: signals.c,
        evaluation: signals.y,
        digest: signals.digest,
        proof: [...toProofWords(result.proof)],
      });
    }
    return {
      record: batch.record,
      leaves,
      // The sequencer's commitments are false: show L1 the data once more, with the true ones.
      falseOpenings: batch.truthful ? ZeroHash : batch.openings,
      data: batch.truthful ? "0x" : hexlify(batch.data),
    };
  }
}
