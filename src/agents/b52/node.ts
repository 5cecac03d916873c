import { getBytes, Result, type Log } from "ethers";

import type { IB52, IRollup } from "../../../typechain-types/contracts/interfaces/IB52.ts";
import { applyBlock, commitmentHash, RegistryTree, type BlockResult, type Proposal } from "../../b52/index.ts";
import { SLOT_BYTES, type Header } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import { State, type Environment } from "../../ledger/index.ts";
import { CoreLog } from "../coreLog.ts";
import { findLog, L1Cursor, type BlockRange } from "../l1Cursor.ts";
import type { Candidate, LedgerNode, SettledBatch } from "../ledgerNode.ts";
import type { BatchDeparture, MigrationLog } from "../migrations.ts";
import type { SettledLeaf } from "../settlement.ts";
import { addressToUint } from "../system.ts";
import type { B52System } from "./system.ts";

/** A proven block, with all that L1 has of it. */
export interface ProvenBlock {
  readonly proposal: Proposal;
  /** Commitment hash. */
  readonly id: string;
  readonly score: bigint;
  /** Of the block that it builds on. */
  readonly oldStateRoot: bigint;
  readonly record: IB52.BlockRecordStruct;
  readonly transition: IRollup.TransitionStruct;
  readonly submission: IB52.SubmissionStruct;
  /** L1 block in which it was submitted; of several submissions the last. */
  readonly postedAt: number;
}

/** A block of the chain, or the winner of a round that is over. */
export interface ChainBlock extends ProvenBlock, SettledBatch {
  readonly result: BlockResult;
}

/** A round as its opening told. */
export interface RoundStart {
  readonly round: bigint;
  readonly height: bigint;
  readonly opensAt: bigint;
  /** The provers' keys when it was opened. */
  readonly registry: RegistryTree;
}

/**
 * Follows a B52 rollup from L1 alone: the forced queue, the provers' registry at each round, commitments, proven blocks
 * with their data, and the chain of winners.
 */
export class B52Node implements LedgerNode {
  readonly system: B52System;
  readonly domain: Field;
  /** Fixed at deployment. */
  readonly parameters: IB52.ParametersStructOutput;
  readonly #proposals = new Map<string, Proposal>();
  readonly #proven = new Map<string, ProvenBlock>();
  readonly #results = new Map<bigint, IB52.RoundResultStruct>();
  readonly #rounds = new Map<bigint, RoundStart>();
  readonly #lists = new Map<bigint, readonly Uint8Array[]>();
  readonly #chain: ChainBlock[] = [];
  readonly #core: CoreLog;
  readonly #cursor: L1Cursor;
  #registry = RegistryTree.empty();
  /** The winner of a round that is over, until its state is settled. */
  #decided: ChainBlock | undefined;

  private constructor(system: B52System, domain: Field, parameters: IB52.ParametersStructOutput) {
    this.system = system;
    this.domain = domain;
    this.parameters = parameters;
    this.#core = new CoreLog(system.profile);
    this.#cursor = new L1Cursor(system.deploymentBlock, system.reading);
  }

  /** Opens a node and brings it up to the head of L1. @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` */
  static async open(system: B52System): Promise<B52Node> {
    const { provider, consensus, rollup, deploymentBlock, reading } = system;
    const { topicHash } = consensus.interface.getEvent("CoreDeployed");
    const filter = { address: await consensus.getAddress(), topics: [topicHash] };
    const deployed = await findLog(provider, filter, deploymentBlock, reading);
    if (deployed === undefined) {
      throw new ProtocolError("UNKNOWN_DEPLOYMENT", `no deployment from block ${deploymentBlock} on`);
    }
    const args = consensus.interface.decodeEventLog("CoreDeployed", deployed.data, deployed.topics);
    const parameters = args.getValue("params") as IB52.ParametersStructOutput;
    const node = new B52Node(system, toField(await rollup.DOMAIN()), parameters);
    await node.sync();
    return node;
  }

  /** The chain of winners; height i at i − 1. */
  get batches(): readonly ChainBlock[] {
    return this.#chain;
  }

  get verifiedBatches(): number {
    return this.#chain.length;
  }

  get baseFee(): bigint {
    return this.parameters.baseFee;
  }

  get virtualBatches(): readonly ChainBlock[] {
    return this.#decided === undefined || this.isFrozen ? [] : [this.#decided];
  }

  get candidates(): readonly Candidate[] {
    if (this.#decided !== undefined || this.isFrozen) return [];
    return this.#provenNext().map(({ proposal, submission }) => ({
      proposer: proposal.proposer,
      header: this.#headerOfSubmission(proposal.round, submission),
      data: getBytes(submission.data),
    }));
  }

  get virtualState(): State {
    if (this.isFrozen) return this.finalState;
    const block = this.#chain.at(-1);
    return block?.departures.at(-1)?.result.state ?? block?.result.state ?? State.genesis(this.system.profile);
  }

  get finalState(): State {
    const block = this.#chain.at(-1);
    const departed = block?.departures[this.#departed - 1];
    return departed?.result.state ?? block?.result.state ?? State.genesis(this.system.profile);
  }

  get isFrozen(): boolean {
    return this.#core.isFrozen;
  }

  get migrations(): MigrationLog {
    return this.#core.migrations;
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#chain.at(-1)?.departures[this.#departed];
  }

  /** How many departures of the head have happened. */
  get #departed(): number {
    const happened = new Set(this.migrations.departures.map(({ id }) => id));
    const departures = this.#chain.at(-1)?.departures ?? [];
    return departures.filter(({ request }) => happened.has(request.id)).length;
  }

  get settlements(): readonly (readonly SettledLeaf[])[] {
    return this.#core.settlements;
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#core.forcedOperations;
  }

  /** Number of forced operations that the chain has executed. */
  get executedForced(): number {
    return this.#chain.reduce((sum, { transition }) => sum + Number(transition.forcedCount), 0);
  }

  /** The provers' keys now. */
  get registry(): RegistryTree {
    return this.#registry;
  }

  batch(number: number): ChainBlock {
    const block = this.#chain[number - 1];
    if (block === undefined) throw new ProtocolError("UNKNOWN_BATCH", `block ${number} of ${this.#chain.length}`);
    return block;
  }

  /** @throws {ProtocolError} `UNKNOWN_ROUND` */
  round(id: bigint): RoundStart {
    const round = this.#rounds.get(id);
    if (round === undefined) throw new ProtocolError("UNKNOWN_ROUND", `round ${id} was not opened`);
    return round;
  }

  /** How a round ended; undefined if it is not over, or could not be proven. */
  resultOf(round: bigint): IB52.RoundResultStruct | undefined {
    return this.#results.get(round);
  }

  /** Proposals of a round, in order of commitment. */
  proposalsOf(round: bigint): Proposal[] {
    return [...this.#proposals.values()].filter((proposal) => proposal.round === round);
  }

  /** All proposals of an address, in order of commitment. */
  proposalsBy(proposer: string): Proposal[] {
    return [...this.#proposals.values()].filter((proposal) => proposal.proposer === proposer);
  }

  /** A block that was proven, whether or not it won; undefined if it was not. */
  findProven(round: bigint, proposer: string): ProvenBlock | undefined {
    return this.#proven.get(keyOf(round, proposer));
  }

  /** A block that was proven, whether or not it won. @throws {ProtocolError} `UNKNOWN_BLOCK` */
  provenBlock(round: bigint, proposer: string): ProvenBlock {
    const block = this.findProven(round, proposer);
    if (block === undefined) throw new ProtocolError("UNKNOWN_BLOCK", `${proposer} proved nothing in round ${round}`);
    return block;
  }

  /** The transactions that a block of this height has to begin with, after its forced operations (docs/b52.md §5.1). */
  listDue(height: bigint): readonly Uint8Array[] {
    return this.#lists.get(height) ?? [];
  }

  /** What the leaf circuit needs of a proposer's block. */
  environmentOf(proposer: string): Environment {
    return { sequencer: addressToUint(proposer), domain: this.domain, arrivals: this.migrations.arrivals };
  }

  /**
   * The header that L1 gives a block of this round (docs/b52.md §5).
   *
   * @param round its id
   * @param fields what the block says itself
   */
  headerOf(
    round: bigint,
    { feeToken, feeAccount, forcedCount }: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">,
  ): Header {
    const timestamp = this.round(round).opensAt + this.parameters.proposalWindow;
    return { baseFee: feeToken === 0n ? this.parameters.baseFee : 0n, feeToken, feeAccount, forcedCount, timestamp };
  }

  /** Begin and end of a round's proof window, in unix seconds. */
  proofWindowOf(round: bigint): { readonly opensAt: bigint; readonly closesAt: bigint } {
    const opensAt = this.round(round).opensAt + this.parameters.proposalWindow;
    return { opensAt, closesAt: opensAt + this.parameters.proofWindow };
  }

  sync(): Promise<void> {
    return this.#cursor.advance(this.system.provider, (range) => this.#read(range));
  }

  /** Asks L1 for everything first, so that nothing has changed if it does not answer. */
  async #read(range: BlockRange): Promise<void> {
    const { provider, consensus, rollup, registry } = this.system;
    const address = await Promise.all([consensus, rollup, registry].map((contract) => contract.getAddress()));
    const logs = await provider.getLogs({ address, fromBlock: range.from, toBlock: range.to });
    const submissions = new Map<Log, IB52.SubmissionStruct>();
    for (const log of logs) {
      const parsed = consensus.interface.parseLog(log);
      if (parsed?.name !== "BlockProven") continue;
      const [round, proposer] = [parsed.args["round"] as bigint, parsed.args["proposer"] as string];
      submissions.set(log, await this.#readSubmission(log, { round, proposer }));
    }
    for (const log of logs) this.#apply(log, submissions);
    this.#decided = this.#decide(range.timestamp);
  }

  /** Blocks that were proven for the height after the head, in the round that is not over or not settled. */
  #provenNext(): ProvenBlock[] {
    const next = BigInt(this.#chain.length + 1);
    const rounds = [...this.#rounds.values()].filter(({ height }) => height === next).map(({ round }) => round);
    const last = rounds.at(-1);
    return [...this.#proven.values()].filter(({ proposal }) => proposal.round === last);
  }

  /** After the proof window nothing can outdo the best block any more; `advanceState` only writes it down. */
  #decide(now: bigint): ChainBlock | undefined {
    const [first, ...others] = this.#provenNext();
    if (first === undefined || now < this.proofWindowOf(first.proposal.round).closesAt) return undefined;
    const winner = others.reduce((best, block) => (outranks(block, best) ? block : best), first);
    return this.#chainBlock(winner, undefined);
  }

  #apply(log: Log, submissions: ReadonlyMap<Log, IB52.SubmissionStruct>): void {
    const { consensus, rollup, registry } = this.system;
    const parsed =
      consensus.interface.parseLog(log) ?? registry.interface.parseLog(log) ?? rollup.interface.parseLog(log);
    if (parsed === null) return;
    const { name, args } = parsed;
    switch (name) {
      case "TicketJoined": {
        const [x, y] = [toField(args["keyX"] as bigint), toField(args["keyY"] as bigint)];
        this.#registry = this.#registry.set(Number(args["ticket"]), { x, y });
        break;
      }
      case "TicketLeft":
        this.#registry = this.#registry.remove(Number(args["ticket"]));
        break;
      case "RoundOpened": {
        const round = args["round"] as bigint;
        if (this.#registry.root !== args["registryRoot"]) {
          throw new ProtocolError("STATE_MISMATCH", `round ${round} opened with another registry`);
        }
        this.#rounds.set(round, {
          round,
          height: args["height"] as bigint,
          opensAt: args["opensAt"] as bigint,
          registry: this.#registry,
        });
        break;
      }
      case "ProposalCommitted": {
        const proposal = toProposal(args["proposal"] as Proposal);
        this.#proposals.set(keyOf(proposal.round, proposal.proposer), proposal);
        break;
      }
      case "BlockProven":
        this.#keepProven({
          record: toPlain(args["record"]) as IB52.BlockRecordStruct,
          score: args["score"] as bigint,
          transition: toPlain(args["transition"]) as IRollup.TransitionStruct,
          submission: submissions.get(log)!,
          postedAt: log.blockNumber,
        });
        break;
      case "RoundEnded":
        this.#end(toPlain(args["result"]) as IB52.RoundResultStruct, log.blockNumber);
        break;
      case "IncludeListDue": {
        const { submission } = this.provenBlock(args["round"] as bigint, args["proposer"] as string);
        const list = getBytes(submission.includeList);
        this.#lists.set(
          args["height"] as bigint,
          Array.from({ length: list.length / SLOT_BYTES }, (_, i) => list.slice(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)),
        );
        break;
      }
      default:
        this.#core.read(parsed);
    }
  }

  #keepProven(proven: Omit<ProvenBlock, "proposal" | "id" | "oldStateRoot">): void {
    const { record } = proven;
    const key = keyOf(BigInt(record.round), record.proposer as string);
    const proposal = this.#proposals.get(key);
    if (proposal === undefined) throw new ProtocolError("UNKNOWN_BLOCK", `no commitment for ${key}`);
    const id = commitmentHash(this.domain, proposal);
    this.#proven.set(key, { ...proven, proposal, id, oldStateRoot: this.virtualState.root });
  }

  /** What was submitted, from the calldata of the transaction or, if a contract submitted it, from its logs. */
  async #readSubmission(
    log: Log,
    { round, proposer }: Pick<Proposal, "round" | "proposer">,
  ): Promise<IB52.SubmissionStruct> {
    const { provider, consensus } = this.system;
    const receipt = await provider.getTransactionReceipt(log.transactionHash);
    for (const other of receipt?.logs ?? []) {
      const parsed = consensus.interface.parseLog(other);
      if (parsed?.name === "BlockPublished" && parsed.args["round"] === round && parsed.args["proposer"] === proposer) {
        return toPlain(parsed.args["submission"]) as IB52.SubmissionStruct;
      }
    }
    const transaction = await provider.getTransaction(log.transactionHash);
    const call = transaction && consensus.interface.parseTransaction(transaction);
    if (call?.name !== "submit") {
      throw new ProtocolError("DATA_UNAVAILABLE", `no data in transaction ${log.transactionHash}`);
    }
    return toPlain(call.args["submission"]) as IB52.SubmissionStruct;
  }

  #end(result: IB52.RoundResultStruct, l1Block: number): void {
    const round = BigInt(result.round);
    this.#results.set(round, result);
    if (BigInt(result.winner as string) === 0n) return;
    this.#chain.push(this.#chainBlock(this.provenBlock(round, result.winner as string), l1Block));
  }

  #headerOfSubmission(round: bigint, { feeToken, feeAccount, forcedCount }: IB52.SubmissionStruct): Header {
    return this.headerOf(round, {
      feeToken: BigInt(feeToken),
      feeAccount: Number(feeAccount),
      forcedCount: Number(forcedCount),
    });
  }

  /** A proven block as the next one of the chain. @throws {ProtocolError} `STATE_MISMATCH` */
  #chainBlock(proven: ProvenBlock, provenAt: number | undefined): ChainBlock {
    const { proposal, submission, transition } = proven;
    const number = this.#chain.length + 1;
    const header = this.#headerOfSubmission(proposal.round, submission);
    const data = getBytes(submission.data);
    const environment = this.environmentOf(proposal.proposer);
    const result = applyBlock(this.system.profile, this.virtualState, { header, data }, environment);
    if (result.state.root !== BigInt(transition.newStateRoot)) {
      throw new ProtocolError("STATE_MISMATCH", `L1 settled another state at height ${number}`);
    }
    const first = this.executedForced;
    const taken = this.forcedOperations.slice(first, first + header.forcedCount);
    const departures = this.migrations.apply(result.state, this.domain, first, taken);
    return { ...proven, number, header, data, result, departures, provenAt };
  }
}

/** By score; ties go to the smaller commitment hash (docs/b52.md §6). */
const outranks = (a: ProvenBlock, b: ProvenBlock): boolean =>
  a.score === b.score ? BigInt(a.id) < BigInt(b.id) : a.score > b.score;

const keyOf = (round: bigint, proposer: string): string => `${round}/${proposer.toLowerCase()}`;

const toProposal = (args: Proposal): Proposal => ({
  proposer: args.proposer,
  round: args.round,
  height: args.height,
  parent: args.parent,
  contentHash: args.contentHash,
  bid: args.bid,
  share: args.share,
  leaves: args.leaves,
  promisedProvers: args.promisedProvers,
  transcript: args.transcript,
});

/** ethers' frozen `Result` as a plain object or array, which can be an argument again. */
function toPlain(value: unknown): unknown {
  if (!(value instanceof Result)) return value;
  const fields = fieldsOf(value);
  if (fields === undefined) return value.toArray().map(toPlain);
  return Object.fromEntries(Object.entries(fields).map(([name, item]) => [name, toPlain(item)]));
}

/** The fields of a struct; undefined for an array, whose items have no names. */
function fieldsOf(result: Result): Record<string, unknown> | undefined {
  try {
    // ethers calls the only item of an array "_".
    const fields = result.toObject() as Record<string, unknown>;
    const names = Object.keys(fields);
    return names.length > 0 && names.length === result.length && !names.includes("_") ? fields : undefined;
  } catch {
    return undefined;
  }
}
