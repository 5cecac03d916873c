// SPDX-License-Identifier: MIT
import { hexlify, type ContractTransactionReceipt, type Signer } from "ethers";

import type { Rollup } from "../../typechain-types/index.ts";
import { toProofWords } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import {
  applyMigration,
  migrationCircuitInput,
  migrationPublicSignals,
  orderedMigrationSignals,
  packPair,
  type MigrationResult,
  type TokenPair,
} from "../migration/index.ts";
import type { Prover } from "../prover/index.ts";
import type { ProofListener } from "./proofListener.ts";
import type { LedgerNode } from "./ledgerNode.ts";
import type { Departure } from "./migrations.ts";
import { decodeReverts, FOREIGN_GAS, sendTransaction, type SendOptions } from "../chain/index.ts";
import { addressToUint } from "./system.ts";

/** Whereto users move, and what they signed. */
export interface MoveOrder {
  /** Address of the target's core. */
  readonly target: string;
  /** Ids of the token in both rollups: a departure has one token. */
  readonly pair: TokenPair;
  /** Signed moves (`Wallet.move`), at most 4^levels of the profile. */
  readonly moves: readonly Uint8Array[];
}

/** Limits for the target of a migration, which is a contract of somebody else. */
export interface DeliveryLimits {
  /**
   * Wei for its forced fee. Default: ten times what this rollup asks for an operation while its queue is empty. That is
   * a constant. A limit that follows the target's current fee would protect nobody: the target could raise the fee by
   * filling its queue.
   */
  readonly maxFee?: bigint;
  /** Gas of the whole delivery. Default `FOREIGN_GAS`, or the sender's own limit. */
  readonly maxGas?: bigint;
}

/** Ratio of the highest fee that a target may ask, to that of the source while its queue is empty. */
const FEE_RATIO = 10n;

/**
 * Fee to send with a request to depart, in wei. It suffices if L1's base fee at most doubles before the request is
 * included: the fee follows that price. The surplus comes back.
 */
export async function departureFee(rollup: Pick<Rollup, "departureFee" | "runner">): Promise<bigint> {
  const block = await rollup.runner?.provider?.getBlock("latest");
  return rollup.departureFee(2n * (block?.baseFeePerGas ?? 0n));
}

/** Organises mass migrations out of a rollup: requests, proves and delivers them. Anyone can; the users have signed. */
export class Migrator {
  /** Node of the source. */
  readonly node: LedgerNode;
  /** Sends and pays on L1. */
  readonly signer: Signer;
  readonly #prover: Prover;
  readonly #onProof: ProofListener;
  readonly #sending: SendOptions;

  constructor(
    node: LedgerNode,
    signer: Signer,
    prover: Prover,
    onProof: ProofListener = () => undefined,
    sending: SendOptions = {},
  ) {
    this.node = node;
    this.signer = signer;
    this.#prover = prover;
    this.#onProof = onProof;
    this.#sending = sending;
  }

  /**
   * Puts a migration into the forced queue of a rollup that lives.
   *
   * @param order whereto, and who
   * @throws {ProtocolError} `AMBIGUOUS_PAIRS`
   */
  async request({ target, pair, moves }: MoveOrder): Promise<ContractTransactionReceipt> {
    const { rollup } = this.node.system;
    const value = await departureFee(rollup);
    const data = hexlify(Buffer.concat(moves));
    const request = rollup.requestDeparture.populateTransaction(target, packPair(pair), data, { value });
    return sendTransaction(this.signer, request, this.#sending);
  }

  /**
   * Proves the departure that has to happen before the state advances, for its fee.
   *
   * @throws {ProtocolError} `NO_DEPARTURE` if none is due; `DATA_UNAVAILABLE` if the node does not have its slot
   */
  async depart(): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    const due = this.node.dueDeparture;
    if (due === undefined) throw new ProtocolError("NO_DEPARTURE", {}, "no departure is due");
    const { id } = due.request;
    const slot = this.node.forcedOperations[id - 1];
    if (slot === undefined) {
      throw new ProtocolError("DATA_UNAVAILABLE", { what: `slot of operation ${id}` }, `no slot of operation ${id}`);
    }
    return this.#depart(id, slot, due.result);
  }

  /**
   * Proves a migration out of a frozen rollup, on its last state.
   *
   * @param order whereto, and who
   * @throws {ProtocolError} `NOT_FROZEN`, `AMBIGUOUS_PAIRS`
   */
  async departFrozen({ target, pair, moves }: MoveOrder): Promise<ContractTransactionReceipt> {
    await this.node.sync();
    if (!this.node.isFrozen) {
      throw new ProtocolError("NOT_FROZEN", {}, "a migration of a rollup that lives goes through the queue");
    }
    const result = applyMigration(this.node.system.profile, this.node.finalState, {
      moves: Buffer.concat(moves),
      domain: this.node.domain,
      target: addressToUint(target),
      tokens: packPair(pair),
    });
    return this.#depart(0, new Uint8Array(), result);
  }

  /**
   * Pays a departure into its target, for the target's forced fee. The target is a contract of somebody else: it gets no
   * more than the limits say, and nothing is sent if it asks for more.
   *
   * @param departure of `node.migrations`
   * @param limits the most that the target may take
   * @throws {ProtocolError} `FEE_ABOVE_MAXIMUM`, `GAS_ABOVE_MAXIMUM`, `REVERTED`
   */
  async deliver(departure: Departure, limits: DeliveryLimits = {}): Promise<ContractTransactionReceipt> {
    const { rollup: source } = this.node.system;
    const target = source.attach(departure.target) as typeof source;
    const fee = await decodeReverts(target.forcedFee());
    const maxFee = limits.maxFee ?? FEE_RATIO * (await source.FORCED_FEE_BASE());
    if (fee > maxFee) {
      throw new ProtocolError(
        "FEE_ABOVE_MAXIMUM",
        { fee, maximum: maxFee },
        `the target ${departure.target} asks ${fee} wei for an arrival, and may take ${maxFee}`,
      );
    }
    // The source gives the target no more than it was sent, whatever the target asks then.
    const deliver = source.deliver.populateTransaction(
      departure.number,
      words(departure.proof),
      signals(departure.signals),
      departure.arrivals,
      { value: fee },
    );
    const maxGas = limits.maxGas ?? this.#sending.maxGas ?? FOREIGN_GAS;
    return sendTransaction(this.signer, deliver, { ...this.#sending, maxGas });
  }

  async #depart(id: number, slot: Uint8Array, result: MigrationResult): Promise<ContractTransactionReceipt> {
    const binding = { worker: addressToUint(await this.signer.getAddress()) };
    const proof = await this.#prover.prove("migration", { ...migrationCircuitInput(result, binding) });
    this.#onProof({ circuit: "migration", seconds: proof.seconds, cached: proof.cached });
    const depart = this.node.system.rollup.depart.populateTransaction(
      id,
      slot,
      words(toProofWords(proof.proof)),
      signals(orderedMigrationSignals(migrationPublicSignals(result, binding))),
      hexlify(result.moves),
      hexlify(result.arrivalsData),
    );
    return sendTransaction(this.signer, depart, this.#sending);
  }
}

type Departing = Parameters<LedgerNode["system"]["rollup"]["depart"]>;

const words = (proof: readonly bigint[]): Departing[2] => [...proof] as Departing[2];
const signals = (values: readonly bigint[]): Departing[3] => [...values] as Departing[3];
