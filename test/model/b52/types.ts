// SPDX-License-Identifier: MIT
/** Anything that names a party: the model does not look inside. */
export type Account = string;

/** Amounts in the native token, rates in 1/10,000, times in seconds. */
export interface StakingParameters {
  readonly stake: bigint;
  readonly exitDelay: number;
  readonly slashRate: bigint;
  readonly maxSlashRate: bigint;
  readonly forgiveness: number;
}

/** Amounts in the native token, rates and shares in 1/10,000, times in seconds, slopes in 1e-18. */
export interface Parameters extends StakingParameters {
  readonly proposalWindow: number;
  readonly proofWindow: number;
  readonly defenceWindow: number;
  readonly pipelined: boolean;
  readonly fairPay: boolean;
  readonly maxUncles: number;
  readonly maxLeaves: number;
  readonly minBid: bigint;
  readonly blockReward: bigint;
  readonly uncleReward: bigint;
  readonly tip: bigint;
  readonly voteDeposit: bigint;
  readonly bounty: bigint;
  readonly lostBurnRate: bigint;
  readonly unprovenBurnRate: bigint;
  readonly maxShare: bigint;
  readonly targetProvers: bigint;
  readonly minSlope: bigint;
  readonly maxSlope: bigint;
}

/** An include list (docs/b52.md §5.1); of the transactions in it the model knows nothing. */
export type List = string;

/** A proposal, to which a proposer commits; of the content only the lists. */
export interface Proposal {
  /** Commitment hash; of all ids the same length, so that they compare like numbers. */
  readonly id: string;
  readonly proposer: Account;
  readonly round: number;
  readonly height: number;
  /** Commitment hash of the block that it builds on. */
  readonly parent: string;
  readonly bid: bigint;
  readonly share: bigint;
  /** Of its tree. */
  readonly leaves: number;
  readonly promisedProvers: number;
  /** The list that a later block has to include if this one is the best of those that lose. */
  readonly carries?: List;
  /** The list that the block begins with, after its forced operations. */
  readonly includes?: List;
}

/** Facts that the proofs of one submission show of a block, and the promises they refer to. */
export interface BlockFacts {
  readonly leaves: number;
  /** Ticket by node. */
  readonly promised: ReadonlyMap<number, number>;
  /** Nodes proven by who promised them. */
  readonly credited: ReadonlySet<number>;
  /** Nodes proven by somebody else. */
  readonly defaulted: ReadonlySet<number>;
}

/** Somebody asked for the votes that a proof of a node needs. */
export interface Demand {
  readonly asker: Account;
  /** The account that showed them. */
  answerer?: Account;
}

export interface ProvenBlock {
  readonly leaves: number;
  /** Ticket by node. */
  readonly promised: ReadonlyMap<number, number>;
  /** Nodes that any accepted submission credits. */
  readonly credited: ReadonlySet<number>;
  /** Nodes with a valid vote that none does. */
  readonly defaulted: ReadonlySet<number>;
  /** Number of provers that count: those that delivered, but not more than were promised. */
  readonly provers: bigint;
  readonly score: bigint;
  /** Nodes whose default was defended, or is void. */
  readonly cleared: Set<number>;
  /** By node. */
  readonly demands: Map<number, Demand>;
  isPaid: boolean;
}

/** A commitment: committed → proven → settled, or committed → settled. */
export interface Entry {
  readonly proposal: Proposal;
  block?: ProvenBlock;
  isSettled: boolean;
}

/** How a round ended. */
export interface Result {
  /** Head before it. */
  readonly parent: string;
  /** Undefined if nothing was proven. */
  readonly winner?: Account;
  /** Best first. */
  readonly uncles: readonly Account[];
  readonly proposerReward: bigint;
  readonly proversReward: bigint;
  readonly uncleNodeReward: bigint;
  /** With fair pay: sum of the scores of all proven blocks. */
  readonly scores: bigint;
  /** With fair pay: that of the scores. */
  readonly slope: bigint;
}

/** One attempt at one height. */
export interface Round {
  readonly id: number;
  readonly height: number;
  readonly opensAt: number;
  /** Tickets that can be promised a node. */
  readonly tickets: ReadonlySet<number>;
  /** The list that its blocks have to include. */
  readonly list: List | undefined;
  readonly entries: Map<Account, Entry>;
  /** Proven blocks of it, best first. */
  ranking: Entry[];
  /** Tickets that were slashed for it. */
  readonly slashed: Set<number>;
  result?: Result;
  /** Amount that its result set aside and that was not paid yet. */
  reserved: bigint;
}
