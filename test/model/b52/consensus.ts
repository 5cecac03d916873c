// SPDX-License-Identifier: MIT
import { Refusal } from "./refusal.ts";
import { nextSlope, score, type ScoreRule } from "./score.ts";
import { TicketModel } from "./tickets.ts";
import type {
  Account,
  BlockFacts,
  Demand,
  Entry,
  List,
  Parameters,
  Proposal,
  ProvenBlock,
  Result,
  Round,
} from "./types.ts";

const RATE_UNIT = 10_000n;

const NO_REWARDS = { proposerReward: 0n, proversReward: 0n, uncleNodeReward: 0n, scores: 0n, slope: 0n };

function fail(code: string, message: string): never {
  throw new Refusal(code, message);
}

/** The contract takes trees of up to 8 leaves. The lab also plays with larger ones, as in the source. */
const isTreeSize = (leaves: number): boolean => leaves >= 2 && Number.isInteger(Math.log2(leaves));

const nodesOf = (leaves: number): bigint => 2n * BigInt(leaves) - 1n;

/** L1 keeps 208 bits of a commitment hash. */
const KEPT = 54;
const isSame = (a: string, b: string): boolean => a.slice(0, KEPT) === b.slice(0, KEPT);

/** By score; ties go to the smaller commitment hash. */
function compare(a: Entry, b: Entry): number {
  const [left, right] = [a.block?.score ?? 0n, b.block?.score ?? 0n];
  if (left !== right) {
    return left > right ? -1 : 1;
  }
  return a.proposal.id < b.proposal.id ? -1 : 1;
}

/**
 * B52 as in docs/b52.md §§4–8: rounds, include lists, money and slashing. Hashes, proofs, the core and its forced
 * operations are left out, except for a freeze. Every call either has its whole effect or throws a `Refusal` with the
 * name of the contract's error as its code, in the contract's order. Errors that only preimages can cause
 * (`WrongContent`, `WrongPreimage` of something that exists, …) are not modelled.
 *
 * Time is an argument, in unix seconds.
 */
export class B52Model {
  readonly params: Parameters;
  readonly registry: TicketModel;
  readonly balances = new Map<Account, bigint>();
  /** All rounds, by id. */
  readonly rounds = new Map<number, Round>();
  /** The list that blocks of a height have to include. */
  readonly lists = new Map<number, List>();
  height = 0;
  head: string;
  slope: bigint;
  pool = 0n;
  toBurn = 0n;
  /** Whether the core is. */
  isFrozen = false;
  /** The round of the next block, and, pipelined, that of the one after it. */
  current: Round | undefined;
  next: Round | undefined;
  #lastRound = 0;
  /** Greatest height that has, or had, a list. */
  #lastList = 0;
  /** The last commitment of each proposer, one for even and one for odd heights. */
  readonly #places = new Map<string, Entry>();
  /** Rounds whose results are kept, by place in the ring. */
  readonly #outcomes = new Map<number, Round>();
  /** Rounds of which each proposer's records are kept, by proposer and place. */
  readonly #records = new Map<string, Round>();

  constructor(params: Parameters, genesis: string, now: number) {
    this.params = params;
    this.registry = new TicketModel(params);
    this.head = genesis;
    this.slope = params.minSlope;
    this.current = this.#open(1, now);
  }

  // ─── Views ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  get scoreRule(): ScoreRule {
    return { target: this.params.targetProvers, slope: this.slope };
  }

  balanceOf(account: Account): bigint {
    return this.balances.get(account) ?? 0n;
  }

  /** The debts of the consensus: it holds exactly this (INV-B52-01). */
  owed(): { balances: bigint; escrow: bigint; deposits: bigint; reserved: bigint; pool: bigint; toBurn: bigint } {
    const rounds = [...this.rounds.values()];
    const entries = rounds.flatMap((round) => [...round.entries.values()].map((entry) => ({ entry, round })));
    const sum = (values: Iterable<bigint>): bigint => [...values].reduce((total, value) => total + value, 0n);
    return {
      balances: sum(this.balances.values()),
      escrow: sum(entries.filter(({ entry }) => !entry.isSettled).map(({ entry }) => entry.proposal.bid)),
      deposits: this.params.voteDeposit * sum(entries.map(({ entry }) => BigInt(entry.block?.demands.size ?? 0))),
      reserved: sum(rounds.map(({ reserved }) => reserved)),
      pool: this.pool,
      toBurn: this.toBurn,
    };
  }

  proposalEnd({ opensAt }: Round): number {
    return opensAt + this.params.proposalWindow;
  }

  proofEnd(round: Round): number {
    return this.proposalEnd(round) + this.params.proofWindow;
  }

  defenceEnd(round: Round): number {
    return this.proofEnd(round) + this.params.defenceWindow;
  }

  /** From when on votes cannot be demanded, and cannot be shown: a third of the window is for each of both. */
  demandEnd(round: Round): number {
    return this.defenceEnd(round) - 2 * Math.floor(this.params.defenceWindow / 3);
  }

  answerEnd(round: Round): number {
    return this.defenceEnd(round) - Math.floor(this.params.defenceWindow / 3);
  }

  /** From when on a default that nobody slashed is forgotten. */
  liabilityEnd(round: Round): number {
    return 2 * this.defenceEnd(round) - round.opensAt;
  }

  /** Number of rounds of which results and records are kept (docs/b52.md §5.3). */
  get roundsKept(): number {
    const { proposalWindow, proofWindow, defenceWindow } = this.params;
    const windows = proposalWindow + proofWindow;
    return 2 * Math.ceil((2 * (windows + defenceWindow)) / windows);
  }

  /** Id of the round that was opened last. */
  get lastRound(): number {
    return this.#lastRound;
  }

  /** Whether a later round's result has taken the place of this one's, or would have, had it any. */
  hasLapsed(round: Round): boolean {
    const latest = this.#outcomes.get(round.id % this.roundsKept);
    return latest !== undefined && latest.id > round.id;
  }

  /** Whether no later block of the proposer has taken the place of its record of this round. */
  isRecorded(round: Round, proposer: Account): boolean {
    return this.#records.get(`${proposer}/${round.id % this.roundsKept}`) === round;
  }

  /** The proposer's last commitment for a height of this parity. */
  placeOf(proposer: Account, height: number): Entry | undefined {
    return this.#places.get(`${height % 2}/${proposer}`);
  }

  /**
   * The round that a commit would be for.
   *
   * @throws {Refusal} `ProposalWindowClosed`
   */
  openRound(now: number): { id: number; height: number; opensAt: number; isNext: boolean } {
    const { current, next } = this;
    if (current === undefined || this.#cannotProduceHead(current, now)) {
      return { id: this.#lastRound + 1, height: this.height + 1, opensAt: now, isNext: false };
    }
    const end = this.proposalEnd(current);
    if (now < end) {
      return { id: current.id, height: current.height, opensAt: current.opensAt, isNext: false };
    }
    if (!this.params.pipelined || now >= end + this.params.proposalWindow) {
      return fail("ProposalWindowClosed", `round ${current.id} takes no proposals any more`);
    }
    return { id: next?.id ?? this.#lastRound + 1, height: current.height + 1, opensAt: end, isNext: true };
  }

  // ─── Money ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  deposit(account: Account, amount: bigint): void {
    this.#credit(account, amount);
  }

  /** @throws {Refusal} `InsufficientBalance` */
  withdraw(account: Account, amount: bigint): void {
    this.#debit(account, amount);
  }

  fundPool(amount: bigint): void {
    this.pool += amount;
  }

  /**
   * @returns what was destroyed
   * @throws {Refusal} `NothingToBurn`
   */
  burn(): bigint {
    // After a freeze no round will be rewarded any more.
    const pool = this.isFrozen ? this.pool : 0n;
    const amount = this.toBurn + pool;
    if (amount === 0n) {
      fail("NothingToBurn", "there is nothing to burn");
    }
    this.toBurn = 0n;
    this.pool -= pool;
    return amount;
  }

  // ─── Freeze ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The core is frozen: nothing is proven, and no state advances, any more. */
  freeze(): void {
    this.isFrozen = true;
  }

  // ─── Rounds ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * @throws {Refusal} `NotProposer`, `BidBelowMinimum`, `ShareAboveMaximum`, `InvalidTreeSize`,
   *   `TooManyProvers`, `ProposalWindowClosed`, `WrongRound`, `WrongParent`, `AlreadyCommitted`, `UnsettledCommitment`,
   *   `InsufficientBalance`
   */
  commit(caller: Account, proposal: Proposal, now: number): void {
    const { proposer, bid, share, leaves, parent } = proposal;
    if (caller !== proposer) {
      fail("NotProposer", `${caller} is not ${proposer}`);
    }
    if (bid < this.params.minBid) {
      fail("BidBelowMinimum", `a bid of ${bid} is too low`);
    }
    if (share > this.params.maxShare) {
      fail("ShareAboveMaximum", `a share of ${share} is too high`);
    }
    if (!isTreeSize(leaves) || leaves > this.params.maxLeaves) {
      fail("InvalidTreeSize", `no tree of ${leaves} leaves`);
    }
    if (BigInt(proposal.promisedProvers) > nodesOf(leaves)) {
      fail("TooManyProvers", `${proposal.promisedProvers} provers for ${leaves} leaves`);
    }
    const open = this.openRound(now);
    if (proposal.round !== open.id || proposal.height !== open.height) {
      fail("WrongRound", `the open round is ${open.id}, of height ${open.height}`);
    }
    const parents = open.isNext ? [...(this.current?.entries.values() ?? [])].map((e) => e.proposal.id) : [this.head];
    if (!parents.some((id) => isSame(id, parent))) {
      fail("WrongParent", `nothing can be built on ${parent}`);
    }
    const previous = this.placeOf(proposer, proposal.height);
    if (previous?.proposal.round === proposal.round) {
      fail("AlreadyCommitted", `${proposer} has a commitment in round ${proposal.round}`);
    }
    if (previous?.isSettled === false) {
      fail("UnsettledCommitment", `${proposer} has not settled that of round ${previous.proposal.round}`);
    }
    this.#debit(proposer, bid);

    this.#closeFailedRound(now);
    let round = open.isNext ? this.next : this.current;
    if (round === undefined) {
      round = this.#open(open.height, open.opensAt);
      if (open.isNext) {
        this.next = round;
      } else {
        this.current = round;
      }
    }
    const entry: Entry = { proposal, isSettled: false };
    round.entries.set(proposer, entry);
    this.#places.set(`${proposal.height % 2}/${proposer}`, entry);
  }

  /**
   * @param facts That the merge circuit proved.
   * @throws {Refusal} `UnknownCommitment`, `WrongStatus`, `NotCurrentRound`, `WrongParent`, `ProofWindowClosed`,
   *   `WrongTreeSize`, `RollupFrozen`, `ListIgnored`, `NotBetter`, `DemandsOpen`
   */
  submit(proposal: Proposal, facts: BlockFacts, now: number): void {
    const entry = this.#unsettled(proposal);
    const round = this.current;
    if (round?.id !== proposal.round) {
      fail("NotCurrentRound", `round ${proposal.round} is not the current one`);
    }
    if (!isSame(proposal.parent, this.head)) {
      fail("WrongParent", `${proposal.parent} is not the head`);
    }
    if (now < this.proposalEnd(round) || now >= this.proofEnd(round)) {
      fail("ProofWindowClosed", `round ${round.id} takes no proofs now`);
    }
    if (facts.leaves !== proposal.leaves) {
      fail("WrongTreeSize", `the data need ${facts.leaves} leaves, not ${proposal.leaves}`);
    }
    this.#requireLive();
    if (round.list !== undefined && proposal.includes !== round.list) {
      fail("ListIgnored", `the block of ${proposal.proposer} does not include the list that is due`);
    }
    const before = entry.block;
    if (before !== undefined && [...facts.credited].every((node) => before.credited.has(node))) {
      fail("NotBetter", `the block of ${proposal.proposer} has all of these nodes`);
    }
    const place = `${proposal.proposer}/${round.id % this.roundsKept}`;
    const older = this.#records.get(place);
    const replaced = older === round ? undefined : older;
    if ((replaced?.entries.get(proposal.proposer)?.block?.demands.size ?? 0) > 0) {
      fail("DemandsOpen", `demands about a block of ${proposal.proposer} in round ${replaced?.id} are open`);
    }
    // Credited once is credited for good.
    const credited = new Set([...(before?.credited ?? []), ...facts.credited]);
    const tickets = new Set([...credited].map((node) => facts.promised.get(node)));
    const provers = BigInt(Math.min(tickets.size, proposal.promisedProvers));
    entry.block = {
      leaves: facts.leaves,
      promised: facts.promised,
      credited,
      defaulted: new Set([...facts.defaulted].filter((node) => !credited.has(node))),
      provers,
      score: score(provers, proposal.bid, this.scoreRule),
      cleared: before?.cleared ?? new Set(),
      demands: before?.demands ?? new Map<number, Demand>(),
      isPaid: false,
    };
    this.#requireForgotten(replaced, now);
    this.#records.set(place, round);
    const others = round.ranking.filter((other) => other !== entry);
    round.ranking = [...others, entry].sort(compare).slice(0, this.params.maxUncles + 1);
  }

  /**
   * @param producer Of the L1 block.
   * @throws {Refusal} `NothingProven`, `RoundNotOver`, `RollupFrozen`
   */
  advanceState(producer: Account, now: number): void {
    const round = this.current;
    const best = round?.ranking[0];
    if (round === undefined || best?.block === undefined) {
      return fail("NothingProven", "the current round has no proven block");
    }
    if (now < this.proofEnd(round)) {
      fail("RoundNotOver", `round ${round.id} ends at ${this.proofEnd(round)}`);
    }
    this.#requireLive();
    this.#reward(round, best.proposal, producer);
    this.slope = nextSlope(this.slope, best.block.provers, { ...this.params, target: this.params.targetProvers });
    this.toBurn += best.proposal.bid;
    best.isSettled = true;
    this.#keep(round, now);
    this.head = best.proposal.id;
    this.height = round.height;
    this.#setList(round);
    this.current = this.next ?? this.#open(this.height + 1, now);
    this.next = undefined;
  }

  /** @throws {Refusal} `UnknownCommitment`, `WrongStatus`, `RoundNotOver` */
  settle(proposal: Proposal, now: number): void {
    const entry = this.#unsettled(proposal);
    const round = this.#round(proposal.round);
    const isLive = round === this.current || round === this.next;
    // After a freeze nothing can be proven any more: every bid goes back.
    if (isLive && !this.isFrozen && !(this.current !== undefined && this.#cannotProduceHead(this.current, now))) {
      fail("RoundNotOver", `round ${round.id} is not over`);
    }
    this.#closeFailedRound(now);
    entry.isSettled = true;
    const { result } = round;
    let rate = 0n;
    // A block on another parent than the head could not be proven. When the result is kept no longer, nobody knows.
    if (this.hasLapsed(round) || (result !== undefined && isSame(result.parent, proposal.parent))) {
      rate = entry.block === undefined ? this.params.unprovenBurnRate : this.params.lostBurnRate;
    }
    const burned = (proposal.bid * rate + RATE_UNIT - 1n) / RATE_UNIT;
    this.toBurn += burned;
    this.#credit(proposal.proposer, proposal.bid - burned);
  }

  // ─── Rewards ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws {Refusal} `ResultLapsed`, `WrongPreimage` (no result, or no block), `NotRewarded`, `AlreadyPaid` */
  payRewards(roundId: number, proposer: Account): void {
    const round = this.#round(roundId);
    const result = this.#requireRewarded(round, proposer);
    const block = this.#block(round, proposer);
    if (block.isPaid) {
      fail("AlreadyPaid", `the block of ${proposer} in round ${roundId} was paid`);
    }
    block.isPaid = true;

    const won = result.winner === proposer;
    let blocksPart = won ? result.proversReward : 0n;
    if (this.params.fairPay) {
      const rule = { target: this.params.targetProvers, slope: result.slope };
      const own = score(block.provers, round.entries.get(proposer)!.proposal.bid, rule);
      blocksPart = result.scores === 0n ? 0n : (result.proversReward * own) / result.scores;
    }
    const unclePart = result.uncles.includes(proposer) ? result.uncleNodeReward : 0n;
    const nodeReward = blocksPart / nodesOf(block.leaves) + unclePart;
    let reserved = blocksPart + unclePart * nodesOf(this.params.maxLeaves);
    let paid = 0n;
    for (const node of block.credited) {
      const payout = this.registry.tickets.get(block.promised.get(node) ?? 0)?.payout;
      if (payout !== undefined) {
        this.#credit(payout, nodeReward);
        paid += nodeReward;
      }
    }
    if (won) {
      reserved += result.proposerReward;
      const promised = BigInt(block.promised.size);
      const part = promised === 0n ? 0n : (result.proposerReward * BigInt(block.credited.size)) / promised;
      this.#credit(proposer, part);
      paid += part;
    }
    round.reserved -= reserved;
    this.pool += reserved - paid;
  }

  // ─── Defaults ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The prover's own proof of the node is taken as valid.
   *
   * @throws {Refusal} `DefenceWindow`, `WrongPreimage` (no block), `NoDefault`
   */
  defend(roundId: number, proposer: Account, node: number, now: number): void {
    const round = this.#round(roundId);
    if (now >= this.defenceEnd(round)) {
      fail("DefenceWindow", `defaults of round ${roundId} are final`);
    }
    const block = this.#block(round, proposer);
    this.#requireDefault(block, node);
    block.cleared.add(node);
  }

  /**
   * The asker says that the votes which a proof of the node needs are hidden.
   *
   * @throws {Refusal} `InsufficientBalance`, `DemandWindow`, `WrongPreimage` (no block), `NoDefault`,
   *   `NoVotesNeeded`, `AlreadyDemanded`
   */
  demandVotes(asker: Account, roundId: number, proposer: Account, node: number, now: number): void {
    const round = this.#round(roundId);
    this.#requireBalance(asker, this.params.voteDeposit);
    if (now >= this.demandEnd(round)) {
      fail("DemandWindow", `votes of round ${roundId} cannot be demanded any more`);
    }
    const block = this.#block(round, proposer);
    this.#requireDefault(block, node);
    if (node >= block.leaves) {
      fail("NoVotesNeeded", `node ${node} is a leaf`);
    }
    if (block.demands.has(node)) {
      fail("AlreadyDemanded", `the votes for node ${node} were demanded`);
    }
    block.demands.set(node, { asker });
    this.#debit(asker, this.params.voteDeposit);
  }

  /**
   * The openings are taken as right.
   *
   * @throws {Refusal} `AnswerWindow`, `WrongPreimage` (no block), `NotDemanded`, `AlreadyShown`
   */
  showVotes(answerer: Account, roundId: number, proposer: Account, node: number, now: number): void {
    const round = this.#round(roundId);
    if (now >= this.answerEnd(round)) {
      fail("AnswerWindow", `votes of round ${roundId} cannot be shown any more`);
    }
    const demand = this.#demand(this.#block(round, proposer), node);
    if (demand.answerer !== undefined) {
      fail("AlreadyShown", `${demand.answerer} showed the votes for node ${node}`);
    }
    demand.answerer = answerer;
  }

  /** @throws {Refusal} `DefenceWindow`, `WrongPreimage` (no block), `NotDemanded` */
  closeDemand(roundId: number, proposer: Account, node: number, now: number): void {
    const round = this.#round(roundId);
    this.#requireFinal(round, now);
    const block = this.#block(round, proposer);
    const { asker, answerer } = this.#demand(block, node);
    const wasRight = block.credited.has(node) || block.cleared.has(node);
    if (answerer === undefined) {
      block.cleared.add(node);
    }
    block.demands.delete(node);
    this.#credit(answerer === undefined || wasRight ? asker : answerer, this.params.voteDeposit);
  }

  /**
   * @returns what the ticket lost
   * @throws {Refusal} `ResultLapsed`, `WrongPreimage` (no result, or no block), `NotRewarded`, `DefenceWindow`,
   *   `DefaultLapsed`, `NoDefault`, `VotesNotShown`, `AlreadySlashed`
   */
  slash(caller: Account, roundId: number, proposer: Account, node: number, now: number): bigint {
    const round = this.#round(roundId);
    this.#requireRewarded(round, proposer);
    this.#requireFinal(round, now);
    if (now >= this.liabilityEnd(round)) {
      fail("DefaultLapsed", `defaults of round ${roundId} are forgotten`);
    }
    const block = this.#block(round, proposer);
    const ticket = this.#requireDefault(block, node);
    const demand = block.demands.get(node);
    if (demand !== undefined && demand.answerer === undefined) {
      fail("VotesNotShown", `the votes for node ${node} are hidden`);
    }
    if (round.slashed.has(ticket)) {
      fail("AlreadySlashed", `ticket ${ticket} was slashed for round ${roundId}`);
    }
    round.slashed.add(ticket);
    const amount = this.registry.slash(ticket, now);
    const half = amount / 2n;
    const { bounty } = this.params;
    const reward = caller === proposer ? 0n : bounty < half ? bounty : half;
    this.#credit(caller, reward);
    this.pool += half - reward;
    this.toBurn += amount - half;
    return amount;
  }

  // ─── Private: rounds ───────────────────────────────────────────────────────────────────────────────────────────────

  #open(height: number, opensAt: number): Round {
    this.#lastRound += 1;
    const round: Round = {
      id: this.#lastRound,
      height,
      opensAt,
      tickets: this.registry.active(),
      list: this.lists.get(height),
      entries: new Map(),
      ranking: [],
      slashed: new Set(),
      reserved: 0n,
    };
    this.rounds.set(round.id, round);
    return round;
  }

  /** Whether the window is over without a commitment, or without a proof. */
  #cannotProduceHead(round: Round, now: number): boolean {
    if (round.entries.size === 0) {
      return now >= this.proposalEnd(round);
    }
    return round.ranking.length === 0 && now >= this.proofEnd(round);
  }

  /** Closes the current round if it cannot produce a head; and the next round too: its proposals have no parent. */
  #closeFailedRound(now: number): void {
    const round = this.current;
    if (round === undefined || !this.#cannotProduceHead(round, now)) {
      return;
    }
    if (round.entries.size > 0 && !this.isFrozen) {
      round.result = { parent: this.head, uncles: [], ...NO_REWARDS };
      this.#keep(round, now);
    }
    this.current = undefined;
    this.next = undefined;
  }

  /** The result takes the place of an older one, of which what was not paid goes back to the pool. */
  #keep(round: Round, now: number): void {
    const place = round.id % this.roundsKept;
    const older = this.#outcomes.get(place);
    this.#requireForgotten(older, now);
    this.#outcomes.set(place, round);
    this.pool += older?.reserved ?? 0n;
    if (older !== undefined) {
      older.reserved = 0n;
    }
  }

  /** INV-B52-11. */
  #requireForgotten(round: Round | undefined, now: number): void {
    if (round !== undefined && now < this.liabilityEnd(round)) {
      throw new Error(`round ${round.id} makes room for another before its defaults have lapsed`);
    }
  }

  #requireLive(): void {
    if (this.isFrozen) {
      fail("RollupFrozen", "the core takes no transition");
    }
  }

  /**
   * The list of the best block that lost is due at the first height of which no proposal is committed, and which comes
   * after those that have a list.
   */
  #setList(round: Round): void {
    const list = round.ranking[1]?.proposal.carries;
    if (list === undefined) {
      return;
    }
    const first = round.height + (this.next === undefined ? 1 : 2);
    this.#lastList = Math.max(first, this.#lastList + 1);
    this.lists.set(this.#lastList, list);
  }

  #round(id: number): Round {
    return this.rounds.get(id) ?? fail("WrongPreimage", `there is no round ${id}`);
  }

  /** The commitment in its proposer's place, if it is this proposal's and not settled. */
  #unsettled({ id, proposer, height }: Proposal): Entry {
    const entry = this.placeOf(proposer, height);
    if (entry?.proposal.id !== id) {
      fail("UnknownCommitment", `${proposer} has no commitment ${id}`);
    }
    if (entry.isSettled) {
      fail("WrongStatus", `the commitment of ${proposer} is settled`);
    }
    return entry;
  }

  // ─── Private: rewards ──────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends the round with a winner: sets its rewards aside, or none if the pool is short; then those of its uncles. */
  #reward(round: Round, winner: Proposal, producer: Account): void {
    const { blockReward, uncleReward, tip, maxLeaves, fairPay } = this.params;
    const uncles = round.ranking.slice(1).map(({ proposal }) => proposal.proposer);
    const ended = { parent: this.head, winner: winner.proposer, uncles };
    if (blockReward + tip > this.pool) {
      round.result = { ...ended, ...NO_REWARDS };
      return;
    }
    const blocks = [...round.entries.values()].flatMap(({ block }) => block ?? []);
    const scores = fairPay ? blocks.reduce((sum, block) => sum + block.score, 0n) : 0n;
    const part = (blockReward * winner.share) / RATE_UNIT;
    const proposerReward = blockReward - part;
    const proversReward = fairPay && scores === 0n ? 0n : part;
    this.pool -= proposerReward + proversReward + tip;

    const places = nodesOf(maxLeaves) * BigInt(uncles.length);
    const whole = uncleReward / nodesOf(maxLeaves);
    const reached = places === 0n ? 0n : this.pool / places;
    const uncleNodeReward = whole < reached ? whole : reached;
    this.pool -= uncleNodeReward * places;

    const slope = fairPay ? this.slope : 0n;
    round.result = { ...ended, proposerReward, proversReward, uncleNodeReward, scores, slope };
    round.reserved = proposerReward + proversReward + uncleNodeReward * places;
    this.#credit(producer, tip);
  }

  #block(round: Round, proposer: Account): ProvenBlock {
    const block = this.isRecorded(round, proposer) ? round.entries.get(proposer)?.block : undefined;
    return block ?? fail("WrongPreimage", `${proposer} has no proven block`);
  }

  /** Liability follows pay: defaults are slashed only in blocks that are paid. */
  #requireRewarded(round: Round, proposer: Account): Result {
    if (this.hasLapsed(round)) {
      fail("ResultLapsed", `the result of round ${round.id} is kept no longer`);
    }
    const result = round.result ?? fail("WrongPreimage", `round ${round.id} has no result`);
    if (result.winner !== proposer && !result.uncles.includes(proposer) && !this.params.fairPay) {
      fail("NotRewarded", `the block of ${proposer} is neither the winner nor an uncle`);
    }
    return result;
  }

  /** @returns the ticket that was promised the node */
  #requireDefault({ promised, defaulted, cleared }: ProvenBlock, node: number): number {
    const ticket = promised.get(node);
    if (ticket === undefined || !defaulted.has(node) || cleared.has(node)) {
      return fail("NoDefault", `nobody is to blame for node ${node}`);
    }
    return ticket;
  }

  #requireFinal(round: Round, now: number): void {
    if (now < this.defenceEnd(round)) {
      fail("DefenceWindow", `defaults of round ${round.id} can be defended`);
    }
  }

  #demand({ demands }: ProvenBlock, node: number): Demand {
    return demands.get(node) ?? fail("NotDemanded", `nobody asked for the votes for node ${node}`);
  }

  // ─── Private: money ────────────────────────────────────────────────────────────────────────────────────────────────

  #credit(account: Account, amount: bigint): void {
    this.balances.set(account, this.balanceOf(account) + amount);
  }

  #debit(account: Account, amount: bigint): void {
    this.#requireBalance(account, amount);
    this.balances.set(account, this.balanceOf(account) - amount);
  }

  #requireBalance(account: Account, amount: bigint): void {
    const balance = this.balanceOf(account);
    if (balance < amount) {
      fail("InsufficientBalance", `${account} has ${balance} and needs ${amount}`);
    }
  }
}
