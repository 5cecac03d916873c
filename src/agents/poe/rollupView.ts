// SPDX-License-Identifier: MIT
import { AbiCoder, concat, dataSlice, keccak256, type Log, type LogDescription } from "ethers";

import type { ProofOfEfficiency, Rollup } from "../../../typechain-types/index.ts";
import { decodeHeader, toBytes } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import { applyBatch, evaluateData, evaluationPoint, State, type BatchResult } from "../../ledger/index.ts";
import type { Profile } from "../../profile.ts";
import { CoreLog } from "../coreLog.ts";
import { requireHash, requireNext, requireRecorded } from "../../chain/index.ts";
import { ExecutedBatches, type ExecutedBatch, type Execution, type Settled } from "../executedBatches.ts";
import type { SettledBatch } from "../ledgerNode.ts";
import type { BatchDeparture } from "../migrations.ts";
import type { StorableView } from "../nodeStorage.ts";
import { addressToUint } from "../system.ts";
import type { SavedBatch, SavedFacts, SavedItem, SavedLengths, SavedProof, SavedView } from "./savedView.ts";

/** Record of a batch, which L1 folded into the batch's accumulator (`IProofOfEfficiency.BatchRecord`). */
export interface BatchRecord {
  readonly sequencer: string;
  readonly header: bigint;
  readonly dataHash: string;
  readonly fee: bigint;
  readonly bond: bigint;
  readonly forcedFees: bigint;
}

/** The execution of a batch: its states, and what its proofs are made of. */
export type BatchExecution = Execution<BatchResult>;

/** A sequenced batch and its one result. */
export interface NodeBatch extends ExecutedBatch {
  /** Record of the batch. L1 keeps its hash. */
  readonly record: BatchRecord;
  /** keccak256 of the commitments and evaluations that L1 recorded. */
  readonly openings: string;
  /** Whether the sequencer's commitments are those of the data. */
  readonly truthful: boolean;
  /** Public input `context` of the batch's proofs. */
  readonly context: bigint;
  /** The effects of its execution. `proverFees` are in units of the fee token; `stateRoot` is that before its departures. */
  readonly result: SettledBatch["result"] & Pick<BatchResult, "proverFees"> & { readonly stateRoot: Field };
  /** Its execution; undefined if the batch is final and its node keeps its states elsewhere (`NodeStorage`). */
  readonly execution: BatchExecution | undefined;
  /** The proof that made it final; undefined if it is not, or if the node began with a snapshot in which it was. */
  readonly proof: SavedProof | undefined;
}

/** Posted parts of a batch of which L1 keeps only hashes. */
export interface PostedBatch {
  readonly data: Uint8Array;
  readonly commitments: readonly bigint[];
}

/** A batch of which the hash of its commitments and evaluations is known, but not what its sequencer committed to. */
export interface OpenedBatch {
  readonly data: Uint8Array;
  /** keccak256 of the commitments and evaluations that L1 recorded. */
  readonly openings: string;
}

const RECORD =
  "tuple(address sequencer, uint256 header, bytes32 dataHash, uint256 fee, uint256 bond, uint256 forcedFees)";

/** The state of a Proof-of-Efficiency rollup that follows from its events up to a block of L1. */
export class RollupView implements StorableView<RollupView, SavedFacts, SavedItem> {
  readonly core: CoreLog;
  readonly #profile: Profile;
  readonly #domain: Field;
  #batches: ExecutedBatches<NodeBatch>;
  #isDeployed = false;
  #verified = 0;
  #sequencedForced = 0;
  #accumulator: string;
  #proofs: SavedProof[] = [];

  constructor(profile: Profile, domain: Field, core = new CoreLog(profile)) {
    this.#profile = profile;
    this.#domain = domain;
    this.core = core;
    this.#accumulator = firstAccumulator(domain);
    this.#batches = new ExecutedBatches({ batches: 0, state: State.genesis(profile) });
  }

  /**
   * The view that was saved. Batches that were not proven, or whose departures were not done, are executed again.
   *
   * @param saved its facts, and its lists from their beginnings on
   * @param base the state that was saved with it
   * @throws {ProtocolError} `STATE_MISMATCH` if the parts do not belong together
   */
  static restore(profile: Profile, domain: Field, saved: SavedView, base: State): RollupView {
    const { facts, lists } = saved;
    const view = new RollupView(profile, domain, CoreLog.restore(profile, saved.facts, saved.lists));
    view.#isDeployed = facts.isConsensusDeployed;
    view.#accumulator = facts.accumulator;
    view.#verified = facts.verified;
    view.#sequencedForced = facts.sequencedForced;
    view.#proofs = [...lists.proof];
    view.#batches = new ExecutedBatches({ batches: facts.base, state: base });
    const proven = lists.proof.flatMap((proof) => Array<SavedProof>(proof.to - proof.from + 1).fill(proof));
    let forced = 0;
    for (const [i, batch] of lists.batch.entries()) {
      const { record, data, postedAt, openings, truthful, context, leaves, proverFees, departures } = batch;
      const header = decodeHeader(record.header);
      const stateRoot = toField(batch.stateRoot);
      const execution = i < facts.base ? undefined : view.#execute(record, data, forced);
      if (execution !== undefined && execution.result.state.root !== stateRoot) {
        throw new ProtocolError(
          "STATE_MISMATCH",
          { differences: [{ what: "state root", expected: stateRoot, found: execution.result.state.root }] },
          `batch ${i + 1} gives another state than the one that was saved`,
        );
      }
      forced += header.forcedCount;
      const proof = proven[i];
      view.#batches.push({
        ...{
          number: i + 1,
          record,
          header,
          data,
          postedAt,
          provenAt: proof?.block,
          proof: knownProof(proof),
          openings,
          truthful,
          context,
        },
        result: { leaves, proverFees, stateRoot },
        departures: departures.map((id) => ({ request: view.core.migrations.request(id) })),
        execution,
      });
    }
    return view;
  }

  /** Its facts, and the items of its lists beyond these lengths. */
  save(after: SavedLengths): SavedView {
    const core = this.core.save(after);
    return {
      facts: {
        ...core.facts,
        isConsensusDeployed: this.#isDeployed,
        accumulator: this.#accumulator,
        verified: this.#verified,
        sequencedForced: this.#sequencedForced,
        base: this.settled.batches,
      },
      lists: {
        ...core.lists,
        batch: this.batches.slice(after.batch).map(toSaved),
        proof: this.#proofs.slice(after.proof),
      },
    };
  }

  /** The newest state that no further proof or departure changes, and the number of batches in it. */
  get settled(): Settled {
    const batches = this.#batches.settled(this.#verified, this.core.migrations);
    return { batches, state: this.stateAfter(batches) };
  }

  release(state: State): void {
    this.#batches.release({ ...this.settled, state });
  }

  clone(): RollupView {
    const copy = new RollupView(this.#profile, this.#domain, this.core.clone());
    copy.#batches = this.#batches.clone();
    copy.#isDeployed = this.#isDeployed;
    copy.#verified = this.#verified;
    copy.#sequencedForced = this.#sequencedForced;
    copy.#accumulator = this.#accumulator;
    copy.#proofs = [...this.#proofs];
    return copy;
  }

  /** Batches in order; batch i at i − 1. */
  get batches(): readonly NodeBatch[] {
    return this.#batches.all;
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
    return this.#batches.finalState(this.#verified, this.core.migrations);
  }

  /** The departure that has to happen before the state advances. */
  get dueDeparture(): BatchDeparture | undefined {
    return this.#batches.dueDeparture(this.#verified, this.core.migrations);
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): NodeBatch {
    return this.#batches.get(number);
  }

  /** As `ExecutedBatches.stateAfter`. @throws {ProtocolError} `UNKNOWN_BATCH`, `STATE_RELEASED` */
  stateAfter(number: number): State {
    return this.#batches.stateAfter(number);
  }

  /**
   * Takes an event of the consensus.
   *
   * @param posted the posted batch, if the event is `BatchSequenced`
   * @throws {ProtocolError} `EVENTS_MISSING`, `DATA_UNAVAILABLE`, `STATE_MISMATCH` for what does not fit
   */
  readConsensus(
    event: Pick<LogDescription, "name" | "args">,
    { blockNumber }: Pick<Log, "blockNumber">,
    posted?: PostedBatch,
  ): void {
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
        this.settle(args["stateRoot"] as bigint, {
          ...{ from: Number(args["from"]), to: Number(args["to"]) },
          ...{ block: blockNumber, aggregator: args["aggregator"] as string, reward: args["reward"] as bigint },
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
   * @param posted its data, and the commitments of its sequencer or what L1 has recorded of them
   * @param postedAt block of L1
   * @param recorded accumulator that L1 recorded, if it did
   * @throws {ProtocolError} `DATA_UNAVAILABLE` if the data or the accumulator is another one than L1 recorded
   */
  append(posted: PostedBatch | OpenedBatch, record: BatchRecord, postedAt: number, recorded?: string): void {
    const { data } = posted;
    const number = this.#batches.length + 1;
    requireHash(`the data hash of batch ${number}`, keccak256(data), record.dataHash);
    const commitments = "commitments" in posted ? posted.commitments.map(toField) : undefined;
    const openings = "openings" in posted ? posted.openings : this.#openings(record, data, commitments!);
    const full = accumulate(this.#accumulator, record, openings);
    if (recorded !== undefined) requireHash(`the accumulator of batch ${number}`, truncate(full), recorded);

    const header = decodeHeader(record.header);
    const execution = this.#execute(record, data, this.#sequencedForced);
    const { leaves, proverFees, state } = execution.result;
    this.#accumulator = truncate(full);
    this.#sequencedForced += header.forcedCount;
    const trueCommitments = leaves.map(({ c }) => c);
    this.#batches.push({
      number,
      record,
      header,
      data,
      postedAt,
      provenAt: undefined,
      proof: undefined,
      openings,
      truthful:
        commitments === undefined
          ? this.#openings(record, data, trueCommitments) === openings
          : trueCommitments.every((c, i) => c === commitments[i]),
      context: BigInt(full) >> 8n,
      result: {
        leaves: leaves.map(({ outcomes, exits }) => ({ outcomes, exits })),
        proverFees,
        stateRoot: state.root,
      },
      departures: execution.departures,
      execution,
    });
  }

  /** keccak256 of commitments, and of the evaluations that follow from them. */
  #openings({ dataHash }: BatchRecord, data: Uint8Array, commitments: readonly Field[]): string {
    const evaluations = evaluateData(this.#profile, data, evaluationPoint(dataHash, commitments));
    return keccak256(concat([...commitments, ...evaluations].map((word) => toBytes(word, 32))));
  }

  /** Executes the next batch. @param first number of forced operations before it */
  #execute(record: BatchRecord, data: Uint8Array, first: number): BatchExecution {
    const header = decodeHeader(record.header);
    const taken = this.core.forcedOperations.slice(first, first + header.forcedCount);
    const { migrations } = this.core;
    const result = applyBatch(
      this.#profile,
      this.stateAfter(this.#batches.length),
      { header, data },
      { sequencer: addressToUint(record.sequencer), domain: this.#domain, arrivals: migrations.arrivals },
    );
    return { result, departures: migrations.apply(result.state, this.#domain, first, taken) };
  }

  /**
   * Takes a proof of the next batches. The core's events about it have to follow.
   *
   * @param stateRoot state that L1 settled
   * @throws {ProtocolError} `EVENTS_MISSING`, `STATE_MISMATCH`
   */
  settle(stateRoot: bigint, proof: SavedProof): void {
    const { to } = proof;
    if (to > this.#batches.length) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "BatchSequenced", expected: to, found: this.#batches.length },
        `the endpoint's logs have a proof of batch ${to} of ${this.#batches.length}`,
      );
    }
    if (this.batch(to).result.stateRoot !== stateRoot) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: stateRoot, found: this.batch(to).result.stateRoot }] },
        `L1 settled another state after batch ${to}`,
      );
    }
    for (let number = this.#verified + 1; number <= to; number++) {
      this.#batches.replace({ ...this.batch(number), provenAt: proof.block, proof: knownProof(proof) });
    }
    this.core.expectSettlement(this.batches.slice(this.#verified, to));
    this.#proofs.push(proof);
    this.#verified = to;
  }
}

/** Of a proof in a snapshot only that it was there is sure. */
const knownProof = (proof: SavedProof | undefined): SavedProof | undefined =>
  proof?.aggregator === undefined ? undefined : proof;

const toRecord = ({ sequencer, header, dataHash, fee, bond, forcedFees }: BatchRecord): BatchRecord => ({
  sequencer,
  header,
  dataHash,
  fee,
  bond,
  forcedFees,
});

const toSaved = ({
  record,
  data,
  postedAt,
  openings,
  truthful,
  context,
  result,
  departures,
}: NodeBatch): SavedBatch => ({
  ...{ record, data, postedAt, openings, truthful, context, proverFees: result.proverFees },
  ...{ stateRoot: result.stateRoot, leaves: result.leaves },
  departures: departures.map(({ request }) => request.id),
});

/** `IProofOfEfficiency.batchEntry` of batch 0, 27 bytes in hex. */
export const firstAccumulator = (domain: bigint): string => truncate(keccak256(toBytes(domain, 32)));

/** Accumulator of the batch after that of `previous`, 32 bytes in hex; L1 keeps the first 27 of them. */
export const accumulate = (previous: string, record: BatchRecord, openings: string): string =>
  keccak256(AbiCoder.defaultAbiCoder().encode(["bytes27", RECORD, "bytes32"], [previous, record, openings]));

/** The first 216 bits, as L1 keeps them. */
export const truncate = (hash: string): string => dataSlice(hash, 0, 27);
