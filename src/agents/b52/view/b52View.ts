// SPDX-License-Identifier: MIT
import { getBytes, keccak256, type Log, type LogDescription } from "ethers";

import type {
  B52ParametersStructOutput,
  IProverRegistry,
  RoundResultStruct,
  SubmissionStruct,
} from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import { applyBlock, NO_DRAW, type Proposal } from "../../../b52/index.ts";
import { RecentLogs, requireHash } from "../../../chain/index.ts";
import { toBytes, type Header } from "../../../codec/index.ts";
import { ProtocolError } from "../../../errors.ts";
import type { Field } from "../../../field.ts";
import { State, type Environment } from "../../../ledger/index.ts";
import { CoreLog } from "../../coreLog.ts";
import { ExecutedBatches, type Settled } from "../../executedBatches.ts";
import type { LeafEffects } from "../../ledgerNode.ts";
import type { BatchDeparture } from "../../migrations.ts";
import type { StorableView } from "../../nodeStorage.ts";
import { addressToUint } from "../../system.ts";
import {
  NO_RESULT,
  type BlockExecution,
  type ChainBlock,
  type Chore,
  type ProvenBlock,
  type RoundStart,
} from "../blocks.ts";
import { toPlain } from "../plain.ts";
import type { SavedB52Facts, SavedB52Item, SavedB52Lengths, SavedB52View, SavedChainBlock } from "../savedView.ts";
import type { StatementSetting } from "../statements.ts";
import type { B52System } from "../system.ts";
import { compareWithL1, ranked } from "./comparison.ts";
import { Court } from "./court.ts";
import { entryKey, listHash } from "./encoding.ts";
import { Entries } from "./entries.ts";
import { Payments } from "./payments.ts";
import { ProverKeys } from "./proverKeys.ts";
import { Rounds } from "./rounds.ts";

/** Facts of a rollup that never change, as far as its events do not contain them. */
export interface B52Setting {
  readonly system: Pick<B52System, "profile">;
  readonly domain: Field;
  /** Data of `ConsensusDeployed`, in hex. */
  readonly deployment: string;
  /** Those of the consensus that are in it. */
  readonly parameters: B52ParametersStructOutput;
  /** Rules of the tickets, in it too. */
  readonly staking: IProverRegistry.StakingParametersStructOutput;
}

/** Parts of a view that follow from the events alone. */
interface Parts {
  readonly core: CoreLog;
  readonly keys: ProverKeys;
  readonly rounds: Rounds;
  readonly entries: Entries;
  readonly court: Court;
  readonly payments: Payments;
  readonly recent: RecentLogs;
}

/**
 * The state of a B52 rollup that follows from its events up to a block of L1: its parts, and the chain of winners, whose
 * blocks are executed.
 */
export class B52View implements StorableView<B52View, SavedB52Facts, SavedB52Item>, StatementSetting {
  readonly core: CoreLog;
  readonly keys: ProverKeys;
  readonly rounds: Rounds;
  readonly entries: Entries;
  readonly court: Court;
  readonly payments: Payments;
  /** Logs of the last blocks of L1. */
  readonly recent: RecentLogs;
  readonly system: Pick<B52System, "profile">;
  readonly domain: Field;
  readonly #setting: B52Setting;
  /** Winners; height i at i − 1. */
  #chain: ExecutedBatches<ChainBlock>;
  /** Number of forced operations in them. */
  #executedForced = 0;
  #isDeployed = false;
  #head: string;
  /** The winner of a round that is over, until its state is settled. */
  #decided: ChainBlock | undefined;
  /** Time of the L1 block up to which this is. */
  #now = 0n;

  constructor(setting: B52Setting, parts: Partial<Parts> = {}) {
    this.#setting = setting;
    ({ system: this.system, domain: this.domain } = setting);
    const { profile } = setting.system;
    this.core = parts.core ?? new CoreLog(profile);
    this.keys = parts.keys ?? new ProverKeys(setting.staking.stake);
    this.rounds = parts.rounds ?? new Rounds(setting.parameters);
    this.entries = parts.entries ?? new Entries();
    this.court = parts.court ?? new Court();
    this.payments = parts.payments ?? new Payments();
    this.recent = parts.recent ?? new RecentLogs();
    this.#head = keccak256(toBytes(setting.domain, 32));
    this.#chain = new ExecutedBatches({ batches: 0, state: State.genesis(profile) });
  }

  clone(): B52View {
    const copy = new B52View(this.#setting, {
      core: this.core.clone(),
      keys: this.keys.clone(),
      rounds: this.rounds.clone(),
      entries: this.entries.clone(),
      court: this.court.clone(),
      payments: this.payments.clone(),
      recent: this.recent.clone(),
    });
    copy.#chain = this.#chain.clone();
    copy.#executedForced = this.#executedForced;
    copy.#isDeployed = this.#isDeployed;
    copy.#head = this.#head;
    copy.#decided = this.#decided;
    copy.#now = this.#now;
    return copy;
  }

  /**
   * The view that was saved. Blocks behind the state that was saved with it are executed again.
   *
   * @param saved its facts, and its lists from their beginnings on
   * @param base the state that was saved with it
   * @throws {ProtocolError} `STATE_MISMATCH`, `EVENTS_MISSING` if the parts do not belong together
   */
  static restore(setting: B52Setting, saved: SavedB52View, base: State): B52View {
    const { facts, lists } = saved;
    const view = new B52View(setting, {
      core: CoreLog.restore(setting.system.profile, facts, lists),
      keys: ProverKeys.restore(setting.staking.stake, lists.ticket),
      rounds: Rounds.restore(setting.parameters, lists, lists.ticket),
      entries: Entries.restore(lists),
      court: Court.restore(lists.court),
      payments: Payments.restore(lists),
      ...(facts.recent && { recent: RecentLogs.restore(facts.recent) }),
    });
    view.#isDeployed = facts.isConsensusDeployed;
    view.#head = facts.head;
    view.#chain = new ExecutedBatches({ batches: facts.base, state: base });
    for (const [i, block] of lists.block.entries()) view.#restoreBlock(block, i < facts.base);
    view.decide(facts.now);
    return view;
  }

  save(after: SavedB52Lengths): SavedB52View {
    const core = this.core.save(after);
    return {
      facts: {
        ...core.facts,
        isConsensusDeployed: this.#isDeployed,
        head: this.#head,
        now: this.#now,
        base: this.settled.batches,
        recent: this.recent.save(),
      },
      lists: {
        ...core.lists,
        ...this.rounds.save(after),
        ...this.entries.save(after),
        ...this.payments.save(after),
        deployment: [this.#setting.deployment].slice(after.deployment),
        ticket: this.keys.changes.slice(after.ticket),
        court: this.court.events.slice(after.court),
        block: this.chain.slice(after.block).map(toSaved),
      },
    };
  }

  /**
   * The state that is kept with the view: after the head, or one before it if a departure of the head is due, or if
   * somebody can still defend a node of a block that was built on it.
   */
  get settled(): Settled {
    const batches = Math.min(this.#chain.settled(this.#chain.length, this.core.migrations), ...this.#defendable());
    return { batches, state: this.stateAfter(batches) };
  }

  /** Time of the L1 block up to which this is, in unix seconds. */
  get now(): bigint {
    return this.#now;
  }

  release(state: State): void {
    this.#chain.release({ ...this.settled, state });
  }

  /** Heights of the states on which blocks were built of which a node can still be defended. */
  *#defendable(): Generator<number, void, undefined> {
    for (const block of this.entries.proven.values()) {
      const { proposal, record } = block;
      if (this.#now >= BigInt(record.defenceEnd)) continue;
      if (this.court.defaultsOf(block).some(({ isCleared }) => !isCleared)) yield Number(proposal.height) - 1;
    }
  }

  /** Whether the event of the deployment was read. */
  get isDeployed(): boolean {
    return this.#isDeployed;
  }

  /** The chain of winners; height i at i − 1. */
  get chain(): readonly ChainBlock[] {
    return this.#chain.all;
  }

  /** @throws {ProtocolError} `UNKNOWN_BATCH` */
  block(height: number): ChainBlock {
    return this.#chain.get(height);
  }

  /** As `ExecutedBatches.stateAfter`. @throws {ProtocolError} `UNKNOWN_BATCH`, `STATE_RELEASED` */
  stateAfter(height: number): State {
    return this.#chain.stateAfter(height);
  }

  /** Commitment hash of the last block of the chain. */
  get head(): string {
    return this.#head;
  }

  get decided(): ChainBlock | undefined {
    return this.core.isFrozen ? undefined : this.#decided;
  }

  get virtualState(): State {
    return this.core.isFrozen ? this.finalState : this.stateAfter(this.#chain.length);
  }

  get finalState(): State {
    return this.#chain.finalState(this.#chain.length, this.core.migrations);
  }

  get dueDeparture(): BatchDeparture | undefined {
    return this.#chain.dueDeparture(this.#chain.length, this.core.migrations);
  }

  /** Number of forced operations that the chain has executed. */
  get executedForced(): number {
    return this.#executedForced;
  }

  /** Blocks that were proven for the height after the head, in the round that is not over or not settled. */
  get provenNext(): ProvenBlock[] {
    const last = this.rounds.lastOf(this.#chain.length + 1)?.round;
    return [...this.entries.proven.values()].filter(({ proposal }) => proposal.round === last);
  }

  environmentOf(proposer: string): Environment {
    return { sequencer: addressToUint(proposer), domain: this.domain, arrivals: this.core.migrations.arrivals };
  }

  headerOf(round: bigint, fields: Pick<Header, "feeToken" | "feeAccount" | "forcedCount">): Header {
    return this.rounds.headerOf(round, fields);
  }

  headerOfSubmission(round: bigint, { feeToken, feeAccount, forcedCount }: SubmissionStruct): Header {
    return this.headerOf(round, {
      feeToken: BigInt(feeToken),
      feeAccount: Number(feeAccount),
      forcedCount: Number(forcedCount),
    });
  }

  round(id: bigint): RoundStart {
    return this.rounds.get(id);
  }

  /** Bids, rewards and demands that can be settled, paid and closed now; the oldest first, as they make room first. */
  get chores(): Chore[] {
    const { fairPay } = this.#setting.parameters;
    return this.payments.chores(this, (proposal) => this.#outcomeOf(proposal), { now: this.#now, fairPay });
  }

  /**
   * Takes an event of the consensus.
   *
   * @param submission the submission, if the event is `BlockProven`
   * @throws {ProtocolError} `EVENTS_MISSING`, `DATA_UNAVAILABLE`, `STATE_MISMATCH` for what does not fit
   */
  readConsensus(event: LogDescription, { blockNumber }: Pick<Log, "blockNumber">, submission?: SubmissionStruct): void {
    const { name, args } = event;
    const [round, proposer] = [args["round"] as bigint, args["proposer"] as string];
    switch (name) {
      case "ConsensusDeployed":
        this.#isDeployed = true;
        break;
      case "CoreDeployed":
        this.core.deployed();
        break;
      case "RoundOpened": {
        const [height, opensAt] = [args["height"] as bigint, args["opensAt"] as bigint];
        this.rounds.open(round, { height, opensAt, registryRoot: args["registryRoot"] as bigint }, this.keys);
        break;
      }
      case "ProposalCommitted":
        this.#commit(event, blockNumber);
        break;
      case "BlockProven": {
        const oldStateRoot = this.virtualState.root;
        this.entries.prove(event, blockNumber, submission, { oldStateRoot, setting: this });
        break;
      }
      case "RoundEnded":
        this.#end(toPlain(args["result"]) as RoundResultStruct, args["head"] as string, blockNumber);
        break;
      case "IncludeListDue": {
        const list = getBytes(this.entries.provenBlock(round, proposer).submission.includeList);
        requireHash(`the include list of round ${round}`, listHash(list), args["list"] as string);
        this.rounds.setList(args["height"] as bigint, list);
        break;
      }
      case "CommitmentSettled":
        this.payments.settle(round, proposer);
        break;
      case "RewardsPaid":
        this.payments.pay(round, proposer);
        break;
      default:
        this.court.read(event, (of) => this.rounds.get(of).draw !== NO_DRAW);
    }
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
    const [winner] = ranked(this.provenNext);
    if (winner === undefined || now < this.rounds.proofWindowOf(winner.proposal.round).closesAt) return;
    this.#decided = this.#execute(winner, undefined);
  }

  /** Compares with L1's state after a block. @throws {ProtocolError} as `compareWithL1` */
  compare(system: B52System, block: number): Promise<void> {
    return compareWithL1(this, system, block);
  }

  /** The result that settles a proposal; undefined if its round is not over. */
  #outcomeOf({ round, height }: Proposal): RoundResultStruct | undefined {
    const result = this.rounds.resultOf(round);
    if (result !== undefined) return result;
    const none = { ...NO_RESULT, round, parent: this.#head };
    // If the current round cannot produce a head, the call that settles closes it.
    const current = this.rounds.lastOf(this.#chain.length + 1);
    const cannotProduceHead =
      current !== undefined &&
      this.provenNext.length === 0 &&
      this.#now >= this.rounds.proofWindowOf(current.round).closesAt;
    const isLive =
      current !== undefined && (round === current.round || (round > current.round && height > current.height));
    return !isLive || cannotProduceHead || this.core.isFrozen ? none : undefined;
  }

  #commit(event: LogDescription, blockNumber: number): void {
    const { round } = event.args["proposal"] as Proposal;
    if (!this.rounds.has(round)) {
      throw new ProtocolError(
        "EVENTS_MISSING",
        { what: "RoundOpened", expected: round },
        `the endpoint's logs do not open round ${round}`,
      );
    }
    this.entries.commit(event, blockNumber, this.domain);
  }

  #end(result: RoundResultStruct, head: string, l1Block: number): void {
    this.rounds.end(result);
    if (BigInt(result.winner as string) === 0n) return;
    const winner = this.entries.provenBlock(BigInt(result.round), result.winner as string);
    const block = this.#execute(winner, l1Block);
    this.#push(block);
    this.#head = head;
    this.core.expectSettlement([block]);
  }

  /** Appends a block of a view that was saved. @param isReleased whether its execution is not needed any more */
  #restoreBlock({ entry, provenAt, leaves, departures }: SavedChainBlock, isReleased: boolean): void {
    const proven = this.entries.provenBlockOf(entry);
    const requests = departures.map((id) => ({ request: this.core.migrations.request(id) }));
    this.#push(
      isReleased
        ? this.#blockOf(proven, { provenAt, leaves, departures: requests, execution: undefined })
        : this.#execute(proven, provenAt),
    );
  }

  #push(block: ChainBlock): void {
    this.#chain.push(block);
    this.#executedForced += block.header.forcedCount;
  }

  /** A proven block as the next one of the chain. @throws {ProtocolError} `STATE_MISMATCH` */
  #execute(proven: ProvenBlock, provenAt: number | undefined): ChainBlock {
    const { proposal, submission, transition } = proven;
    const header = this.headerOfSubmission(proposal.round, submission);
    const batch = { header, data: getBytes(submission.data) };
    const before = this.stateAfter(this.#chain.length);
    const result = applyBlock(this.system.profile, before, batch, this.environmentOf(proposal.proposer));
    if (result.state.root !== BigInt(transition.newStateRoot)) {
      throw new ProtocolError(
        "STATE_MISMATCH",
        { differences: [{ what: "state root", expected: BigInt(transition.newStateRoot), found: result.state.root }] },
        `L1 settled another state at height ${this.#chain.length + 1}`,
      );
    }
    const first = this.#executedForced;
    const taken = this.core.forcedOperations.slice(first, first + header.forcedCount);
    const departures = this.core.migrations.apply(result.state, this.domain, first, taken);
    const leaves = result.leaves.map(({ outcomes, exits }) => ({ outcomes, exits }));
    return this.#blockOf(proven, { provenAt, leaves, departures, execution: { result, departures } });
  }

  #blockOf(
    proven: ProvenBlock,
    {
      leaves,
      ...facts
    }: Pick<ChainBlock, "provenAt" | "departures"> & {
      readonly leaves: readonly LeafEffects[];
      readonly execution: BlockExecution | undefined;
    },
  ): ChainBlock {
    const { proposal, submission } = proven;
    const header = this.headerOfSubmission(proposal.round, submission);
    const number = this.#chain.length + 1;
    return { ...proven, number, header, data: getBytes(submission.data), result: { leaves }, ...facts };
  }
}

const toSaved = ({ proposal, provenAt, result, departures }: ChainBlock): SavedChainBlock => ({
  entry: entryKey(proposal.round, proposal.proposer),
  // Only the winner of a round that is not settled has none.
  provenAt: provenAt ?? 0,
  leaves: result.leaves,
  departures: departures.map(({ request }) => request.id),
});
