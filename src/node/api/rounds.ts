// SPDX-License-Identifier: MIT
import { hexlify } from "ethers";

import { isSameAddress, outranks, type B52Node, type NodeDefault, type ProvenBlock } from "../../agents/index.ts";
import { commitmentHash, isTicket, NOBODY, ticketOf, TREE_NODES, type Proposal } from "../../b52/index.ts";
import { ask } from "../../chain/index.ts";
import { isLiable, type HeardOffer, type RoundWatch } from "../roles/index.ts";
import { nodesIn, scoreOf } from "../strategies/index.ts";
import { onceABlock } from "./l1Answers.ts";
import { method, requireB52, type Method } from "./method.ts";
import { AMOUNT, BOOLEAN, bytesParameter, HEX, INTEGER, listOf, object, orNull, wholeParameter } from "./parameters.ts";

const MAX_INDEX = 2 ** 32 - 1;
/** Rounds and tickets of one answer. */
const [ROUND_PAGE, TICKET_PAGE] = [50, 100];
/** Offers and commitments of one answer. */
const [OFFERS, COMMITMENTS] = [16, 32];
const UNCLES = 3;
const NODES = TREE_NODES - 1;

/**
 * How far a round is: `unopened` until a commitment opens it; its windows; `decided` when they are over and a block was
 * proven, until the state advances; `won`; `failed` if nothing was proven; `void` after a freeze.
 */
const PHASES = ["unopened", "proposing", "proving", "decided", "won", "failed", "void"] as const;
type Phase = (typeof PHASES)[number];

/** State of a commitment. `leads`: it would win if the round ended now. */
const STATES = ["committed", "proven", "leads", "won", "uncle", "lost", "unproven"] as const;

/**
 * State of a node of a proof tree, as far as this node knows it. Before L1 has a proof: `unknown` as the transcript is not known, `unpromised`,
 * `promised`, or `delivered` if a proof is known here. On L1: `credited`, `unpromised` (proven, and credited to nobody),
 * `defaulted`, `defended`, `cleared` (its votes were demanded and not shown), `slashed`.
 */
const NODE_STATES = [
  ...["unknown", "unpromised", "promised", "delivered"],
  ...["credited", "defaulted", "defended", "cleared", "slashed"],
] as const;
type NodeState = (typeof NODE_STATES)[number];

const WINDOWS = { opensAt: INTEGER, proposalsEnd: INTEGER, proofsEnd: INTEGER } as const;

const ROUND = object({
  ...{ round: INTEGER, height: INTEGER, phase: { enum: PHASES }, ...WINDOWS, commitments: INTEGER, proven: INTEGER },
  ...{ "winner?": HEX, "bid?": AMOUNT, "score?": AMOUNT, "provers?": INTEGER },
});

const OFFER = object({
  ...{ proposer: HEX, bid: AMOUNT, share: INTEGER, leaves: INTEGER, voters: INTEGER, nodes: listOf(INTEGER, NODES) },
  isCommitted: BOOLEAN,
});

const COMMITMENT = object({
  ...{ id: HEX, proposer: HEX, bid: AMOUNT, share: INTEGER, leaves: INTEGER, promisedProvers: INTEGER, parent: HEX },
  ...{ committedAt: INTEGER, state: { enum: STATES }, isSettled: BOOLEAN, isTranscriptKnown: BOOLEAN },
  ...{ isContentKnown: BOOLEAN, "promisedScore?": AMOUNT },
  "proven?": object({
    ...{ l1Block: INTEGER, score: AMOUNT, provers: INTEGER, credited: INTEGER, defaulted: INTEGER, defended: INTEGER },
    ...{ cleared: INTEGER, slashed: INTEGER },
  }),
});

const RESULT = object({
  ...{ winner: HEX, uncles: listOf(HEX, UNCLES), proposerReward: AMOUNT, proversReward: AMOUNT },
  uncleNodeReward: AMOUNT,
});

const NODE = object({
  ...{ node: INTEGER, kind: { enum: ["leaf", "merge"] }, state: { enum: NODE_STATES }, "ticket?": INTEGER },
  ...{ known: listOf(INTEGER, NODES), "worker?": INTEGER },
  "demand?": object({ asker: HEX, "answerer?": HEX }),
});

const TICKET = object({
  ...{
    ticket: INTEGER,
    owner: HEX,
    payout: HEX,
    state: { enum: ["waiting", "active", "leaving", "free"] },
    stake: AMOUNT,
  },
  ...{ misses: INTEGER, slashes: INTEGER, slashed: AMOUNT, "withdrawableAt?": INTEGER },
});

const roundParameter = wholeParameter("round", "Its number: 1, 2, 3, …", 1, MAX_INDEX);

/** Methods about the rounds of B52: from L1, and of what this node has heard of its peers. */
export const ROUNDS: readonly Method[] = [
  method(
    "rollup_rounds",
    "B52: rounds, the newest first, with their windows and winners; the round that a commitment would be for now; and the " +
      "pool of rewards with the slope of the score, in 10^-18.",
    [
      wholeParameter("before", "Rounds with smaller numbers.", 1, MAX_INDEX),
      wholeParameter("count", "Of rounds, at most.", 1, ROUND_PAGE),
    ],
    {
      name: "rounds",
      schema: object({
        ...{ total: INTEGER, next: object({ round: INTEGER, height: INTEGER, isOpen: BOOLEAN }) },
        ...{ pool: AMOUNT, slope: AMOUNT, rounds: listOf(ROUND, ROUND_PAGE) },
      }),
    },
    async ({ node: followed }, before: number, count: number) => {
      const node = requireB52(followed);
      const [next, { pool, slope }] = await Promise.all([nextRoundOf(node), treasuryAt(node)]);
      const last = Math.min(node.rounds, before - 1);
      const rounds = Array.from({ length: Math.max(0, Math.min(count, last)) }, (_, i) => BigInt(last - i));
      return {
        ...{ total: node.rounds, next: { ...next, round: Number(next.round), height: Number(next.height) } },
        ...{ pool: String(pool), slope: String(slope), rounds: rounds.map((round) => describeRound(node, round)) },
      };
    },
  ),
  method(
    "rollup_round",
    "B52: a round with the offers that this node has heard of, the commitments on L1, and its result; null if L1 has no " +
      `such round. At most ${OFFERS} offers and ${COMMITMENTS} commitments are told: proven ones first, then the highest bids.`,
    [roundParameter],
    {
      name: "round",
      schema: orNull(
        object({
          ...{
            round: INTEGER,
            height: INTEGER,
            phase: { enum: PHASES },
            tickets: INTEGER,
            "windows?": object(WINDOWS),
          },
          ...{ offers: listOf(OFFER, OFFERS), total: INTEGER, commitments: listOf(COMMITMENT, COMMITMENTS) },
          "result?": RESULT,
        }),
      ),
    },
    async ({ node: followed, heard }, number: number) => {
      const node = requireB52(followed);
      const round = BigInt(number);
      const offers = heard?.offersOf(round) ?? [];
      if (number > node.rounds) {
        const next = await nextRoundOf(node);
        if (next.round !== round) return null;
        const facts = { round: number, height: Number(next.height), phase: "unopened", tickets: node.registry.size };
        return { ...facts, offers: offers.map((offer) => describeOffer(offer, [])), total: 0, commitments: [] };
      }
      const proposals = node.proposalsOf(round);
      const phase = phaseOf(node, round);
      const isLive = phase === "proposing" || phase === "proving" || phase === "decided";
      const slope = isLive ? (await treasuryAt(node)).slope : undefined;
      const { height, registry } = node.round(round);
      const leader = isLive ? leaderOf(node, proposals) : undefined;
      const ordered = proposals
        .map((proposal) => ({ proposal, proven: node.findProven(round, proposal.proposer) }))
        .sort(
          (a, b) => compare(b.proven?.score ?? -1n, a.proven?.score ?? -1n) || compare(b.proposal.bid, a.proposal.bid),
        );
      const result = node.resultOf(round);
      return {
        ...{ round: number, height: Number(height), phase, tickets: registry.size, windows: windowsOf(node, round) },
        offers: offers.map((offer) => describeOffer(offer, proposals)),
        total: proposals.length,
        commitments: ordered.slice(0, COMMITMENTS).map(({ proposal, proven }) => ({
          ...describeCommitment(node, heard, proposal, proven),
          state: stateOf(node, phase, proposal, proven, leader),
          ...(slope === undefined
            ? {}
            : {
                promisedScore: String(
                  scoreOf(Number(proposal.promisedProvers), proposal.bid, {
                    ...{ target: node.parameters.targetProvers, slope },
                  }),
                ),
              }),
        })),
        ...(result === undefined || isZero(result.winner as string)
          ? {}
          : {
              result: {
                winner: (result.winner as string).toLowerCase(),
                uncles: result.uncles.map((uncle) => (uncle as string).toLowerCase()),
                proposerReward: String(result.proposerReward),
                proversReward: String(result.proversReward),
                uncleNodeReward: String(result.uncleNodeReward),
              },
            }),
      };
    },
  ),
  method(
    "rollup_proofTree",
    "B52: the proof tree of a commitment, with who promised each node, whose proofs this node knows, and what L1 says; " +
      "null if there is no such commitment. Before L1 has the block, this is what the network has told this node.",
    [roundParameter, bytesParameter("proposer", "L1 address.", 20)],
    {
      name: "tree",
      schema: orNull(
        object({
          ...{ id: HEX, round: INTEGER, proposer: HEX, leaves: INTEGER, isTranscriptKnown: BOOLEAN },
          ...{ isContentKnown: BOOLEAN, isProven: BOOLEAN, "isLiable?": BOOLEAN },
          "court?": object({ demandsEnd: INTEGER, answersEnd: INTEGER, defencesEnd: INTEGER, slashesEnd: INTEGER }),
          nodes: listOf(NODE, NODES),
        }),
      ),
    },
    ({ node: followed, heard }, round: number, proposer: Uint8Array) => {
      const node = requireB52(followed);
      const address = hexlify(proposer);
      const proposal = node.proposalsOf(BigInt(round)).find((other) => isSameAddress(other.proposer, address));
      return proposal === undefined ? null : describeTree(node, heard, proposal);
    },
  ),
  method(
    "rollup_tickets",
    `B52: the provers' tickets by their numbers, from the events of their registry; at most ${TICKET_PAGE}. If the answer ` +
      "has `after`, there are more. Misses are those that were not forgiven at the last slash.",
    [wholeParameter("after", "Number before the first one: 0, or that of the answer before.", 0, MAX_INDEX)],
    { name: "tickets", schema: object({ total: INTEGER, tickets: listOf(TICKET, TICKET_PAGE), "after?": INTEGER }) },
    ({ node: followed }, after: number) => {
      const { tickets: all } = requireB52(followed);
      const behind = all.filter(({ ticket }) => ticket > after);
      const tickets = behind.slice(0, TICKET_PAGE);
      const last = tickets.at(-1);
      return {
        total: all.length,
        tickets: tickets.map(({ owner, payout, stake, slashed, withdrawableAt, ...others }) => ({
          ...{ ...others, owner: owner.toLowerCase(), payout: payout.toLowerCase(), stake: String(stake) },
          ...{ slashed: String(slashed) },
          ...(withdrawableAt === undefined ? {} : { withdrawableAt: Number(withdrawableAt) }),
        })),
        ...(last === undefined || behind.length <= TICKET_PAGE ? {} : { after: last.ticket }),
      };
    },
  ),
];

const isZero = (address: string): boolean => BigInt(address) === 0n;

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** The round for which a proposal can be committed now, or the next one. */
const nextRoundOf = (
  node: B52Node,
): Promise<{ readonly round: bigint; readonly height: bigint; readonly isOpen: boolean }> =>
  onceABlock(node, "openRound", async (blockTag) => {
    const [round, height, isOpen] = await ask("openRound", () => node.system.consensus.openRound({ blockTag }));
    return { round, height, isOpen };
  });

/** Tokens in the pool, and the slope of the score. */
const treasuryAt = (node: B52Node): Promise<{ readonly pool: bigint; readonly slope: bigint }> =>
  onceABlock(node, "treasury", async (blockTag) => {
    const [pool, , slope] = await ask("treasury", () => node.system.consensus.treasury({ blockTag }));
    return { pool, slope };
  });

function windowsOf(node: B52Node, round: bigint): Readonly<Record<keyof typeof WINDOWS, number>> {
  const { opensAt: proposalsEnd, closesAt } = node.proofWindowOf(round);
  return {
    opensAt: Number(node.round(round).opensAt),
    ...{ proposalsEnd: Number(proposalsEnd), proofsEnd: Number(closesAt) },
  };
}

/** How far a round is that L1 has opened, at the last L1 block that was read. */
function phaseOf(node: B52Node, round: bigint): Phase {
  const result = node.resultOf(round);
  if (result !== undefined) return isZero(result.winner as string) ? "failed" : "won";
  if (node.isFrozen) return "void";
  const { height } = node.round(round);
  const current = node.lastRoundOf(node.batches.length + 1);
  const isCurrent = current?.round === round;
  // Pipelined, the round of the height after the next one is open, too.
  const isLive = current !== undefined && (isCurrent || (round > current.round && height > current.height));
  if (!isLive) return "failed";
  const { opensAt, closesAt } = node.proofWindowOf(round);
  if (node.now < opensAt) return "proposing";
  if (node.now < closesAt) return "proving";
  return isCurrent && leaderOf(node, node.proposalsOf(round)) !== undefined ? "decided" : "failed";
}

/** The best of the proven blocks; undefined if there is none. */
const leaderOf = (node: B52Node, proposals: readonly Proposal[]): ProvenBlock | undefined =>
  proposals.reduce<ProvenBlock | undefined>((best, { round, proposer }) => {
    const block = node.findProven(round, proposer);
    return block !== undefined && (best === undefined || outranks(block, best)) ? block : best;
  }, undefined);

function describeRound(node: B52Node, round: bigint): Readonly<Record<string, unknown>> {
  const proposals = node.proposalsOf(round);
  const winner = node.resultOf(round)?.winner as string | undefined;
  const block = winner === undefined || isZero(winner) ? undefined : node.findProven(round, winner);
  return {
    ...{ round: Number(round), height: Number(node.round(round).height), phase: phaseOf(node, round) },
    ...{ ...windowsOf(node, round), commitments: proposals.length },
    proven: proposals.filter(({ proposer }) => node.findProven(round, proposer) !== undefined).length,
    ...(block === undefined
      ? {}
      : {
          ...{ winner: block.proposal.proposer.toLowerCase(), bid: String(block.proposal.bid) },
          ...{ score: String(block.score), provers: Number(block.record.provers) },
        }),
  };
}

const describeOffer = (
  { draft, voters, nodes }: HeardOffer,
  proposals: readonly Proposal[],
): Readonly<Record<string, unknown>> => ({
  ...{ proposer: draft.proposer.toLowerCase(), bid: String(draft.bid), share: Number(draft.share) },
  ...{ leaves: Number(draft.leaves), voters, nodes },
  isCommitted: proposals.some(
    ({ proposer, contentHash }) => isSameAddress(proposer, draft.proposer) && contentHash === draft.contentHash,
  ),
});

function describeCommitment(
  node: B52Node,
  heard: RoundWatch | undefined,
  proposal: Proposal,
  proven: ProvenBlock | undefined,
): Readonly<Record<string, unknown>> {
  const id = commitmentHash(node.domain, proposal);
  const defaults = proven === undefined ? [] : node.defaultsOf(proven);
  const standing = defaults.filter(({ isCleared }) => !isCleared);
  return {
    ...{ id, proposer: proposal.proposer.toLowerCase(), bid: String(proposal.bid), share: Number(proposal.share) },
    ...{ leaves: Number(proposal.leaves), promisedProvers: Number(proposal.promisedProvers), parent: proposal.parent },
    ...{ committedAt: node.committedAt(proposal) ?? 0, isSettled: node.isSettled(proposal) },
    isTranscriptKnown: proven !== undefined || heard?.promisesOf(id, proposal) !== undefined,
    isContentKnown: proven !== undefined || heard?.hasContent(id) === true,
    ...(proven === undefined
      ? {}
      : {
          proven: {
            ...{ l1Block: proven.postedAt, score: String(proven.score), provers: Number(proven.record.provers) },
            ...{ credited: nodesIn(BigInt(proven.record.nodes) & 0xffffn).length, defaulted: defaults.length },
            defended: defaults.filter(({ isDefended }) => isDefended).length,
            cleared: defaults.filter(({ isCleared, isDefended }) => isCleared && !isDefended).length,
            slashed: standing.filter(({ isSlashed }) => isSlashed).length,
          },
        }),
  };
}

function stateOf(
  node: B52Node,
  phase: Phase,
  { round, proposer }: Proposal,
  proven: ProvenBlock | undefined,
  leader: ProvenBlock | undefined,
): (typeof STATES)[number] {
  const result = node.resultOf(round);
  if (result !== undefined && isSameAddress(result.winner as string, proposer)) return "won";
  if (result?.uncles.some((uncle) => isSameAddress(uncle as string, proposer)) === true) return "uncle";
  const isOver = phase === "won" || phase === "failed" || phase === "void";
  if (proven === undefined) return isOver ? "unproven" : "committed";
  if (isOver) return "lost";
  return proven === leader ? "leads" : "proven";
}

function describeTree(
  node: B52Node,
  heard: RoundWatch | undefined,
  proposal: Proposal,
): Readonly<Record<string, unknown>> {
  const { round, proposer } = proposal;
  const id = commitmentHash(node.domain, proposal);
  const leaves = Number(proposal.leaves);
  const proven = node.findProven(round, proposer);
  const promises = heard?.promisesOf(id, proposal);
  const defaults = proven === undefined ? [] : node.defaultsOf(proven);
  const nodes = Array.from({ length: 2 * leaves - 1 }, (_, i) => {
    const at = i + 1;
    const ticket = proven === undefined ? (promises?.[at] ?? NOBODY) : ticketOf(BigInt(proven.record.promised), at);
    const known = heard?.workersOf(id, at, ticket) ?? [];
    const facts = { node: at, kind: at >= leaves ? "leaf" : "merge", known };
    if (proven !== undefined) {
      return {
        ...facts,
        ...nodeOnL1(
          proven,
          at,
          defaults.find((other) => other.node === at),
        ),
      };
    }
    const before = promises === undefined ? "unknown" : ticket === NOBODY ? "unpromised" : "promised";
    const state: NodeState = known.length > 0 ? "delivered" : before;
    return { ...facts, state, ...(ticket === NOBODY ? {} : { ticket }) };
  });
  return {
    ...{ id, round: Number(round), proposer: proposer.toLowerCase(), leaves, isProven: proven !== undefined },
    isTranscriptKnown: proven !== undefined || promises !== undefined,
    isContentKnown: proven !== undefined || heard?.hasContent(id) === true,
    ...(proven === undefined ? {} : courtOf(node, proven)),
    nodes,
  };
}

/** A node of a block that L1 has. */
function nodeOnL1(
  { record, submission }: ProvenBlock,
  at: number,
  of: NodeDefault | undefined,
): Readonly<Record<string, unknown>> {
  const { leaves, merges } = submission;
  const isCredited = ((BigInt(record.nodes) >> BigInt(at)) & 1n) === 1n;
  const proof = at >= leaves.length ? leaves[at - leaves.length] : merges[at - 1];
  const worker = Number(proof?.worker ?? NOBODY);
  const state: NodeState = isCredited ? "credited" : of === undefined ? "unpromised" : stateOfDefault(of);
  const [asker, answerer] = [of?.demand?.asker, of?.demand?.answerer];
  return {
    state,
    ...(isCredited || of !== undefined ? { ticket: ticketOf(BigInt(record.promised), at) } : {}),
    // Any number may stand for nobody.
    worker: isTicket(worker) ? worker : NOBODY,
    ...(asker === undefined
      ? {}
      : {
          demand: {
            asker: asker.toLowerCase(),
            ...(answerer === undefined ? {} : { answerer: answerer.toLowerCase() }),
          },
        }),
  };
}

const stateOfDefault = ({ isDefended, isCleared, isSlashed }: NodeDefault): NodeState =>
  isDefended ? "defended" : isCleared ? "cleared" : isSlashed ? "slashed" : "defaulted";

/** The ends of what can be done about a block's defaults (docs/b52.md §8), and whether they can be slashed. */
function courtOf(node: B52Node, block: ProvenBlock): Readonly<Record<string, unknown>> {
  const { proposalWindow, proofWindow, defenceWindow } = node.parameters;
  const end = BigInt(block.record.defenceEnd);
  const third = defenceWindow / 3n;
  const liable = isLiable(node, block);
  return {
    court: {
      ...{ demandsEnd: Number(end - 2n * third), answersEnd: Number(end - third), defencesEnd: Number(end) },
      slashesEnd: Number(end + proposalWindow + proofWindow + defenceWindow),
    },
    ...(liable === undefined ? {} : { isLiable: liable }),
  };
}
