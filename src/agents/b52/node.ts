// SPDX-License-Identifier: MIT
import { AbiCoder, getBytes, keccak256, toBeHex, zeroPadValue, type Log, type LogDescription } from "ethers";

import type {
  B52ParametersStructOutput,
  IProverRegistry,
  RoundResultStruct,
  SubmissionStruct,
} from "../../../typechain-types/contracts/interfaces/IB52.ts";
import { NO_DRAW, type Proposal, type RegistryTree, type Voters } from "../../b52/index.ts";
import type { Header } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import type { Environment, State } from "../../ledger/index.ts";
import {
  findCall,
  findLog,
  readAgain,
  readCalldata,
  readContracts,
  requireHash,
  type BlockRange,
  type ContractLog,
  type L1Cursor,
} from "../../chain/index.ts";
import type { Candidate, LedgerNode } from "../ledgerNode.ts";
import type { BatchDeparture, MigrationLog } from "../migrations.ts";
import { cursorAfter, goBack, goBackBefore, keepIn, type Kept, type NodeStorage } from "../nodeStorage.ts";
import type { Settlement } from "../settlement.ts";
import type { ChainBlock, Chore, NodeDefault, ProvenBlock, RoundStart, TicketRecord } from "./blocks.ts";
import { toPlain } from "./plain.ts";
import type { SavedB52Facts, SavedB52Item } from "./savedView.ts";
import type { B52System } from "./system.ts";
import { B52View, entryKey, type B52Setting } from "./view/index.ts";

type Source = "consensus" | "core" | "registry";
type B52Storage = NodeStorage<SavedB52Facts, SavedB52Item>;
type KeptB52View = Kept<SavedB52Facts, SavedB52Item>;

/** After so many blocks of L1 the logs of the last ones are asked for again. */
const LOOK_AGAIN = 16;

/**
 * Follows a B52 rollup from L1 alone: the forced queue, the provers' registry at each round, commitments, proven blocks
 * with their data, and the chain of winners.
 */
export class B52Node implements LedgerNode {
  /** Addresses and contracts of the rollup that the node follows. */
  readonly system: B52System;
  readonly domain: Field;
  /** Fixed at deployment. */
  readonly parameters: B52ParametersStructOutput;
  /** Rules of the tickets, fixed at deployment. */
  readonly staking: IProverRegistry.StakingParametersStructOutput;
  readonly #cursor: L1Cursor<B52View>;
  readonly #storage: B52Storage | undefined;
  /** L1 block up to which logs were asked for again. */
  #lookedAt: number;

  private constructor(
    system: B52System,
    setting: B52Setting,
    storage: B52Storage | undefined,
    kept: KeptB52View | undefined,
  ) {
    this.system = system;
    ({ domain: this.domain, parameters: this.parameters, staking: this.staking } = setting);
    this.#storage = storage;
    this.#cursor = cursorAfter(
      system,
      kept,
      (saved) => B52View.restore(setting, saved, saved.base),
      () => new B52View(setting),
    );
    this.#lookedAt = this.block;
  }

  /**
   * Opens a node and brings it up to the head of L1.
   *
   * @param storage keeps what was read: the node goes on after the last block that it has and that L1 still has. Each
   *   view is kept as soon as it was compared, and states that nobody can defend a node on any more are given up in memory
   * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT`; `L1_BEHIND` if L1's head is before all blocks of the storage; as `sync`;
   *   the storage's errors
   */
  static async open(system: B52System, storage?: NodeStorage<SavedB52Facts, SavedB52Item>): Promise<B52Node> {
    if (storage !== undefined) await goBack(system, storage);
    const kept = storage?.load();
    const [known] = kept?.lists.deployment ?? [];
    const deployment = await readAgain(system.reading ?? {}, () => readDeployment(system, known));
    const domain = toField(await system.rollup.DOMAIN());
    const setting = { system, domain, deployment, ...deployedIn(deployment, system) };
    const node = new B52Node(system, setting, storage, kept);
    await node.sync();
    return node;
  }

  /** Number of the last L1 block that was read. */
  get block(): number {
    return this.#cursor.next - 1;
  }

  /** Time of that block, in unix seconds. */
  get now(): bigint {
    return this.#view.now;
  }

  /** Commitment hash of the last block of the chain. */
  get head(): string {
    return this.#view.head;
  }

  /** The chain of winners; height i at i − 1. */
  get batches(): readonly ChainBlock[] {
    return this.#view.chain;
  }

  get verifiedBatches(): number {
    return this.#view.chain.length;
  }

  get baseFee(): bigint {
    return this.parameters.baseFee;
  }

  get virtualBatches(): readonly ChainBlock[] {
    return this.#view.decided === undefined ? [] : [this.#view.decided];
  }

  get candidates(): readonly Candidate[] {
    const view = this.#view;
    if (view.decided !== undefined || this.isFrozen) return [];
    return view.provenNext.map(({ proposal, submission }) => ({
      proposer: proposal.proposer,
      header: view.headerOfSubmission(proposal.round, submission),
      data: getBytes(submission.data),
    }));
  }

  get virtualState(): State {
    return this.#view.virtualState;
  }

  get finalState(): State {
    return this.#view.finalState;
  }

  get isFrozen(): boolean {
    return this.#view.core.isFrozen;
  }

  get migrations(): MigrationLog {
    return this.#view.core.migrations;
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#view.dueDeparture;
  }

  get settlements(): readonly Settlement[] {
    return this.#view.core.settlements;
  }

  /** The forced queue: 93 bytes each, operation i at i − 1. */
  get forcedOperations(): readonly Uint8Array[] {
    return this.#view.core.forcedOperations;
  }

  /** Number of forced operations that the chain has executed. */
  get executedForced(): number {
    return this.#view.executedForced;
  }

  /** The provers' keys now. */
  get registry(): RegistryTree {
    return this.#view.keys.registry;
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  batch(number: number): ChainBlock {
    return this.#view.block(number);
  }

  /**
   * State after a height and its departures, 0 being the genesis.
   *
   * @throws {ProtocolError} `UNKNOWN_BATCH`; `STATE_RELEASED` if the node keeps its states in a storage, and nobody can
   *   defend a node of the next block any more
   */
  stateAfter(height: number): State {
    return this.#view.stateAfter(height);
  }

  /** @throws {ProtocolError} `UNKNOWN_ROUND` */
  round(id: bigint): RoundStart {
    return this.#view.round(id);
  }

  /**
   * Those whose votes count in a round: as it was opened, or, if it is not open, as it would be opened now.
   *
   * @throws {Error} of the endpoint, if the round is not open and tickets are drawn
   */
  async votersOf(round: bigint): Promise<Voters> {
    if (round <= BigInt(this.rounds)) return this.round(round);
    const draw = this.staking.electedTickets === 0n ? NO_DRAW : await this.system.registry.drawOf(round);
    return { registry: this.registry, draw };
  }

  /** How a round ended; undefined if it is not over, or could not be proven. */
  resultOf(round: bigint): RoundResultStruct | undefined {
    return this.#view.rounds.resultOf(round);
  }

  /** Number of rounds of which L1 keeps results and records (docs/b52.md §5.3). */
  get roundsKept(): bigint {
    return this.#view.rounds.kept;
  }

  /** Bids, rewards and demands that anybody can settle, pay and close now, the oldest first: later rounds need their place. */
  get chores(): readonly Chore[] {
    return this.#view.chores;
  }

  /** Proposals of a round, in order of commitment. */
  proposalsOf(round: bigint): Proposal[] {
    return this.#proposals.filter((proposal) => proposal.round === round);
  }

  /** All proposals of an address, in order of commitment. */
  proposalsBy(proposer: string): Proposal[] {
    return this.#proposals.filter((proposal) => proposal.proposer === proposer);
  }

  /** L1 block in which a proposal was committed; undefined if it was not. */
  committedAt(proposal: Pick<Proposal, "round" | "proposer">): number | undefined {
    return this.#view.entries.proposals.get(entryKey(proposal.round, proposal.proposer))?.committedAt;
  }

  /** A block that was proven, whether or not it won; undefined if it was not. */
  findProven(round: bigint, proposer: string): ProvenBlock | undefined {
    return this.#view.entries.find(round, proposer);
  }

  /** A block that was proven, whether or not it won. @throws {ProtocolError} `UNKNOWN_BLOCK` */
  provenBlock(round: bigint, proposer: string): ProvenBlock {
    const block = this.findProven(round, proposer);
    if (block === undefined) {
      throw new ProtocolError("UNKNOWN_BLOCK", { round, proposer }, `${proposer} proved nothing in round ${round}`);
    }
    return block;
  }

  /** All blocks that were proven, whether or not they won, in the order of their first submissions. */
  get provenBlocks(): readonly ProvenBlock[] {
    return [...this.#view.entries.proven.values()];
  }

  /** Promised nodes of a proven block that nobody has delivered, with what became of each since. */
  defaultsOf(block: ProvenBlock): readonly NodeDefault[] {
    return this.#view.court.defaultsOf(block);
  }

  /** Owner of a ticket, also of one that has left; undefined if nobody ever joined with it. */
  ownerOf(ticket: number): string | undefined {
    return this.#view.keys.ownerOf(ticket);
  }

  /** Tickets that somebody has or had, by their ids. */
  get tickets(): readonly TicketRecord[] {
    return this.#view.keys.tickets;
  }

  /** Number of rounds that were opened: their ids are 1, 2, 3, … */
  get rounds(): number {
    return this.#view.rounds.opened;
  }

  /** Whether a proposal's bid was settled. */
  isSettled(proposal: Pick<Proposal, "round" | "proposer">): boolean {
    return this.#view.payments.isSettled(proposal.round, proposal.proposer);
  }

  /** The round of a height that was opened last, whether or not it is over; undefined if none was. */
  lastRoundOf(height: number): RoundStart | undefined {
    return this.#view.rounds.lastOf(height);
  }

  /** The transactions that a block of this height has to begin with, after its forced operations (docs/b52.md §5.1). */
  listDue(height: bigint): readonly Uint8Array[] {
    return this.#view.rounds.slotsDue(height);
  }

  /** The environment in which the leaf circuit executes a proposer's block. */
  environmentOf(proposer: string): Environment {
    return this.#view.environmentOf(proposer);
  }

  /**
   * The header that L1 gives a block of this round (docs/b52.md §5).
   *
   * @param round its id
   * @param fields the fields that the block itself contains
   */
  headerOf(round: bigint, fields: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">): Header {
    return this.#view.headerOf(round, fields);
  }

  /** Begin and end of a round's proof window, in unix seconds. */
  proofWindowOf(round: bigint): { readonly opensAt: bigint; readonly closesAt: bigint } {
    return this.#view.rounds.proofWindowOf(round);
  }

  /**
   * Reads on, up to the head of L1 less the confirmations.
   *
   * @throws {ProtocolError} as `L1Cursor.advance`. `REORGANISED` also if the endpoint has logs of a block that it left
   *   out when the block was read; the storage has gone back before the block then
   */
  async sync(): Promise<void> {
    await this.#cursor.advance(this.system.provider, {
      read: (view, range) => this.#read(view, range),
      compare: (view, block) => view.compare(this.system, block),
      keep: keepIn(this.#storage),
    });
    await this.#lookAgain();
  }

  /**
   * Asks for the logs of the last blocks again, now and then. L1's state shows most of what logs say, but no commitments
   * and no demands: an endpoint that left one out once would have hidden it for ever.
   */
  async #lookAgain(): Promise<void> {
    const { range } = this.#view.recent;
    const { block } = this;
    if (range === undefined || block < this.#lookedAt + LOOK_AGAIN) return;
    const missed = await this.#readLogs(range).then(
      (logs) => this.#view.recent.firstMissed(logs.map(({ log }) => log)),
      // The endpoint does not answer: it is asked again after the next block.
      () => NaN,
    );
    if (Number.isNaN(missed)) return;
    this.#lookedAt = block;
    if (missed === undefined) return;
    if (this.#storage !== undefined) goBackBefore(this.#storage, missed);
    throw new ProtocolError(
      "REORGANISED",
      { block: missed },
      `the endpoint had left out logs of block ${missed} when it was read; open the rollup again`,
    );
  }

  #readLogs(range: Pick<BlockRange, "from" | "to">): Promise<ContractLog<Source>[]> {
    const { provider, consensus, rollup, registry } = this.system;
    return readContracts(provider, { consensus, core: rollup, registry }, range);
  }

  get #proposals(): Proposal[] {
    return [...this.#view.entries.proposals.values()].map(({ proposal }) => proposal);
  }

  /** The data that were read from L1 and compared with its state. */
  get #view(): B52View {
    return this.#cursor.view;
  }

  async #read(view: B52View, range: BlockRange): Promise<void> {
    const logs = await this.#readLogs(range);
    view.recent.note(
      range,
      logs.map(({ log }) => log),
    );
    const submissions = await this.#readSubmissions(logs);
    for (const { source, event, log } of logs) {
      if (event.name === "BlockProven" && source === "consensus") await this.#findCommitment(view, event);
      if (source === "consensus") view.readConsensus(event, log, submissions.get(log));
      else if (source === "registry") view.keys.read(event);
      else view.core.read(event);
    }
    view.core.requireComplete();
    view.decide(range.timestamp);
  }

  /**
   * Reads the commitment of a block that was proven, if the endpoint left it out when its L1 block was read: no log that
   * is still to be read has it. A proposal of the round is committed after the height before the last one.
   */
  async #findCommitment(view: B52View, { args }: LogDescription): Promise<void> {
    const [round, proposer] = [args["round"] as bigint, args["proposer"] as string];
    if (view.entries.proposals.has(entryKey(round, proposer))) return;
    const { provider, consensus, deploymentBlock, reading } = this.system;
    const { topicHash } = consensus.interface.getEvent("ProposalCommitted");
    const topics = [topicHash, toBeHex(round, 32), zeroPadValue(proposer, 32)];
    const from = view.chain.at(-2)?.provenAt ?? deploymentBlock;
    const log = await findLog(provider, { address: await consensus.getAddress(), topics }, from, reading);
    const event = log && consensus.interface.parseLog(log);
    if (event) view.readConsensus(event, log);
  }

  /**
   * The submissions, by the log of `BlockProven`. If a contract or an account with code submitted the block, the
   * submission is in the log `BlockPublished` that follows, of the same block; else it is the calldata of the
   * transaction.
   */
  async #readSubmissions(logs: readonly ContractLog<Source>[]): Promise<Map<Log, SubmissionStruct>> {
    const submissions = new Map<Log, SubmissionStruct>();
    let open: { readonly log: Log; readonly event: LogDescription } | undefined;
    const direct: Log[] = [];
    for (const { event, log, source } of logs) {
      if (source !== "consensus") continue;
      if (event.name === "BlockProven") {
        if (open !== undefined) direct.push(open.log);
        open = { log, event };
      }
      if (event.name === "BlockPublished" && open?.log.transactionHash === log.transactionHash) {
        const { args } = open.event;
        if (args["round"] !== event.args["round"] || args["proposer"] !== event.args["proposer"]) continue;
        submissions.set(open.log, toPlain(event.args["submission"]) as SubmissionStruct);
        open = undefined;
      }
    }
    if (open !== undefined) direct.push(open.log);
    for (const log of direct) {
      const submission = await this.#readCalldata(log.transactionHash);
      if (submission !== undefined) submissions.set(log, submission);
    }
    return submissions;
  }

  /** The submission in the calldata of a transaction; undefined if it is no call of `submit`. */
  async #readCalldata(hash: string): Promise<SubmissionStruct | undefined> {
    const { provider, consensus } = this.system;
    const transaction = await findCall(provider, hash);
    const fragment = consensus.interface.getFunction("submit");
    const isCall = transaction?.to?.toLowerCase() === (await consensus.getAddress()).toLowerCase();
    if (!isCall || transaction.data.slice(0, 10) !== fragment.selector) return undefined;
    const [, submission] = readCalldata(fragment, getBytes(transaction.data));
    return submission as unknown as SubmissionStruct;
  }
}

interface DeployedParameters {
  readonly parameters: B52ParametersStructOutput;
  readonly staking: IProverRegistry.StakingParametersStructOutput;
}

/**
 * The parameters that a B52 was deployed with, of its core, of the consensus and of its registry: the data of its event
 * `ConsensusDeployed`, whose hash L1 keeps.
 *
 * @param known those that were read before
 * @returns in hex
 * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT`; `DATA_UNAVAILABLE` if L1 recorded others
 */
async function readDeployment(system: B52System, known: string | undefined): Promise<string> {
  const { consensus } = system;
  const deployment = known ?? (await findDeployment(system));
  requireHash("the hash of the parameters", keccak256(deployment), await consensus.PARAMETERS_HASH());
  return deployment;
}

async function findDeployment({ provider, consensus, deploymentBlock, reading }: B52System): Promise<string> {
  const { topicHash } = consensus.interface.getEvent("ConsensusDeployed");
  const filter = { address: await consensus.getAddress(), topics: [topicHash] };
  const deployed = await findLog(provider, filter, deploymentBlock, reading);
  if (deployed !== undefined) return deployed.data;
  throw new ProtocolError(
    "UNKNOWN_DEPLOYMENT",
    { address: filter.address, fromBlock: deploymentBlock },
    `no deployment from block ${deploymentBlock} on`,
  );
}

/** The arguments of the event. @param deployment as `readDeployment` gives it */
function deployedIn(deployment: string, { consensus }: Pick<B52System, "consensus">): DeployedParameters {
  const { inputs } = consensus.interface.getEvent("ConsensusDeployed");
  const encoded = inputs.filter(({ indexed }) => indexed !== true);
  const values = AbiCoder.defaultAbiCoder().decode(encoded, deployment);
  return {
    parameters: values.getValue("params") as B52ParametersStructOutput,
    staking: values.getValue("staking") as IProverRegistry.StakingParametersStructOutput,
  };
}
