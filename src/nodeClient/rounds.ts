// SPDX-License-Identifier: MIT
import type { Answer } from "./answer.ts";

/** Bits of amounts in the native token, and of scores: a number of provers cubed, times a bid squared. */
const [AMOUNT_BITS, SCORE_BITS] = [128, 256];
/** Items of lists, as the node's schema limits them. */
const [PAGE, OFFERS, COMMITMENTS, TICKETS, PEERS, ADDRESSES, BANS] = [50, 16, 32, 100, 128, 16, 20] as const;
const [UNCLES, NODES] = [3, 15] as const;
const MAX_SHARE = 10_000;

const PHASES = ["unopened", "proposing", "proving", "decided", "won", "failed", "void"] as const;
/**
 * How far a round of B52 is: `unopened` until a commitment opens it; its two windows; `decided` when they are over and a
 * block was proven, until the state advances; `won`; `failed` if nothing was proven; `void` after a freeze.
 */
export type RoundPhase = (typeof PHASES)[number];

const STATES = ["committed", "proven", "leads", "won", "uncle", "lost", "unproven"] as const;
/** State of a commitment. `leads`: it would win if the round ended now. */
export type CommitmentState = (typeof STATES)[number];

const NODE_STATES = [
  ...["unknown", "unpromised", "promised", "delivered"],
  ...["credited", "defaulted", "defended", "cleared", "slashed"],
] as const;
/**
 * State of a node of a proof tree. Before L1 has the block: `unknown` as the votes are not known, `unpromised`, `promised`,
 * `delivered` if the node knows a proof. On L1: `credited`, `unpromised`, `defaulted`, `defended`, `cleared` (its votes
 * were demanded and not shown), `slashed`.
 */
export type TreeNodeState = (typeof NODE_STATES)[number];

/** Unix seconds of L1. */
export interface RoundWindows {
  readonly opensAt: number;
  readonly proposalsEnd: number;
  readonly proofsEnd: number;
}

/** A round in a list. */
export interface RoundSummary extends RoundWindows {
  /** 1, 2, 3, … */
  readonly round: number;
  readonly height: number;
  readonly phase: RoundPhase;
  /** Number of commitments, and of those that were proven. */
  readonly commitments: number;
  readonly proven: number;
  readonly winner:
    | {
        readonly proposer: string;
        readonly bid: bigint;
        readonly score: bigint;
        /** Number of provers that count. */
        readonly provers: number;
      }
    | undefined;
}

/** Rounds, the newest first. Amounts are in the native token's smallest unit, here and below. */
export interface NodeRounds {
  /** Number of rounds that L1 has opened. */
  readonly total: number;
  /** The round that a commitment would be for now. */
  readonly next: { readonly round: number; readonly height: number; readonly isOpen: boolean };
  readonly pool: bigint;
  /** In 10^-18. */
  readonly slope: bigint;
  readonly rounds: readonly RoundSummary[];
}

/** A proposer's offer that the node has heard of. */
export interface RoundOffer {
  readonly proposer: string;
  readonly bid: bigint;
  /** Of the provers, in 1/10,000. */
  readonly share: number;
  readonly leaves: number;
  /** Number of tickets that voted for it, and the nodes that they voted for. */
  readonly voters: number;
  readonly nodes: readonly number[];
  readonly isCommitted: boolean;
}

/** A commitment on L1. */
export interface RoundCommitment {
  /** Commitment hash. */
  readonly id: string;
  readonly proposer: string;
  readonly bid: bigint;
  /** Of the provers, in 1/10,000. */
  readonly share: number;
  readonly leaves: number;
  readonly promisedProvers: number;
  /** Commitment hash of the block that it builds on. */
  readonly parent: string;
  /** L1 block. */
  readonly committedAt: number;
  readonly state: CommitmentState;
  /** Whether the bid was settled. */
  readonly isSettled: boolean;
  readonly isTranscriptKnown: boolean;
  readonly isContentKnown: boolean;
  /** Score if all promised provers deliver, at the slope of now; undefined of a round that is over. */
  readonly promisedScore: bigint | undefined;
  readonly proven:
    | {
        readonly l1Block: number;
        readonly score: bigint;
        readonly provers: number;
        /** Numbers of nodes: credited ones, all defaults, and what became of these. */
        readonly credited: number;
        readonly defaulted: number;
        readonly defended: number;
        readonly cleared: number;
        readonly slashed: number;
      }
    | undefined;
}

/** A round with its proposals. */
export interface NodeRound {
  readonly round: number;
  readonly height: number;
  readonly phase: RoundPhase;
  /** Number of tickets that may prove in it. */
  readonly tickets: number;
  /** Undefined before L1 has opened it. */
  readonly windows: RoundWindows | undefined;
  /** The highest bids. */
  readonly offers: readonly RoundOffer[];
  /** Number of all commitments; the best of them follow. */
  readonly total: number;
  readonly commitments: readonly RoundCommitment[];
  readonly result:
    | {
        readonly winner: string;
        readonly uncles: readonly string[];
        readonly proposerReward: bigint;
        readonly proversReward: bigint;
        readonly uncleNodeReward: bigint;
      }
    | undefined;
}

/** A node of a proof tree: 1 is the root, 2·i and 2·i + 1 are the children of i. */
export interface TreeNodeStatus {
  readonly node: number;
  readonly kind: "leaf" | "merge";
  readonly state: TreeNodeState;
  /** The ticket that promised it. */
  readonly ticket: number | undefined;
  /** Makers of the proofs that the node knows; 0 for one without a ticket. */
  readonly known: readonly number[];
  /** Maker of the proof that L1 has; 0 for one without a ticket. */
  readonly worker: number | undefined;
  /** The one who demanded its votes on L1, and the one who showed them. */
  readonly demand: { readonly asker: string; readonly answerer: string | undefined } | undefined;
}

/** The proof tree of a commitment. */
export interface NodeProofTree {
  readonly id: string;
  readonly round: number;
  readonly proposer: string;
  readonly leaves: number;
  readonly isTranscriptKnown: boolean;
  readonly isContentKnown: boolean;
  readonly isProven: boolean;
  /** Whether its defaults can be slashed; undefined before the round has a result. */
  readonly isLiable: boolean | undefined;
  /** Ends in unix seconds of L1; undefined before it is proven. */
  readonly court:
    | {
        readonly demandsEnd: number;
        readonly answersEnd: number;
        readonly defencesEnd: number;
        readonly slashesEnd: number;
      }
    | undefined;
  readonly nodes: readonly TreeNodeStatus[];
}

/** A prover's ticket. */
export interface NodeTicket {
  readonly ticket: number;
  readonly owner: string;
  readonly payout: string;
  readonly state: "waiting" | "active" | "leaving" | "free";
  /** Rest of the stake. */
  readonly stake: bigint;
  /** Misses that were not forgiven at the last slash. */
  readonly misses: number;
  readonly slashes: number;
  readonly slashed: bigint;
  /** Unix seconds; undefined unless it is leaving. */
  readonly withdrawableAt: number | undefined;
}

/** A peer of a node. */
export interface NodePeer {
  readonly id: string;
  /** Undefined if the node does not tell it. */
  readonly address: string | undefined;
  readonly direction: "inbound" | "outbound";
  /** Of the connection, in unix seconds. */
  readonly since: number;
  /** 0, or below it for what the peer did. */
  readonly score: number;
  readonly isGossiping: boolean;
  /** Messages since it was connected. */
  readonly received: number;
  readonly refused: number;
  readonly sent: number;
}

/** The network of a node. */
export interface NodePeers {
  readonly isJoined: boolean;
  readonly id: string | undefined;
  readonly addresses: readonly string[];
  readonly peers: readonly NodePeer[];
  readonly bans: {
    readonly total: number;
    readonly newest: readonly {
      readonly name: string;
      /** Unix seconds. */ readonly until: number;
      readonly reason: string;
    }[];
  };
  /** Messages by kind since the node has started. */
  readonly messages: readonly {
    readonly kind: string;
    readonly received: number;
    readonly accepted: number;
    readonly ignored: number;
    readonly refused: number;
    readonly dropped: number;
    readonly sent: number;
  }[];
}

const bytesOf = (answer: Answer, bytes: number): string =>
  `0x${answer
    .hex(bytes)
    .toString(16)
    .padStart(2 * bytes, "0")}`;
const addressOf = (answer: Answer): string => bytesOf(answer, 20);
const amountOf = (answer: Answer): bigint => answer.amount(AMOUNT_BITS);
const scoreIn = (answer: Answer): bigint => answer.amount(SCORE_BITS);
const maybe = <Value>(answer: Answer, read: (present: Answer) => Value): Value | undefined =>
  answer.isPresent ? read(answer) : undefined;

const windowsIn = (answer: Answer): RoundWindows => ({
  opensAt: answer.field("opensAt").whole(),
  proposalsEnd: answer.field("proposalsEnd").whole(),
  proofsEnd: answer.field("proofsEnd").whole(),
});

export const readRounds = (answer: Answer): NodeRounds => ({
  total: answer.field("total").whole(),
  next: {
    round: answer.field("next").field("round").whole(),
    height: answer.field("next").field("height").whole(),
    isOpen: answer.field("next").field("isOpen").boolean(),
  },
  pool: amountOf(answer.field("pool")),
  slope: amountOf(answer.field("slope")),
  rounds: answer
    .field("rounds")
    .list(PAGE)
    .map((round) => ({
      round: round.field("round").whole(1),
      height: round.field("height").whole(1),
      phase: round.field("phase").oneOf(PHASES),
      ...windowsIn(round),
      commitments: round.field("commitments").whole(),
      proven: round.field("proven").whole(),
      winner: maybe(round.field("winner"), (winner) => ({
        proposer: addressOf(winner),
        bid: amountOf(round.field("bid")),
        score: scoreIn(round.field("score")),
        provers: round.field("provers").whole(0, NODES),
      })),
    })),
});

const readOffer = (offer: Answer): RoundOffer => ({
  proposer: addressOf(offer.field("proposer")),
  bid: amountOf(offer.field("bid")),
  share: offer.field("share").whole(0, MAX_SHARE),
  leaves: offer.field("leaves").whole(0, 8),
  voters: offer.field("voters").whole(),
  nodes: offer
    .field("nodes")
    .list(NODES)
    .map((node) => node.whole(1, NODES)),
  isCommitted: offer.field("isCommitted").boolean(),
});

const readCommitment = (of: Answer): RoundCommitment => ({
  id: bytesOf(of.field("id"), 32),
  proposer: addressOf(of.field("proposer")),
  bid: amountOf(of.field("bid")),
  share: of.field("share").whole(0, MAX_SHARE),
  leaves: of.field("leaves").whole(0, 8),
  promisedProvers: of.field("promisedProvers").whole(0, NODES),
  parent: bytesOf(of.field("parent"), 32),
  committedAt: of.field("committedAt").whole(),
  state: of.field("state").oneOf(STATES),
  isSettled: of.field("isSettled").boolean(),
  isTranscriptKnown: of.field("isTranscriptKnown").boolean(),
  isContentKnown: of.field("isContentKnown").boolean(),
  promisedScore: maybe(of.field("promisedScore"), scoreIn),
  proven: maybe(of.field("proven"), (proven) => ({
    l1Block: proven.field("l1Block").whole(),
    score: scoreIn(proven.field("score")),
    provers: proven.field("provers").whole(0, NODES),
    credited: proven.field("credited").whole(0, NODES),
    defaulted: proven.field("defaulted").whole(0, NODES),
    defended: proven.field("defended").whole(0, NODES),
    cleared: proven.field("cleared").whole(0, NODES),
    slashed: proven.field("slashed").whole(0, NODES),
  })),
});

export const readRound = (answer: Answer): NodeRound => ({
  round: answer.field("round").whole(1),
  height: answer.field("height").whole(1),
  phase: answer.field("phase").oneOf(PHASES),
  tickets: answer.field("tickets").whole(),
  windows: maybe(answer.field("windows"), windowsIn),
  offers: answer.field("offers").list(OFFERS).map(readOffer),
  total: answer.field("total").whole(),
  commitments: answer.field("commitments").list(COMMITMENTS).map(readCommitment),
  result: maybe(answer.field("result"), (result) => ({
    winner: addressOf(result.field("winner")),
    uncles: result.field("uncles").list(UNCLES).map(addressOf),
    proposerReward: amountOf(result.field("proposerReward")),
    proversReward: amountOf(result.field("proversReward")),
    uncleNodeReward: amountOf(result.field("uncleNodeReward")),
  })),
});

const readNode = (node: Answer): TreeNodeStatus => ({
  node: node.field("node").whole(1, NODES),
  kind: node.field("kind").oneOf(["leaf", "merge"]),
  state: node.field("state").oneOf(NODE_STATES),
  ticket: maybe(node.field("ticket"), (ticket) => ticket.whole(0, 255)),
  known: node
    .field("known")
    .list(NODES)
    .map((worker) => worker.whole(0, 255)),
  worker: maybe(node.field("worker"), (worker) => worker.whole(0, 255)),
  demand: maybe(node.field("demand"), (demand) => ({
    asker: addressOf(demand.field("asker")),
    answerer: maybe(demand.field("answerer"), addressOf),
  })),
});

export const readProofTree = (answer: Answer): NodeProofTree => ({
  id: bytesOf(answer.field("id"), 32),
  round: answer.field("round").whole(1),
  proposer: addressOf(answer.field("proposer")),
  leaves: answer.field("leaves").whole(0, 8),
  isTranscriptKnown: answer.field("isTranscriptKnown").boolean(),
  isContentKnown: answer.field("isContentKnown").boolean(),
  isProven: answer.field("isProven").boolean(),
  isLiable: maybe(answer.field("isLiable"), (isLiable) => isLiable.boolean()),
  court: maybe(answer.field("court"), (court) => ({
    demandsEnd: court.field("demandsEnd").whole(),
    answersEnd: court.field("answersEnd").whole(),
    defencesEnd: court.field("defencesEnd").whole(),
    slashesEnd: court.field("slashesEnd").whole(),
  })),
  nodes: answer.field("nodes").list(NODES).map(readNode),
});

/** A page of tickets, whose numbers are above `last`; and the number after which there are more. */
export function readTickets(
  answer: Answer,
  last: number,
): { readonly tickets: readonly NodeTicket[]; readonly after: number | undefined } {
  let least = last + 1;
  const tickets = answer
    .field("tickets")
    .list(TICKETS)
    .map((of) => {
      const ticket = of.field("ticket").whole(least, 255);
      least = ticket + 1;
      return {
        ticket,
        owner: addressOf(of.field("owner")),
        payout: addressOf(of.field("payout")),
        state: of.field("state").oneOf(["waiting", "active", "leaving", "free"]),
        stake: amountOf(of.field("stake")),
        misses: of.field("misses").whole(),
        slashes: of.field("slashes").whole(),
        slashed: amountOf(of.field("slashed")),
        withdrawableAt: maybe(of.field("withdrawableAt"), (time) => time.whole()),
      };
    });
  const after = maybe(answer.field("after"), (next) => next.whole(last + 1, 255));
  return { tickets, after };
}

export const readPeers = (answer: Answer): NodePeers => ({
  isJoined: answer.field("isJoined").boolean(),
  id: maybe(answer.field("id"), (id) => id.text()),
  addresses: answer
    .field("addresses")
    .list(ADDRESSES)
    .map((address) => address.text()),
  peers: answer
    .field("peers")
    .list(PEERS)
    .map((peer) => ({
      id: peer.field("id").text(),
      address: maybe(peer.field("address"), (address) => address.text()),
      direction: peer.field("direction").oneOf(["inbound", "outbound"]),
      since: peer.field("since").whole(),
      score: peer.field("score").number(),
      isGossiping: peer.field("isGossiping").boolean(),
      received: peer.field("received").whole(),
      refused: peer.field("refused").whole(),
      sent: peer.field("sent").whole(),
    })),
  bans: {
    total: answer.field("bans").field("total").whole(),
    newest: answer
      .field("bans")
      .field("newest")
      .list(BANS)
      .map((ban) => ({
        name: ban.field("name").text(),
        until: ban.field("until").whole(),
        reason: ban.field("reason").text(),
      })),
  },
  messages: answer
    .field("messages")
    .list(NODES)
    .map((of) => ({
      kind: of.field("kind").text(),
      received: of.field("received").whole(),
      accepted: of.field("accepted").whole(),
      ignored: of.field("ignored").whole(),
      refused: of.field("refused").whole(),
      dropped: of.field("dropped").whole(),
      sent: of.field("sent").whole(),
    })),
});
