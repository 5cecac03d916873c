// SPDX-License-Identifier: MIT
import { AbiCoder, getBytes, keccak256, ZeroHash, type Log, type LogDescription } from "ethers";

import type {
  B52ParametersStructOutput,
  BlockRecordStruct,
  IRollup,
  RoundResultStruct,
  SubmissionStruct,
} from "../../../typechain-types/contracts/interfaces/IB52.ts";
import {
  applyBlock,
  commitmentHash,
  contentHash,
  RegistryTree,
  roundsKept,
  ticketOf,
  transcriptHash,
  TREE_NODES,
  type Proposal,
  type ShownVote,
} from "../../b52/index.ts";
import { SLOT_BYTES, slotsOf, toBytes, type Header } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import { State, type Environment } from "../../ledger/index.ts";
import { CoreLog } from "../coreLog.ts";
import { requireHash, requireNext, requireRecorded, type View } from "../../chain/index.ts";
import type { BatchDeparture } from "../migrations.ts";
import { addressToUint, isSameAddress } from "../system.ts";
import {
  NO_RESULT,
  outranks,
  type ChainBlock,
  type Chore,
  type NodeDefault,
  type ProvenBlock,
  type RoundStart,
  type TicketRecord,
} from "./blocks.ts";
import { toPlain } from "./plain.ts";
import { statementsOf, type StatementSetting } from "./statements.ts";
import type { B52System } from "./system.ts";

/** Facts of a rollup that never change, as far as its events do not contain them. */
export interface B52Setting {
  readonly system: Pick<B52System, "profile">;
  readonly domain: Field;
  /** Fixed at deployment. */
  readonly parameters: B52ParametersStructOutput;
  /** Stake of a ticket when it is taken, fixed at deployment. */
  readonly stake: bigint;
}

/** The state of a B52 rollup that follows from its events up to a block of L1. */
export class B52View implements View<B52View>, StatementSetting {
  readonly core: CoreLog;
  readonly system: Pick<B52System, "profile">;
  readonly domain: Field;
  readonly #setting: B52Setting;
  #proposals = new Map<string, Proposal>();
  /** L1 blocks of the commitments. */
  #committedAt = new Map<string, number>();
  #proven = new Map<string, ProvenBlock>();
  #results = new Map<bigint, RoundResultStruct>();
  #rounds = new Map<bigint, RoundStart>();
  #lists = new Map<bigint, readonly Uint8Array[]>();
  #chain: ChainBlock[] = [];
  #isDeployed = false;
  #registry = RegistryTree.empty();
  #head: string;
  /** The winner of a round that is over, until its state is settled. */
  #decided: ChainBlock | undefined;
  /** Commitments that are settled, and blocks whose rewards are paid. */
  #settled = new Set<string>();
  #paid = new Set<string>();
  /** Open demands for votes: who asked, and who answered, by node, of each block. */
  #demands = new Map<string, ReadonlyMap<number, readonly string[]>>();
  /** Nodes whose default was cleared: by a defence, or as the votes were demanded and never shown. */
  #cleared = new Map<string, ReadonlySet<number>>();
  /** Those of them that were defended. */
  #defended = new Map<string, ReadonlySet<number>>();
  /** Votes that were shown on L1, by node, of each block. */
  #shown = new Map<string, ReadonlyMap<number, readonly ShownVote[]>>();
  /** Tickets that were slashed, by round. */
  #slashed = new Map<bigint, ReadonlySet<number>>();
  /** Tickets that somebody has or had. */
  #tickets = new Map<number, TicketRecord>();
  /** Time of the L1 block up to which this is. */
  #now = 0n;

  constructor(setting: B52Setting, core = new CoreLog(setting.system.profile)) {
    this.#setting = setting;
    ({ system: this.system, domain: this.domain } = setting);
    this.core = core;
    this.#head = keccak256(toBytes(setting.domain, 32));
  }

  clone(): B52View {
    const copy = new B52View(this.#setting, this.core.clone());
    copy.#proposals = new Map(this.#proposals);
    copy.#committedAt = new Map(this.#committedAt);
    copy.#proven = new Map(this.#proven);
    copy.#results = new Map(this.#results);
    copy.#rounds = new Map(this.#rounds);
    copy.#lists = new Map(this.#lists);
    copy.#chain = [...this.#chain];
    copy.#isDeployed = this.#isDeployed;
    copy.#registry = this.#registry;
    copy.#head = this.#head;
    copy.#decided = this.#decided;
    copy.#settled = new Set(this.#settled);
    copy.#paid = new Set(this.#paid);
    copy.#demands = new Map(this.#demands);
    copy.#cleared = new Map(this.#cleared);
    copy.#defended = new Map(this.#defended);
    copy.#shown = new Map(this.#shown);
    copy.#slashed = new Map(this.#slashed);
    copy.#tickets = new Map(this.#tickets);
    copy.#now = this.#now;
    return copy;
  }

  /** The chain of winners; height i at i − 1. */
  get chain(): readonly ChainBlock[] {
    return this.#chain;
  }

  /** Time of the L1 block up to which this is, in unix seconds. */
  get now(): bigint {
    return this.#now;
  }

  /** Commitment hash of the last block of the chain. */
  get head(): string {
    return this.#head;
  }

  get decided(): ChainBlock | undefined {
    return this.core.isFrozen ? undefined : this.#decided;
  }

  get virtualState(): State {
    if (this.core.isFrozen) return this.finalState;
    const block = this.#chain.at(-1);
    return block?.departures.at(-1)?.result.state ?? block?.result.state ?? State.genesis(this.system.profile);
  }

  get finalState(): State {
    const block = this.#chain.at(-1);
    const departed = block?.departures[this.#departed - 1];
    return departed?.result.state ?? block?.result.state ?? State.genesis(this.system.profile);
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#chain.at(-1)?.departures[this.#departed];
  }

  /** Number of forced operations that the chain has executed. */
  get executedForced(): number {
    return this.#chain.reduce((sum, { transition }) => sum + Number(transition.forcedCount), 0);
  }

  /** The provers' keys now. */
  get registry(): RegistryTree {
    return this.#registry;
  }

  /** All proposals, in order of commitment. */
  get proposals(): readonly Proposal[] {
    return [...this.#proposals.values()];
  }

  /** L1 block of a commitment; undefined if there is none. */
  committedAt({ round, proposer }: Pick<Proposal, "round" | "proposer">): number | undefined {
    return this.#committedAt.get(keyOf(round, proposer));
  }

  /** @throws {ProtocolError} `UNKNOWN_ROUND` */
  round(id: bigint): RoundStart {
    const round = this.#rounds.get(id);
    if (round === undefined) throw new ProtocolError("UNKNOWN_ROUND", { round: id }, `round ${id} was not opened`);
    return round;
  }

  resultOf(round: bigint): RoundResultStruct | undefined {
    return this.#results.get(round);
  }

  findProven(round: bigint, proposer: string): ProvenBlock | undefined {
    return this.#proven.get(keyOf(round, proposer));
  }

  /** Blocks that were proven for the height after the head, in the round that is not over or not settled. */
  get provenNext(): ProvenBlock[] {
    const last = this.#lastRoundOf(this.#chain.length + 1)?.round;
    return [...this.#proven.values()].filter(({ proposal }) => proposal.round === last);
  }

  listDue(height: bigint): readonly Uint8Array[] {
    return this.#lists.get(height) ?? [];
  }

  environmentOf(proposer: string): Environment {
    return { sequencer: addressToUint(proposer), domain: this.domain, arrivals: this.core.migrations.arrivals };
  }

  headerOf(
    round: bigint,
    { feeToken, feeAccount, forcedCount }: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">,
  ): Header {
    const { baseFee, proposalWindow } = this.#setting.parameters;
    const timestamp = this.round(round).opensAt + proposalWindow;
    return { baseFee: feeToken === 0n ? baseFee : 0n, feeToken, feeAccount, forcedCount, timestamp };
  }

  headerOfSubmission(round: bigint, { feeToken, feeAccount, forcedCount }: SubmissionStruct): Header {
    return this.headerOf(round, {
      feeToken: BigInt(feeToken),
      feeAccount: Number(feeAccount),
      forcedCount: Number(forcedCount),
    });
  }

  proofWindowOf(round: bigint): { readonly opensAt: bigint; readonly closesAt: bigint } {
    const { proposalWindow, proofWindow } = this.#setting.parameters;
    const opensAt = this.round(round).opensAt + proposalWindow;
    return { opensAt, closesAt: opensAt + proofWindow };
  }

  /** Takes an event of the provers' registry. @throws {ProtocolError} `EVENTS_MISSING` for one of a ticket that nobody has */
  readRegistry({ name, args }: LogDescription): void {
    const ticket = Number(args["ticket"]);
    switch (name) {
      case "TicketJoined": {
        const [x, y] = [toField(args["keyX"] as bigint), toField(args["keyY"] as bigint)];
        this.#registry = this.#registry.set(ticket, { x, y });
        this.#tickets.set(ticket, {
          ...{ ticket, owner: args["owner"] as string, payout: args["payout"] as string, state: "active" },
          ...{ stake: this.#setting.stake, withdrawableAt: undefined, misses: 0, slashes: 0, slashed: 0n },
        });
        break;
      }
      case "TicketLeft": {
        const known = this.#ticket(ticket, name);
        this.#registry = this.#registry.remove(ticket);
        const withdrawableAt = args["withdrawableAt"] as bigint;
        this.#tickets.set(ticket, { ...known, state: "leaving", withdrawableAt });
        break;
      }
      case "TicketSlashed": {
        const { stake, slashes, slashed, ...known } = this.#ticket(ticket, name);
        const amount = args["amount"] as bigint;
        this.#tickets.set(ticket, {
          ...{ ...known, stake: stake - amount, misses: Number(args["misses"]) },
          ...{ slashes: slashes + 1, slashed: slashed + amount },
        });
        break;
      }
      case "StakeWithdrawn": {
        const { withdrawableAt: _, ...known } = this.#ticket(ticket, name);
        this.#tickets.set(ticket, { ...known, state: "free", stake: 0n, withdrawableAt: undefined });
        break;
      }
      default:
    }
  }

  #ticket(ticket: number, event: string): TicketRecord {
    const known = this.#tickets.get(ticket);
    if (known !== undefined) return known;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "TicketJoined", expected: ticket },
      `the endpoint's logs have ${event} of ticket ${ticket}, and not that somebody took it`,
    );
  }

  /**
   * Takes an event of the consensus.
   *
   * @param submission the submission, if the event is `BlockProven`
   * @throws {ProtocolError} `EVENTS_MISSING`, `DATA_UNAVAILABLE`, `STATE_MISMATCH` for what does not fit
   */
  readConsensus(event: LogDescription, { blockNumber }: Pick<Log, "blockNumber">, submission?: SubmissionStruct): void {
    const { name, args } = event;
    switch (name) {
      case "ConsensusDeployed":
        this.#isDeployed = true;
        break;
      case "CoreDeployed":
        this.core.deployed();
        break;
      case "RoundOpened":
        this.#openRound(args["round"] as bigint, {
          height: args["height"] as bigint,
          opensAt: args["opensAt"] as bigint,
          registryRoot: args["registryRoot"] as bigint,
        });
        break;
      case "ProposalCommitted": {
        const proposal = toProposal(args["proposal"] as Proposal);
        if (!this.#rounds.has(proposal.round)) {
          throw new ProtocolError(
            "EVENTS_MISSING",
            { what: "RoundOpened", expected: proposal.round },
            `the endpoint's logs do not open round ${proposal.round}`,
          );
        }
        requireHash(
          `the commitment hash of a proposal of round ${proposal.round}`,
          commitmentHash(this.domain, proposal),
          args["id"] as string,
        );
        this.#proposals.set(keyOf(proposal.round, proposal.proposer), proposal);
        this.#committedAt.set(keyOf(proposal.round, proposal.proposer), blockNumber);
        break;
      }
      case "BlockProven":
        this.#keepProven(event, blockNumber, submission);
        break;
      case "RoundEnded":
        this.#end(toPlain(args["result"]) as RoundResultStruct, args["head"] as string, blockNumber);
        break;
      case "IncludeListDue": {
        const round = args["round"] as bigint;
        const list = getBytes(this.#provenBlock(round, args["proposer"] as string).submission.includeList);
        requireHash(`the include list of round ${round}`, listHash(list), args["list"] as string);
        this.#lists.set(args["height"] as bigint, slotsOf(list));
        break;
      }
      case "CommitmentSettled":
        this.#settled.add(keyOf(args["round"] as bigint, args["proposer"] as string));
        break;
      case "RewardsPaid":
        this.#paid.add(keyOf(args["round"] as bigint, args["proposer"] as string));
        break;
      case "VotesDemanded":
        this.#changeDemand(args, () => [args["asker"] as string]);
        break;
      case "VotesShown": {
        this.#changeDemand(args, (parties) => [...parties, args["answerer"] as string]);
        const key = keyOf(args["round"] as bigint, args["proposer"] as string);
        const openings = (toPlain(args["openings"]) as ShownVote[]).map(toShownVote);
        this.#shown.set(key, new Map(this.#shown.get(key)).set(Number(args["node"]), openings));
        break;
      }
      case "DemandClosed":
        this.#changeDemand(args, (parties) => {
          // Without an answer nobody could make the proof: the default stays void.
          if (parties.length < 2) this.#clear(args);
          return undefined;
        });
        break;
      case "Defended":
        this.#clear(args);
        addNode(this.#defended, args);
        break;
      case "Slashed": {
        const round = args["round"] as bigint;
        this.#slashed.set(round, new Set(this.#slashed.get(round)).add(Number(args["ticket"])));
        break;
      }
      default:
    }
  }

  /** Number of rounds of which L1 keeps results and records (docs/b52.md §5.3). */
  get roundsKept(): bigint {
    return roundsKept(this.#setting.parameters);
  }

  /** All blocks that were proven, whether or not they won, in the order of their first submissions. */
  get provenBlocks(): readonly ProvenBlock[] {
    return [...this.#proven.values()];
  }

  /** Owner of a ticket, also of one that has left; undefined if nobody ever joined with it. */
  ownerOf(ticket: number): string | undefined {
    return this.#tickets.get(ticket)?.owner;
  }

  /** Tickets that somebody has or had, by their ids. */
  get tickets(): readonly TicketRecord[] {
    return [...this.#tickets.values()].sort((a, b) => a.ticket - b.ticket);
  }

  /** Number of rounds that were opened: their ids are 1, 2, 3, … */
  get rounds(): number {
    return this.#rounds.size;
  }

  /** Promised nodes of a proven block that nobody has delivered, with what became of each since. */
  defaultsOf(block: ProvenBlock): readonly NodeDefault[] {
    const key = keyOf(block.proposal.round, block.proposal.proposer);
    const nodes = BigInt(block.record.nodes);
    const defaults: NodeDefault[] = [];
    for (let node = 1; node < 2 * Number(block.record.leaves); node++) {
      if (((nodes >> BigInt(TREE_NODES + node)) & 1n) === 0n) continue;
      const ticket = ticketOf(BigInt(block.record.promised), node);
      const parties = this.#demands.get(key)?.get(node);
      defaults.push({
        ...{ node, ticket, isCleared: this.#cleared.get(key)?.has(node) ?? false },
        isDefended: this.#defended.get(key)?.has(node) ?? false,
        isSlashed: this.#slashed.get(block.proposal.round)?.has(ticket) ?? false,
        demand: parties?.[0] === undefined ? undefined : { asker: parties[0], answerer: parties[1] },
        shown: this.#shown.get(key)?.get(node),
      });
    }
    return defaults;
  }

  /** Whether a proposal's bid was settled. */
  isSettled({ round, proposer }: Pick<Proposal, "round" | "proposer">): boolean {
    return this.#settled.has(keyOf(round, proposer));
  }

  /** The round of a height that was opened last, whether or not it is over; undefined if none was. */
  lastRoundOf(height: number): RoundStart | undefined {
    return this.#lastRoundOf(height);
  }

  #clear(args: LogDescription["args"]): void {
    addNode(this.#cleared, args);
  }

  /** Bids, rewards and demands that can be settled, paid and closed now; the oldest first, as they make room first. */
  get chores(): Chore[] {
    const chores: Chore[] = [];
    for (const [key, proposal] of this.#proposals) {
      const result = this.#settled.has(key) ? undefined : this.#outcomeOf(proposal);
      if (result !== undefined) chores.push({ kind: "settle", proposal, result });
      const block = this.#proven.get(key);
      if (block === undefined || !this.#isRecorded(block)) continue;
      const paying = this.#results.get(proposal.round);
      if (paying !== undefined && !this.#hasLapsed(proposal.round) && this.#isDue(key, proposal, paying)) {
        chores.push({ kind: "pay", block, result: paying });
      }
      if (this.#now < BigInt(block.record.defenceEnd)) continue;
      for (const [node, parties] of this.#demands.get(key) ?? []) chores.push({ kind: "close", block, node, parties });
    }
    return chores;
  }

  #isDue(key: string, { proposer }: Proposal, { winner, uncles }: RoundResultStruct): boolean {
    if (this.#paid.has(key) || BigInt(winner as string) === 0n) return false;
    const rewarded = [winner, ...uncles].some((other) => isSameAddress(other as string, proposer));
    return rewarded || this.#setting.parameters.fairPay;
  }

  /** Whether a later round's result has taken the place of this one's. */
  #hasLapsed(round: bigint): boolean {
    return [...this.#results.keys()].some((later) => later > round && (later - round) % this.roundsKept === 0n);
  }

  /** Whether no later block of the proposer has taken the place of this one's record. */
  #isRecorded({ proposal: { proposer, round } }: ProvenBlock): boolean {
    return ![...this.#proven.values()].some(
      ({ proposal: later }) =>
        isSameAddress(later.proposer, proposer) &&
        later.round > round &&
        (later.round - round) % this.roundsKept === 0n,
    );
  }

  /** The result that settles a proposal; undefined if its round is not over. */
  #outcomeOf({ round, height }: Proposal): RoundResultStruct | undefined {
    const result = this.#results.get(round);
    if (result !== undefined) return result;
    const none = { ...NO_RESULT, round, parent: this.#head };
    // If the current round cannot produce a head, the call that settles closes it.
    const current = this.#lastRoundOf(this.#chain.length + 1);
    const cannotProduceHead =
      current !== undefined && this.provenNext.length === 0 && this.#now >= this.proofWindowOf(current.round).closesAt;
    const isLive =
      current !== undefined && (round === current.round || (round > current.round && height > current.height));
    return !isLive || cannotProduceHead || this.core.isFrozen ? none : undefined;
  }

  #changeDemand(
    args: LogDescription["args"],
    change: (parties: readonly string[]) => readonly string[] | undefined,
  ): void {
    const key = keyOf(args["round"] as bigint, args["proposer"] as string);
    const node = Number(args["node"]);
    const demands = new Map(this.#demands.get(key));
    const parties = change(demands.get(node) ?? []);
    if (parties === undefined) demands.delete(node);
    else demands.set(node, parties);
    this.#demands.set(key, demands);
  }

  /**
   * Decides the round that is over, if one is: after the proof window nothing can outdo the best block any more;
   * `advanceState` only writes it down.
   *
   * @param now unix seconds
   */
  decide(now: bigint): void {
    this.#now = now;
    this.#decided = undefined;
    const [first, ...others] = this.provenNext;
    if (first === undefined || now < this.proofWindowOf(first.proposal.round).closesAt) return;
    const winner = others.reduce((best, block) => (outranks(block, best) ? block : best), first);
    this.#decided = this.#chainBlock(winner, undefined);
  }

  /**
   * Compares with what L1 has in its state after a block.
   *
   * @throws {ProtocolError} `UNKNOWN_DEPLOYMENT` if the logs begin after the deployment; `EVENTS_MISSING`,
   *   `STATE_MISMATCH`
   */
  async compare({ consensus, registry, rollup }: B52System, block: number): Promise<void> {
    if (this.#isDeployed && !this.core.isDeployed) return this.core.requireNoCore(rollup, block);
    const at = { blockTag: block };
    const next = this.#chain.length + 1;
    const [height, head, keys, ranking, ...coming] = await Promise.all([
      consensus.height(at),
      consensus.head(at),
      registry.root(at),
      consensus.ranking(at),
      ...[next, next + 1].map(async (ahead) => ({
        ahead,
        round: (await consensus.roundOf(ahead, at)).id,
        list: await consensus.listDue(ahead, at),
      })),
      this.core.compare(rollup, block).then(() => undefined),
    ]);
    requireRecorded(block, [
      ["height", this.#chain.length, height],
      ["head", this.#head, head],
      ["root of the provers' keys", this.#registry.root, keys],
    ]);
    for (const found of coming) {
      if (found === undefined) continue;
      const { ahead, round, list } = found;
      requireRecorded(block, [[`include list of height ${ahead}`, listHash(this.#listBytes(ahead)), list]]);
      // A round that is closed without an event is shown as 0.
      if (round === 0n) continue;
      requireRecorded(block, [[`round of height ${ahead}`, this.#lastRoundOf(ahead)?.round ?? 0n, round]]);
    }
    this.#requireRanking(block, ranking);
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
        `L1 has another state than that of height ${this.#chain.length}`,
      );
    }
  }

  /** The best blocks of the round at hand, which L1 keeps: so no `BlockProven` of them is missing. */
  #requireRanking(
    block: number,
    { proposers, scores }: { readonly proposers: string[]; readonly scores: bigint[] },
  ): void {
    const best = this.provenNext.sort((a, b) => (outranks(a, b) ? -1 : 1)).slice(0, proposers.length);
    for (const [i, proposer] of proposers.entries()) {
      requireRecorded(block, [
        [`proposer of rank ${i}`, best[i]?.proposal.proposer ?? "unknown", proposer],
        [`score of rank ${i}`, best[i]?.score ?? 0n, scores[i] ?? 0n],
      ]);
    }
  }

  /** How many departures of the head have happened. */
  get #departed(): number {
    const happened = new Set(this.core.migrations.departures.map(({ id }) => id));
    const departures = this.#chain.at(-1)?.departures ?? [];
    return departures.filter(({ request }) => happened.has(request.id)).length;
  }

  #lastRoundOf(height: number): RoundStart | undefined {
    return [...this.#rounds.values()].filter((round) => round.height === BigInt(height)).at(-1);
  }

  #listBytes(height: number): Uint8Array {
    return Buffer.concat(this.#lists.get(BigInt(height)) ?? []);
  }

  #openRound(
    round: bigint,
    { height, opensAt, registryRoot }: Pick<RoundStart, "height" | "opensAt"> & { readonly registryRoot: bigint },
  ): void {
    requireNext("round", round, this.#rounds.size + 1);
    if (this.#registry.root !== registryRoot) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "root of the registry", expected: registryRoot, found: this.#registry.root },
        `round ${round} opened with other keys than the endpoint's logs give`,
      );
    }
    this.#rounds.set(round, { round, height, opensAt, registry: this.#registry });
  }

  #keepProven({ args }: LogDescription, postedAt: number, submission: SubmissionStruct | undefined): void {
    const record = toPlain(args["record"]) as BlockRecordStruct;
    const transition = toPlain(args["transition"]) as IRollup.TransitionStruct;
    const key = keyOf(BigInt(record.round), record.proposer as string);
    const proposal = this.#proposals.get(key);
    if (proposal === undefined) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "ProposalCommitted", expected: key },
        `the endpoint's logs have no commitment of the block proven as ${key}`,
      );
    }
    if (submission === undefined) {
      throw new ProtocolError(
        "DATA_UNAVAILABLE",
        { what: `data of block ${key}` },
        `the endpoint has no data of block ${key}`,
      );
    }
    const id = commitmentHash(this.domain, proposal);
    requireHash(`the commitment hash of block ${key}`, id, record.id as string);
    requireHash(
      `the transcript of block ${key}`,
      transcriptHash(BigInt(submission.promised), BigInt(submission.votesRoot)),
      proposal.transcript,
    );
    requireHash(`the content hash of block ${key}`, contentHash(contentOf(submission)), proposal.contentHash);
    const oldStateRoot = this.virtualState.root;
    const statements = statementsOf({ proposal, submission, oldStateRoot }, this);
    requireHash(`the statements of block ${key}`, keccak256(statements), record.statements as string);
    requireHash(`the transition of block ${key}`, keccak256(encodeTransition(transition)), record.transition as string);
    this.#proven.set(key, {
      record,
      score: args["score"] as bigint,
      transition,
      submission,
      postedAt,
      proposal,
      id,
      oldStateRoot,
    });
  }

  #provenBlock(round: bigint, proposer: string): ProvenBlock {
    const block = this.findProven(round, proposer);
    if (block !== undefined) return block;
    throw new ProtocolError(
      "EVENTS_MISSING",
      { what: "BlockProven", expected: keyOf(round, proposer) },
      `the endpoint's logs have no proven block of ${proposer} in round ${round}`,
    );
  }

  #end(result: RoundResultStruct, head: string, l1Block: number): void {
    const round = BigInt(result.round);
    this.#results.set(round, result);
    if (BigInt(result.winner as string) === 0n) return;
    const block = this.#chainBlock(this.#provenBlock(round, result.winner as string), l1Block);
    this.#chain.push(block);
    this.#head = head;
    this.core.expectSettlement([block]);
  }

  /** A proven block as the next one of the chain. @throws {ProtocolError} `STATE_MISMATCH` */
  #chainBlock(proven: ProvenBlock, provenAt: number | undefined): ChainBlock {
    const { proposal, submission, transition } = proven;
    const number = this.#chain.length + 1;
    const header = this.headerOfSubmission(proposal.round, submission);
    const data = getBytes(submission.data);
    const environment = this.environmentOf(proposal.proposer);
    const result = applyBlock(this.system.profile, this.virtualState, { header, data }, environment);
    if (result.state.root !== BigInt(transition.newStateRoot)) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: BigInt(transition.newStateRoot), found: result.state.root }] },
        `L1 settled another state at height ${number}`,
      );
    }
    const first = this.executedForced;
    const taken = this.core.forcedOperations.slice(first, first + header.forcedCount);
    const departures = this.core.migrations.apply(result.state, this.domain, first, taken);
    return { ...proven, number, header, data, result, departures, provenAt };
  }
}

const keyOf = (round: bigint, proposer: string): string => `${round}/${proposer.toLowerCase()}`;

/** Adds the node of an event to the set of its block. */
function addNode(sets: Map<string, ReadonlySet<number>>, args: LogDescription["args"]): void {
  const key = keyOf(args["round"] as bigint, args["proposer"] as string);
  sets.set(key, new Set(sets.get(key)).add(Number(args["node"])));
}

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

/** Numbers of a log are `bigint`s of no brand. */
const toShownVote = ({ exists, vote, path }: ShownVote): ShownVote => ({
  exists,
  vote: { nodes: vote.nodes, h: vote.h, s: vote.s },
  path: path.map((sibling) => toField(sibling)) as unknown as ShownVote["path"],
});

const contentOf = (submission: SubmissionStruct): Parameters<typeof contentHash>[0] => ({
  salt: submission.salt as string,
  dataHash: keccak256(submission.data),
  forcedCount: Number(submission.forcedCount),
  feeAccount: Number(submission.feeAccount),
  feeToken: BigInt(submission.feeToken),
  includeListHash: keccak256(submission.includeList),
});

const TRANSITION =
  "tuple(uint256 newStateRoot, uint256 forcedCount, bytes32 exitsRoot, uint256 exitCount, tuple(address recipient, uint16 token, uint256 amount)[] payments)";

const encodeTransition = (transition: IRollup.TransitionStruct): string =>
  AbiCoder.defaultAbiCoder().encode([TRANSITION], [transition]);

/** `IB52Rounds.listDue`: the first 26 bytes of the hash, and the number of slots in 6 bytes; zero for no list. */
const listHash = (list: Uint8Array): string =>
  list.length === 0
    ? ZeroHash
    : keccak256(list).slice(0, 54) + (list.length / SLOT_BYTES).toString(16).padStart(12, "0");
