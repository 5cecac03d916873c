// SPDX-License-Identifier: MIT
import { AbiCoder, concat, dataSlice, keccak256, type Log, type LogDescription } from "ethers";

import type { ProofOfEfficiency, Rollup } from "../../../typechain-types/index.ts";
import { decodeHeader, toBytes } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import { applyBatch, evaluateData, evaluationPoint, State, type BatchResult } from "../../ledger/index.ts";
import type { Profile } from "../../profile.ts";
import { CoreLog } from "../coreLog.ts";
import { requireHash, requireNext, requireRecorded, type View } from "../../chain/index.ts";
import type { SettledBatch } from "../ledgerNode.ts";
import type { BatchDeparture } from "../migrations.ts";
import { addressToUint } from "../system.ts";

/** Record of a batch, which L1 folded into the batch's accumulator (`IProofOfEfficiency.BatchRecord`). */
export interface BatchRecord {
  readonly sequencer: string;
  readonly header: bigint;
  readonly dataHash: string;
  readonly fee: bigint;
  readonly bond: bigint;
  readonly forcedFees: bigint;
}

/** A proof that L1 accepted, as it logged it (`IProofOfEfficiency.BatchesVerified`). */
export interface AcceptedProof {
  /** First batch that it proved. */
  readonly from: number;
  /** Last batch that it proved. */
  readonly to: number;
  /** L1 address that was paid. */
  readonly aggregator: string;
  /** Batch fees, and bonds of false commitments, of all its batches, in the native token's smallest unit. */
  readonly reward: bigint;
}

/** A sequenced batch and its one result. */
export interface NodeBatch extends SettledBatch {
  /** Record of the batch. L1 keeps its hash. */
  readonly record: BatchRecord;
  /** keccak256 of the commitments and evaluations that L1 recorded. */
  readonly openings: string;
  /** Whether the sequencer's commitments are those of the data. */
  readonly truthful: boolean;
  /** Public input `context` of the batch's proofs. */
  readonly context: bigint;
  /** Its execution. */
  readonly result: BatchResult;
  /** The proof that made it final; undefined if it is not. */
  readonly proof: AcceptedProof | undefined;
}

/** Posted parts of a batch of which L1 keeps only hashes. */
export interface PostedBatch {
  readonly data: Uint8Array;
  readonly commitments: readonly bigint[];
}

const RECORD =
  "tuple(address sequencer, uint256 header, bytes32 dataHash, uint256 fee, uint256 bond, uint256 forcedFees)";

/** The state of a Proof-of-Efficiency rollup that follows from its events up to a block of L1. */
export class RollupView implements View<RollupView> {
  readonly core: CoreLog;
  readonly #profile: Profile;
  readonly #domain: Field;
  #batches: NodeBatch[] = [];
  #isDeployed = false;
  #verified = 0;
  #sequencedForced = 0;
  #accumulator: string;

  constructor(profile: Profile, domain: Field, core = new CoreLog(profile)) {
    this.#profile = profile;
    this.#domain = domain;
    this.core = core;
    this.#accumulator = truncate(keccak256(toBytes(domain, 32)));
  }

  clone(): RollupView {
    const copy = new RollupView(this.#profile, this.#domain, this.core.clone());
    copy.#batches = [...this.#batches];
    copy.#isDeployed = this.#isDeployed;
    copy.#verified = this.#verified;
    copy.#sequencedForced = this.#sequencedForced;
    copy.#accumulator = this.#accumulator;
    return copy;
  }

  /** Batches in order; batch i at i − 1. */
  get batches(): readonly NodeBatch[] {
    return this.#batches;
  }

  /** Number of proven batches. */
  get verifiedBatches(): number {
    return this.#verified;
  }

  /** Number of forced operations that sequenced batches took. */
  get sequencedForced(): number {
    return this.#sequencedForced;
  }

  /** Accumulator of the last sequenced batch, 27 bytes in hex. */
  get accumulator(): string {
    return this.#accumulator;
  }

  /** State after all sequenced batches; those that a freeze found unproven are void. */
  get virtualState(): State {
    return this.core.isFrozen ? this.finalState : this.stateAfter(this.#batches.length);
  }

  /** State after the proven batches, and after the departures that have happened: its root is on L1. */
  get finalState(): State {
    if (this.#verified === 0) return this.stateAfter(0);
    const { result, departures } = this.batch(this.#verified);
    return departures[this.#departed - 1]?.result.state ?? result.state;
  }

  /** The departure that has to happen before the state advances. */
  get dueDeparture(): BatchDeparture | undefined {
    return this.#verified === 0 ? undefined : this.batch(this.#verified).departures[this.#departed];
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): NodeBatch {
    const batch = this.#batches[number - 1];
    if (batch === undefined) {
      throw new ProtocolError(
        "UNKNOWN_BATCH",
        { batch: number, batches: this.#batches.length },
        `batch ${number} of ${this.#batches.length}`,
      );
    }
    return batch;
  }

  /** State after batch `number` and its departures, 0 being the genesis. @throws {ProtocolError} `UNKNOWN_BATCH` */
  stateAfter(number: number): State {
    if (number === 0) return State.genesis(this.#profile);
    const { result, departures } = this.batch(number);
    return departures.at(-1)?.result.state ?? result.state;
  }

  /**
   * Takes an event of the consensus.
   *
   * @param posted the posted batch, if the event is `BatchSequenced`
   * @throws {ProtocolError} `EVENTS_MISSING`, `DATA_UNAVAILABLE`, `STATE_MISMATCH` for what does not fit
   */
  readConsensus(event: LogDescription, { blockNumber }: Pick<Log, "blockNumber">, posted?: PostedBatch): void {
    const { name, args } = event;
    switch (name) {
      case "ConsensusDeployed":
        this.#isDeployed = true;
        break;
      case "CoreDeployed":
        this.core.deployed();
        break;
      case "BatchSequenced": {
        requireNext("batch", args["batch"] as bigint, this.#batches.length + 1);
        if (posted === undefined) {
          throw new ProtocolError(
            "DATA_UNAVAILABLE",
            { what: `data of batch ${args["batch"]}` },
            `the endpoint has no data of batch ${args["batch"]}`,
          );
        }
        this.append(posted, toRecord(args["record"] as BatchRecord), blockNumber, args["accumulator"] as string);
        break;
      }
      case "BatchesVerified":
        requireNext("proven batch", args["from"] as bigint, this.#verified + 1);
        this.#settle(args["stateRoot"] as bigint, blockNumber, {
          ...{ from: Number(args["from"]), to: Number(args["to"]) },
          ...{ aggregator: args["aggregator"] as string, reward: args["reward"] as bigint },
        });
        break;
      default:
    }
  }

  /**
   * Compares with what L1 has in its state after a block.
   *
   * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if the logs begin after the deployment; `EVENTS_MISSING`,
   *   `STATE_MISMATCH`
   */
  async compare(consensus: ProofOfEfficiency, rollup: Rollup, block: number): Promise<void> {
    if (this.#isDeployed && !this.core.isDeployed) return this.core.requireNoCore(rollup, block);
    const at = { blockTag: block };
    const [sequenced, verified, forced] = await Promise.all([
      consensus.sequencedBatches(at),
      consensus.verifiedBatches(at),
      consensus.sequencedForced(at),
      this.core.compare(rollup, block),
    ]);
    requireRecorded(block, [
      ["number of sequenced batches", this.#batches.length, sequenced],
      ["number of proven batches", this.#verified, verified],
      ["number of forced operations in batches", this.#sequencedForced, forced],
    ]);
    const [accumulator] = await consensus.batchEntry(sequenced, at);
    requireRecorded(block, [["accumulator of the batches", this.#accumulator, accumulator]]);
    if (!this.#isDeployed) {
      throw new ProtocolError(
        "UNKNOWN_DEPLOYMENT",
        { address: await rollup.getAddress() },
        "the logs that were read begin after the rollup's deployment",
      );
    }
    if (this.finalState.root !== this.core.stateRoot) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: this.core.stateRoot, found: this.finalState.root }] },
        `L1 has another state than that of batch ${this.#verified}`,
      );
    }
  }

  /**
   * Sequences a batch, and executes it.
   *
   * @param postedAt block of L1
   * @param recorded accumulator that L1 recorded, if it did
   * @throws {ProtocolError} `DATA_UNAVAILABLE` if the data or the accumulator is another one than L1 recorded
   */
  append({ data, commitments: posted }: PostedBatch, record: BatchRecord, postedAt: number, recorded?: string): void {
    const number = this.#batches.length + 1;
    requireHash(`the data hash of batch ${number}`, keccak256(data), record.dataHash);
    const commitments = posted.map(toField);
    const z = evaluationPoint(record.dataHash, commitments);
    const evaluations = evaluateData(this.#profile, data, z);
    const openings = keccak256(concat([...commitments, ...evaluations].map((word) => toBytes(word, 32))));
    const full = keccak256(
      AbiCoder.defaultAbiCoder().encode(["bytes27", RECORD, "bytes32"], [this.#accumulator, record, openings]),
    );
    if (recorded !== undefined) requireHash(`the accumulator of batch ${number}`, truncate(full), recorded);

    const header = decodeHeader(record.header);
    const first = this.#sequencedForced;
    const taken = this.core.forcedOperations.slice(first, first + header.forcedCount);
    const { migrations } = this.core;
    const result = applyBatch(
      this.#profile,
      this.virtualState,
      { header, data },
      { sequencer: addressToUint(record.sequencer), domain: this.#domain, arrivals: migrations.arrivals },
    );
    const departures = migrations.apply(result.state, this.#domain, first, taken);
    this.#accumulator = truncate(full);
    this.#sequencedForced += header.forcedCount;
    this.#batches.push({
      number,
      record,
      header,
      data,
      postedAt,
      provenAt: undefined,
      proof: undefined,
      openings,
      truthful: result.leaves.every(({ c }, i) => c === commitments[i]),
      context: BigInt(full) >> 8n,
      result,
      departures,
    });
  }

  /** How many departures of the last proven batch have happened. */
  get #departed(): number {
    if (this.#verified === 0) return 0;
    const happened = new Set(this.core.migrations.departures.map(({ id }) => id));
    return this.batch(this.#verified).departures.filter(({ request }) => happened.has(request.id)).length;
  }

  #settle(stateRoot: bigint, l1Block: number, proof: AcceptedProof): void {
    const { to } = proof;
    if (to > this.#batches.length) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "BatchSequenced", expected: to, found: this.#batches.length },
        `the endpoint's logs have a proof of batch ${to} of ${this.#batches.length}`,
      );
    }
    if (this.batch(to).result.state.root !== stateRoot) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: stateRoot, found: this.batch(to).result.state.root }] },
        `L1 settled another state after batch ${to}`,
      );
    }
    for (let number = this.#verified + 1; number <= to; number++) {
      this.#batches[number - 1] = { ...this.batch(number), provenAt: l1Block, proof };
    }
    this.core.expectSettlement(this.#batches.slice(this.#verified, to));
    this.#verified = to;
  }
}

const toRecord = ({ sequencer, header, dataHash, fee, bond, forcedFees }: BatchRecord): BatchRecord => ({
  sequencer,
  header,
  dataHash,
  fee,
  bond,
  forcedFees,
});

/** The first 216 bits, as L1 keeps them. */
const truncate = (hash: string): string => dataSlice(hash, 0, 27);
