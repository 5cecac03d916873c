// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";

import {
  B52Model,
  type Account,
  type Parameters,
  type Proposal,
  type ScoreRule,
} from "../../../test/model/b52/index.ts";
import { readParameters } from "../../docs/worked/deployParameters.ts";

export const SEQ = 10n ** 18n;

/** Parameters of a network, with some replaced. Trees may be larger than the contract's. */
export function b52Parameters(network: string, replaced: Partial<Parameters> = {}): Parameters {
  const { b52 } = readParameters(network);
  const amount = (name: string): bigint => b52.integer(name);
  const size = (name: string): number => Number(b52.integer(name));
  return {
    ...{ proposalWindow: size("proposalWindow"), proofWindow: size("proofWindow") },
    ...{ defenceWindow: size("defenceWindow"), pipelined: b52.flag("pipelined"), fairPay: b52.flag("fairPay") },
    ...{ maxUncles: size("maxUncles"), maxLeaves: size("maxLeaves"), minBid: amount("minBid") },
    ...{ blockReward: amount("blockReward"), uncleReward: amount("uncleReward"), tip: amount("tip") },
    ...{ voteDeposit: amount("voteDeposit"), bounty: amount("bounty") },
    ...{ lostBurnRate: amount("lostBurnRate"), unprovenBurnRate: amount("unprovenBurnRate") },
    ...{ maxShare: amount("maxShare"), targetProvers: amount("targetProvers") },
    ...{ minSlope: amount("minSlope"), maxSlope: amount("maxSlope"), stake: amount("stake") },
    ...{ exitDelay: size("exitDelay"), slashRate: amount("slashRate"), maxSlashRate: amount("maxSlashRate") },
    ...{ forgiveness: size("forgiveness"), ...replaced },
  };
}

/** A block that a proposer offers at a height, with the tickets that prove it. */
export interface Offer {
  readonly proposer: Account;
  readonly bid: bigint;
  /** Of the reward, for the provers, in 1/10,000. */
  readonly share: bigint;
  readonly leaves: number;
  /** Tickets that vote for it and prove it, in the order in which the proposer takes them. */
  readonly tickets: readonly number[];
}

/** An offer that L1 has as a commitment. */
export interface Committed {
  readonly proposal: Proposal;
  /** Ticket by node. */
  readonly promised: ReadonlyMap<number, number>;
}

/** How a height ended. */
export interface Height {
  readonly height: number;
  readonly winner: Account;
  /** Slope of the score that decided. */
  readonly rule: ScoreRule;
  /** Provers that counted, by proposer; only of blocks that were proven. */
  readonly provers: ReadonlyMap<Account, bigint>;
  /** Part of the bids that was burned. */
  readonly burned: bigint;
  /** Gains and losses of accounts in the consensus, bids included. */
  readonly change: ReadonlyMap<Account, bigint>;
}

/**
 * B52 on the model that the contracts are compared with, with a clock. Tickets 1, 2, 3, … belong to their owners. The pool
 * gets as much as each height may pay.
 */
export class B52World {
  readonly model: B52Model;
  now = 1_000_000;
  readonly #seed: string;
  #commitments = 0;

  /** @param owners Of the tickets, by id − 1: the account that the ticket's pay goes to. */
  constructor(params: Parameters, owners: readonly Account[], seed: string) {
    this.#seed = seed;
    this.model = new B52Model(params, this.#id(), this.now);
    owners.forEach((owner, i) => this.model.registry.join(owner, i + 1, owner));
  }

  /**
   * Plays one height that was not begun: all offers are committed, proven and submitted in time.
   *
   * @throws {RangeError} if there is no offer
   * @throws {Refusal} as the model, for an offer that it does not take
   */
  play(offers: readonly Offer[]): Height {
    if (offers.length === 0) throw new RangeError("a height needs an offer");
    const { params } = this.model;
    const before = new Map(this.model.balances);
    const committed = this.commit(offers, (account, amount) =>
      before.set(account, (before.get(account) ?? 0n) + amount),
    );
    this.now = this.model.proposalEnd(this.model.current!);
    for (const one of committed) this.submit(one);
    this.now += params.proofWindow;
    return this.advance(committed, before);
  }

  /**
   * Commits to offers for the open round, on the head, or pipelined on the best commitment of the current round. A
   * proposer deposits as much of its bid as is missing.
   *
   * @throws {Refusal} as `B52Model.commit`
   */
  commit(offers: readonly Offer[], onDeposit?: (account: Account, amount: bigint) => void): Committed[] {
    const { model } = this;
    const open = model.openRound(this.now);
    const [first] = open.isNext ? model.current!.entries.values() : [];
    const parent = first?.proposal.id ?? model.head;
    return offers.map((offer) => {
      const proposal: Proposal = {
        ...{ id: this.#id(), proposer: offer.proposer, round: open.id, height: open.height, parent },
        ...{ bid: offer.bid, share: offer.share, leaves: offer.leaves },
        promisedProvers: Math.min(offer.tickets.length, 2 * offer.leaves - 1),
      };
      const missing = offer.bid - model.balanceOf(offer.proposer);
      if (missing > 0n) {
        model.deposit(offer.proposer, missing);
        onDeposit?.(offer.proposer, missing);
      }
      model.commit(offer.proposer, proposal, this.now);
      return { proposal, promised: promisesOf(offer) };
    });
  }

  /**
   * Submits the proven tree of a commitment. Nodes that are not credited were filled by others.
   *
   * @param credited Default: all that were promised.
   * @throws {Refusal} as `B52Model.submit`
   */
  submit({ proposal, promised }: Committed, credited: ReadonlySet<number> = new Set(promised.keys())): void {
    const defaulted = new Set([...promised.keys()].filter((node) => !credited.has(node)));
    this.model.submit(proposal, { leaves: proposal.leaves, promised, credited, defaulted }, this.now);
  }

  /**
   * Ends the current round with its best block: rewards are paid, and the losers settle.
   *
   * @param before Balances that the changes are counted from.
   * @throws {Refusal} as `B52Model.advanceState`
   */
  advance(committed: readonly Committed[], before: ReadonlyMap<Account, bigint>): Height {
    const { model } = this;
    const { params } = model;
    const round = model.current!;
    const rule = model.scoreRule;
    const burnedBefore = model.toBurn;
    model.fundPool(params.blockReward + params.tip + BigInt(params.maxUncles) * params.uncleReward);
    model.advanceState("producer", this.now);
    const { winner = "", uncles } = round.result!;
    const provers = new Map<Account, bigint>();
    for (const { proposal } of committed) {
      const { block } = round.entries.get(proposal.proposer)!;
      if (block !== undefined) provers.set(proposal.proposer, block.provers);
      const isPaid = params.fairPay || proposal.proposer === winner || uncles.includes(proposal.proposer);
      if (block !== undefined && isPaid) model.payRewards(round.id, proposal.proposer);
      if (proposal.proposer !== winner) model.settle(proposal, this.now);
    }
    const change = new Map(
      [...model.balances].map(([account, balance]) => [account, balance - (before.get(account) ?? 0n)] as const),
    );
    return { height: round.height, winner, rule, provers, burned: model.toBurn - burnedBefore, change };
  }

  /** Commitment hashes decide ties: they are like hashes, and the same for the same seed. */
  #id(): string {
    return `0x${createHash("sha256").update(`${this.#seed}/${this.#commitments++}`).digest("hex")}`;
  }
}

/** The nodes of a tree, shared among the tickets one by one. */
function promisesOf({ leaves, tickets }: Offer): Map<number, number> {
  const nodes = 2 * leaves - 1;
  if (tickets.length === 0) return new Map();
  return new Map(Array.from({ length: nodes }, (_, i) => [i + 1, tickets[i % tickets.length]!] as const));
}
