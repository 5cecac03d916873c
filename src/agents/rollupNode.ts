import { AbiCoder, concat, dataSlice, getBytes, keccak256, type Log } from "ethers";

import { decodeHeader, toBytes } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import { toField, type Field } from "../field.ts";
import { applyBatch, evaluateData, evaluationPoint, State, type BatchResult } from "../ledger/index.ts";
import { CoreLog } from "./coreLog.ts";
import { fetchLogs } from "./endpoint.ts";
import { L1Cursor, type BlockRange } from "./l1Cursor.ts";
import type { Candidate, LedgerNode, SettledBatch } from "./ledgerNode.ts";
import type { BatchDeparture, MigrationLog } from "./migrations.ts";
import type { SettledLeaf } from "./settlement.ts";
import { addressToUint, type ProofOfEfficiencySystem } from "./system.ts";

/** What L1 folded into a batch's accumulator (`IProofOfEfficiency.BatchRecord`). */
export interface BatchRecord {
  readonly sequencer: string;
  readonly header: bigint;
  readonly dataHash: string;
  readonly fee: bigint;
  readonly bond: bigint;
  readonly forcedFees: bigint;
}

/** A sequenced batch and its one result. */
export interface NodeBatch extends SettledBatch {
  readonly record: BatchRecord;
  /** keccak256 of the commitments and evaluations that L1 recorded. */
  readonly openings: string;
  /** Whether the sequencer's commitments are those of the data. */
  readonly truthful: boolean;
  /** Public input `context` of the batch's proofs. */
  readonly context: bigint;
  readonly result: BatchResult;
}

const RECORD =
  "tuple(address sequencer, uint256 header, bytes32 dataHash, uint256 fee, uint256 bond, uint256 forcedFees)";

/**
 * Follows a rollup from L1 alone: rebuilds the forced queue, every batch with its data, the virtual state (all
 * sequenced batches applied) and the final state (those proven).
 *
 * Source: PoE, "Once mined, these data availability L1 transactions define the L2 TXs … a virtual future state by
 * network nodes".
 */
export class RollupNode implements LedgerNode {
  readonly system: ProofOfEfficiencySystem;
  /** Domain of signatures and proofs. */
  readonly domain: Field;
  readonly baseFee: bigint;
  readonly #batches: NodeBatch[] = [];
  readonly #core: CoreLog;
  readonly #cursor: L1Cursor;
  #verified = 0;
  #accumulator: string;

  private constructor(system: ProofOfEfficiencySystem, domain: Field, baseFee: bigint) {
    this.system = system;
    this.domain = domain;
    this.baseFee = baseFee;
    this.#core = new CoreLog(system.profile);
    this.#cursor = new L1Cursor(system.deploymentBlock, system.reading);
    this.#accumulator = truncate(keccak256(toBytes(domain, 32)));
  }

  /** Opens a node and brings it up to the head of L1. */
  static async open(system: ProofOfEfficiencySystem): Promise<RollupNode> {
    const [domain, baseFee] = [await system.rollup.DOMAIN(), await system.consensus.BASE_FEE()];
    const node = new RollupNode(system, toField(domain), baseFee);
    await node.sync();
    return node;
  }

  /** Batches in order; batch i at i − 1. */
  get batches(): readonly NodeBatch[] {
    return this.#batches;
  }

  /** Number of proven batches. */
  get verifiedBatches(): number {
    return this.#verified;
  }

  get virtualBatches(): readonly NodeBatch[] {
    return this.isFrozen ? [] : this.#batches.slice(this.#verified);
  }

  /** Batches have their place as soon as they are posted: nothing competes. */
  get candidates(): readonly Candidate[] {
    return [];
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#core.forcedOperations;
  }

  /** Number of forced operations that sequenced batches took. */
  get sequencedForced(): number {
    return this.#batches.reduce((sum, { header }) => sum + header.forcedCount, 0);
  }

  /** State after all sequenced batches; those that a freeze found unproven are void. */
  get virtualState(): State {
    return this.isFrozen ? this.finalState : this.stateAfter(this.#batches.length);
  }

  /** State after the proven batches, and after the departures that have happened: its root is on L1. */
  get finalState(): State {
    if (this.#verified === 0) return this.stateAfter(0);
    const { result, departures } = this.batch(this.#verified);
    return departures[this.#departed - 1]?.result.state ?? result.state;
  }

  get isFrozen(): boolean {
    return this.#core.isFrozen;
  }

  get migrations(): MigrationLog {
    return this.#core.migrations;
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#verified === 0 ? undefined : this.batch(this.#verified).departures[this.#departed];
  }

  /** The leaves that have exits, by transition. */
  get settlements(): readonly (readonly SettledLeaf[])[] {
    return this.#core.settlements;
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): NodeBatch {
    const batch = this.#batches[number - 1];
    if (batch === undefined) {
      throw new ProtocolError("UNKNOWN_BATCH", `batch ${number} of ${this.#batches.length}`);
    }
    return batch;
  }

  /** State after batch `number` and its departures, 0 being the genesis. @throws {ProtocolError} `UNKNOWN_BATCH` */
  stateAfter(number: number): State {
    if (number === 0) return State.genesis(this.system.profile);
    const { result, departures } = this.batch(number);
    return departures.at(-1)?.result.state ?? result.state;
  }

  sync(): Promise<void> {
    return this.#cursor.advance(this.system.provider, (range) => this.#read(range));
  }

  /** Asks L1 for everything first, so that nothing has changed if it does not answer. */
  async #read({ from, to }: BlockRange): Promise<void> {
    const { provider, consensus, rollup } = this.system;
    const address = [await consensus.getAddress(), await rollup.getAddress()];
    const logs = await fetchLogs(provider, { address, fromBlock: from, toBlock: to });
    const posted = new Map<string, PostedBatch[]>();
    for (const log of logs) {
      const { transactionHash: hash } = log;
      if (consensus.interface.parseLog(log)?.name === "BatchSequenced" && !posted.has(hash)) {
        posted.set(hash, await this.#readPosted(hash));
      }
    }
    for (const log of logs) this.#apply(log, posted);
  }

  #apply(log: Log, posted: ReadonlyMap<string, PostedBatch[]>): void {
    const { consensus, rollup } = this.system;
    const parsed = consensus.interface.parseLog(log) ?? rollup.interface.parseLog(log);
    if (parsed === null) return;
    const { name, args } = parsed;
    switch (name) {
      case "BatchSequenced": {
        const batch = posted.get(log.transactionHash)?.shift();
        if (batch === undefined) {
          throw new ProtocolError("DATA_UNAVAILABLE", `no data for a batch of transaction ${log.transactionHash}`);
        }
        this.#append(batch, toRecord(args["record"] as BatchRecord), log.blockNumber);
        break;
      }
      case "BatchesVerified":
        this.#settle(Number(args["to"]), args["stateRoot"] as bigint, log.blockNumber);
        break;
      default:
        this.#core.read(parsed);
    }
  }

  #settle(to: number, stateRoot: bigint, l1Block: number): void {
    if (this.batch(to).result.state.root !== stateRoot) {
      throw new ProtocolError("STATE_MISMATCH", `L1 settled another state after batch ${to}`);
    }
    for (let number = this.#verified + 1; number <= to; number++) {
      this.#batches[number - 1] = { ...this.batch(number), provenAt: l1Block };
    }
    this.#verified = to;
  }

  /** How many departures of the last proven batch have happened. */
  get #departed(): number {
    if (this.#verified === 0) return 0;
    const happened = new Set(this.migrations.departures.map(({ id }) => id));
    return this.batch(this.#verified).departures.filter(({ request }) => happened.has(request.id)).length;
  }

  /** The batches that a transaction posted, from its calldata or, if a contract posted them, from its logs. */
  async #readPosted(hash: string): Promise<PostedBatch[]> {
    const { provider, consensus } = this.system;
    const receipt = await provider.getTransactionReceipt(hash);
    const published = (receipt?.logs ?? []).flatMap((log) => {
      const parsed = consensus.interface.parseLog(log);
      return parsed?.name === "BatchPublished" ? [toPosted(parsed.args["input"] as PostedInput)] : [];
    });
    if (published.length > 0) return published;
    const transaction = await provider.getTransaction(hash);
    const call = transaction && consensus.interface.parseTransaction(transaction);
    return call?.name === "sequence" ? (call.args["batches"] as PostedInput[]).map(toPosted) : [];
  }

  #append({ data, commitments }: PostedBatch, record: BatchRecord, postedAt: number): void {
    const { profile } = this.system;
    const header = decodeHeader(record.header);
    const batch = { header, data };
    const first = this.sequencedForced;
    const result = applyBatch(profile, this.virtualState, batch, {
      sequencer: addressToUint(record.sequencer),
      domain: this.domain,
      arrivals: this.migrations.arrivals,
    });
    const taken = this.forcedOperations.slice(first, first + header.forcedCount);
    const z = evaluationPoint(result.dataHash, commitments);
    const evaluations = evaluateData(profile, data, z);
    const openings = keccak256(concat([...commitments, ...evaluations].map((word) => toBytes(word, 32))));
    const accumulator = keccak256(
      AbiCoder.defaultAbiCoder().encode(["bytes27", RECORD, "bytes32"], [this.#accumulator, record, openings]),
    );
    this.#accumulator = truncate(accumulator);
    this.#batches.push({
      number: this.#batches.length + 1,
      record,
      header,
      data,
      postedAt,
      provenAt: undefined,
      openings,
      truthful: result.leaves.every(({ c }, i) => c === commitments[i]),
      context: BigInt(accumulator) >> 8n,
      result,
      departures: this.migrations.apply(result.state, this.domain, first, taken),
    });
  }

  /** Accumulator of the last sequenced batch, 27 bytes in hex. */
  get accumulator(): string {
    return this.#accumulator;
  }
}

interface PostedBatch {
  readonly data: Uint8Array;
  readonly commitments: readonly Field[];
}

interface PostedInput {
  readonly data: string;
  readonly commitments: readonly bigint[];
}

const toPosted = ({ data, commitments }: PostedInput): PostedBatch => ({
  data: getBytes(data),
  commitments: commitments.map(toField),
});

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
