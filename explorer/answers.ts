// SPDX-License-Identifier: MIT
import {
  amount,
  boolean,
  hex,
  integer,
  list,
  nullable,
  number,
  object,
  optional,
  text,
  word,
  type Decoded,
  type Decoder,
} from "./decode.ts";

/** Batches of a page; the API gives at most 50. */
export const PAGE = 50;
/** Larger than each number of a batch, so a page before it is the newest. */
export const NEWEST = 2 ** 32 - 1;

export const STATUS = object({
  ...{ l1Block: integer, batches: integer, finalBatches: integer, virtualRoot: hex, finalRoot: hex },
  ...{ accounts: integer, isFrozen: boolean, waiting: integer },
});
export type Status = Decoded<typeof STATUS>;

const ANY_RULES = {
  ...{ chainId: amount, rollup: hex, consensus: hex, slots: integer, baseFee: amount, forcedDeadline: integer },
  escapeDelay: integer,
} as const;

const EFFICIENCY_RULES = object({
  ...{ ...ANY_RULES, kind: word("Proof of Efficiency"), minFee: amount, maxFee: amount, targetTime: integer },
  ...{ doublingTime: integer, halvingTime: integer, maxPendingLeaves: integer },
});
export type EfficiencyRules = Decoded<typeof EFFICIENCY_RULES>;

const B52_RULES = object({
  ...{ ...ANY_RULES, kind: word("B52"), proposalWindow: integer, proofWindow: integer, defenceWindow: integer },
  ...{ blockReward: amount, uncleReward: amount, targetProvers: integer, stake: amount, maxUncles: integer },
  ...{ isPipelined: boolean, isFairPay: boolean },
});
export type B52Rules = Decoded<typeof B52_RULES>;

export type Rules = EfficiencyRules | B52Rules;
/** Rules of the consensus that they name. */
export const RULES: Decoder<Rules> = (given, path) => {
  const { kind } = object({ kind: word("Proof of Efficiency", "B52") })(given, path);
  return kind === "B52" ? B52_RULES(given, path) : EFFICIENCY_RULES(given, path);
};

export const HEAD = object({ l1Block: integer, timestamp: integer });

const ANY_BATCH = {
  ...{ number: integer, sequencer: hex, timestamp: integer, postedAt: integer, leaves: integer, bytes: integer },
  ...{ forcedCount: integer, transactions: integer, void: integer, root: hex, baseFee: amount, feeToken: integer },
} as const;

/** A batch of Proof of Efficiency. */
const EFFICIENCY_BATCH = object({
  ...{ ...ANY_BATCH, isTruthful: boolean, fee: amount, leafFee: amount, bond: amount, forcedFees: amount },
  proof: optional(
    object({
      ...{ aggregator: hex, l1Block: integer, timestamp: optional(integer), from: integer, to: integer },
      reward: amount,
    }),
  ),
});
export type EfficiencyBatch = Decoded<typeof EFFICIENCY_BATCH>;

/** A block of B52, which is in the list when it is final. */
const BLOCK = object({
  ...ANY_BATCH,
  block: object({
    ...{ round: integer, id: hex, committedAt: integer, bid: amount, share: integer, provers: integer },
    ...{ promisedProvers: integer, score: amount, endedAt: integer, endTime: optional(integer) },
  }),
});
export type Block = Decoded<typeof BLOCK>;

export type Batch = EfficiencyBatch | Block;
export const isBlock = (batch: Batch): batch is Block => "block" in batch;
const BATCH: Decoder<Batch> = (given, path) => {
  const { block } = object({ block: (of) => of })(given, path);
  return block === undefined ? EFFICIENCY_BATCH(given, path) : BLOCK(given, path);
};
export const BATCHES = list(BATCH, PAGE);

export const SLOT = object({
  ...{ slot: integer, bytes: hex, isForced: boolean, kind: text, status: text, reason: optional(text) },
  ...{ from: integer, to: integer, token: integer, amount, tip: optional(amount), fee: optional(amount) },
  l1Address: optional(hex),
});
export type Slot = Decoded<typeof SLOT>;
export const LEAF = nullable(object({ batch: integer, leaf: integer, isFinal: boolean, slots: list(SLOT, 1_024) }));

export const OPERATION = object({
  ...{ number: integer, bytes: hex, kind: text, from: integer, to: integer, token: integer, amount, fee: amount },
  ...{ l1Address: hex, batch: optional(integer) },
  ...{ queuedAt: optional(integer), dueBy: optional(integer), freezableFrom: optional(integer) },
});
export type Operation = Decoded<typeof OPERATION>;
export const CLOCK = object({ total: integer, operations: list(OPERATION, 100) });

export const FEES = object({
  ...{ baseFee: amount, batchFee: amount },
  batches: list(object({ number: integer, timestamp: integer, leaves: integer, fee: amount, leafFee: amount }), PAGE),
});
export type Fees = Decoded<typeof FEES>;

export const ACCOUNT = object({
  ...{ index: integer, token: amount, balance: amount, nonce: amount, owner: hex, x: hex, y: hex },
});
/** `after`: there may be more behind this index. */
export const ACCOUNTS = object({ accounts: list(ACCOUNT, 100), after: optional(integer) });

export const TRANSACTION = object({
  ...{ status: text, reason: optional(text), nonce: optional(amount), batch: optional(integer) },
  ...{ leaf: optional(integer), slot: optional(integer), l1Block: optional(integer), isFinal: optional(boolean) },
});

/** Nodes of the largest proof tree. */
const NODES = 15;
export const LIVE_PHASES: readonly string[] = ["proposing", "proving", "decided"];

const PHASE = word("unopened", "proposing", "proving", "decided", "won", "failed", "void");
export type Phase = Decoded<typeof PHASE>;

const WINDOWS = { opensAt: integer, proposalsEnd: integer, proofsEnd: integer } as const;

export const ROUND_SUMMARY = object({
  ...{ round: integer, height: integer, phase: PHASE, ...WINDOWS, commitments: integer, proven: integer },
  ...{ winner: optional(hex), bid: optional(amount), score: optional(amount), provers: optional(integer) },
});
export const ROUNDS = object({
  ...{ total: integer, next: object({ round: integer, height: integer, isOpen: boolean }), pool: amount },
  ...{ slope: amount, rounds: list(ROUND_SUMMARY, PAGE) },
});

const OFFER = object({
  ...{ proposer: hex, bid: amount, share: integer, leaves: integer, voters: integer, nodes: list(integer, NODES) },
  isCommitted: boolean,
});
export type Offer = Decoded<typeof OFFER>;

const COMMITMENT = object({
  ...{ id: hex, proposer: hex, bid: amount, share: integer, leaves: integer, promisedProvers: integer, parent: hex },
  ...{ committedAt: integer, isSettled: boolean, isTranscriptKnown: boolean, isContentKnown: boolean },
  ...{ state: word("committed", "proven", "leads", "won", "uncle", "lost", "unproven") },
  promisedScore: optional(amount),
  proven: optional(
    object({
      ...{ l1Block: integer, score: amount, provers: integer, credited: integer, defaulted: integer },
      ...{ defended: integer, cleared: integer, slashed: integer },
    }),
  ),
});
export type Commitment = Decoded<typeof COMMITMENT>;

export const ROUND = nullable(
  object({
    ...{ round: integer, height: integer, phase: PHASE, tickets: integer, windows: optional(object(WINDOWS)) },
    ...{ offers: list(OFFER, 16), total: integer, commitments: list(COMMITMENT, 32) },
    result: optional(
      object({
        ...{ winner: hex, uncles: list(hex, 3), proposerReward: amount, proversReward: amount },
        uncleNodeReward: amount,
      }),
    ),
  }),
);
export type Round = NonNullable<Decoded<typeof ROUND>>;

const NODE_STATE = word(
  "unknown",
  "unpromised",
  "promised",
  "delivered",
  "credited",
  "defaulted",
  "defended",
  "cleared",
  "slashed",
);
export const TREE_NODE = object({
  ...{ node: integer, kind: word("leaf", "merge"), state: NODE_STATE, ticket: optional(integer) },
  ...{ known: list(integer, NODES), worker: optional(integer) },
  demand: optional(object({ asker: hex, answerer: optional(hex) })),
});
export type TreeNode = Decoded<typeof TREE_NODE>;

export const TREE = nullable(
  object({
    ...{ id: hex, round: integer, proposer: hex, leaves: integer, isTranscriptKnown: boolean, isContentKnown: boolean },
    ...{ isProven: boolean, isLiable: optional(boolean), nodes: list(TREE_NODE, NODES) },
    court: optional(object({ demandsEnd: integer, answersEnd: integer, defencesEnd: integer, slashesEnd: integer })),
  }),
);
export type Tree = NonNullable<Decoded<typeof TREE>>;

const TICKET = object({
  ...{ ticket: integer, owner: hex, payout: hex, state: word("waiting", "active", "leaving", "free"), stake: amount },
  ...{ misses: integer, slashes: integer, slashed: amount, withdrawableAt: optional(integer) },
});
/** `after`: there are more behind this number. */
export const TICKETS = object({ total: integer, tickets: list(TICKET, 100), after: optional(integer) });

const PEER = object({
  ...{ id: text, address: optional(text), direction: word("inbound", "outbound"), since: integer, score: number },
  ...{ isGossiping: boolean, received: integer, refused: integer, sent: integer },
});
export const PEERS = object({
  ...{ isJoined: boolean, id: optional(text), addresses: list(text, 16), peers: list(PEER, 128) },
  bans: object({ total: integer, newest: list(object({ name: text, until: integer, reason: text }), 20) }),
  messages: list(
    object({
      ...{ kind: text, received: integer, accepted: integer, ignored: integer, refused: integer, dropped: integer },
      sent: integer,
    }),
    16,
  ),
});

/** Of the OpenRPC document, the part that says what the node can do. */
export const DOCUMENT = object({ methods: list(object({ name: text }), 200) });
