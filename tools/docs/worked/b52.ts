// SPDX-License-Identifier: MIT
import { getCreateAddress, id, keccak256, parseEther } from "ethers";

import {
  applyBlock,
  commitmentHash,
  contentHash,
  contextOf,
  deliveredTickets,
  leafContext,
  mergeNodes,
  NO_DRAW,
  nodesBitmap,
  packPromised,
  proposalHash,
  RegistryTree,
  roundsKept,
  signVote,
  Transcript,
  transcriptHash,
  treeSize,
  voteMessage,
  type ChildOpening,
  type Draft,
} from "../../../src/b52/index.ts";
import {
  B52Model,
  bidToBeat,
  countedBid,
  EscrowModel,
  nextSlope,
  score,
  TicketModel,
} from "../../../test/model/b52/index.ts";
import type { BlockFacts, Parameters, Proposal } from "../../../test/model/b52/index.ts";
import { encodeDomain, SLOT_BYTES, toBytes } from "../../../src/codec/index.ts";
import { createSigner } from "../../../src/crypto/index.ts";
import { leafPublicSignals, newAccountSlot } from "../../../src/ledger/index.ts";
import { leafBytes } from "../../../src/profile.ts";
import {
  BEFORE,
  CAROL,
  CAROLS_KEY,
  CHAIN_ID,
  clock,
  code,
  CONSENSUS,
  EIGHT,
  eth,
  HEADER,
  hex,
  LOCAL,
  PROFILE,
  rounded,
  short,
  table,
  type Examples,
} from "./setting.ts";
import { readParameters } from "./deployParameters.ts";

const { b52 } = LOCAL;
const seq = (value: bigint): string => `${eth(value)} SEQ`;
const SEQ = parseEther("1");
const percent = (rate: bigint): string => `${Number(rate) / 100}%`;

/** Parameters of a local chain, as the model of B52 takes them. */
export const PARAMETERS: Parameters = {
  stake: b52.integer("stake"),
  exitDelay: Number(b52.integer("exitDelay")),
  slashRate: b52.integer("slashRate"),
  maxSlashRate: b52.integer("maxSlashRate"),
  forgiveness: Number(b52.integer("forgiveness")),
  proposalWindow: Number(b52.integer("proposalWindow")),
  proofWindow: Number(b52.integer("proofWindow")),
  defenceWindow: Number(b52.integer("defenceWindow")),
  pipelined: b52.flag("pipelined"),
  fairPay: b52.flag("fairPay"),
  maxUncles: Number(b52.integer("maxUncles")),
  maxLeaves: Number(b52.integer("maxLeaves")),
  minBid: b52.integer("minBid"),
  blockReward: b52.integer("blockReward"),
  uncleReward: b52.integer("uncleReward"),
  tip: b52.integer("tip"),
  voteDeposit: b52.integer("voteDeposit"),
  bounty: b52.integer("bounty"),
  lostBurnRate: b52.integer("lostBurnRate"),
  unprovenBurnRate: b52.integer("unprovenBurnRate"),
  maxShare: b52.integer("maxShare"),
  targetProvers: b52.integer("targetProvers"),
  minSlope: b52.integer("minSlope"),
  maxSlope: b52.integer("maxSlope"),
};
const [P, V, D] = [PARAMETERS.proposalWindow, PARAMETERS.proofWindow, PARAMETERS.defenceWindow];
const PROOF_END = EIGHT + P + V;
const DEFENCE_END = PROOF_END + D;

// ── Tickets, votes and one tree ──────────────────────────────────────────────────────────────────────────────────────

const ROLLUP = getCreateAddress({ from: CONSENSUS, nonce: 2 });
const DOMAIN = encodeDomain({ chainId: CHAIN_ID, rollup: ROLLUP });
const PROVERS = new Map([1, 2, 4].map((ticket) => [ticket, createSigner(Buffer.from(`prover ${ticket}`))] as const));
const REGISTRY = RegistryTree.of([...PROVERS].map(([ticket, { publicKey }]) => [ticket, publicKey] as const));
const PROPOSER = 0xb1d0n;

const DATA = newAccountSlot({
  token: 0n,
  amount: parseEther("0.5"),
  key: CAROLS_KEY,
  fee: parseEther("0.001"),
  l1Address: CAROL,
});
const CONTENT = {
  salt: id("salt"),
  dataHash: keccak256(DATA),
  forcedCount: 1,
  feeAccount: 1,
  feeToken: 0n,
  includeListHash: keccak256("0x"),
};
const DRAFT: Draft = {
  proposer: hex(PROPOSER, 20),
  round: 1n,
  height: 1n,
  parent: keccak256(toBytes(DOMAIN, 32)),
  contentHash: contentHash(CONTENT),
  bid: 10n * SEQ,
  share: 4_000n,
  leaves: 2n,
};
const PROPOSAL_HASH = proposalHash(DOMAIN, DRAFT);
const CONTEXT = contextOf(BigInt(PROPOSAL_HASH));

/** Node 1 for ticket 1, node 2 for ticket 2, node 3 for ticket 4. */
const PROMISED = new Map([
  [1, 1],
  [2, 2],
  [3, 4],
]);
const voteOf = (
  node: number,
  ticket: number,
): { readonly ticket: number; readonly vote: ReturnType<typeof signVote> } => ({
  ticket,
  vote: signVote(PROVERS.get(ticket)!, { context: CONTEXT, ticket, nodes: nodesBitmap([node]) }),
});
const TRANSCRIPT = new Transcript([...PROMISED].map(([node, ticket]) => [node, voteOf(node, ticket)] as const));

const BLOCK = applyBlock(
  PROFILE,
  BEFORE,
  { header: { ...HEADER, timestamp: BigInt(EIGHT + P) }, data: DATA },
  {
    sequencer: PROPOSER,
    domain: DOMAIN,
  },
);

/** The root of the tree, when its leaves were proven by these tickets. */
function merged(workers: readonly [number, number], root: number): ReturnType<typeof mergeNodes> {
  const opening = (i: 0 | 1): ChildOpening => {
    const binding = { z: BLOCK.z, context: leafContext(CONTEXT, 2 + i), worker: BigInt(workers[i]) };
    return { kind: "leaf", leaf: leafPublicSignals(BLOCK.leaves[i]!, binding) };
  };
  const setting = { context: CONTEXT, registry: REGISTRY, draw: NO_DRAW, transcript: TRANSCRIPT };
  return mergeNodes(setting, { node: 1, left: opening(0), right: opening(1), worker: BigInt(root) });
}

/** Bit i: node i is credited; bit 16 + i: node i is defaulted. */
const nodesWord = (credited: readonly number[], defaulted: readonly number[]): string =>
  `0x${(nodesBitmap(credited) | (nodesBitmap(defaulted) << 16n)).toString(16)}`;

function registry(): string {
  return `**Example.** Tickets 1, 2 and 4 have owners, and all other leaves of the tree are 0. The registry root is

${code(hex(REGISTRY.root))}

An owner with ten times the fixed stake of ${seq(PARAMETERS.stake)} registers ten tickets. Ten owners with one ticket each have the same
weight.`;
}

function tree(): string {
  const rows = [1, 4, 5, 9, 30].map((slots) => {
    const needed = Math.max(1, Math.ceil((slots * SLOT_BYTES) / leafBytes(PROFILE)));
    const n = treeSize(needed);
    return [String(slots), String(needed), String(n), String(2 * n - 1), `${n} … ${2 * n - 1}`];
  });
  return `**Example.** A leaf has ${PROFILE.slots} slots:

${table(["Slots", "Leaves with data", "`n`", "Nodes", "Nodes that are leaves"], rows)}`;
}

function context(): string {
  return `**Example.** The proposal of section 4 has these contexts. The tree has two leaves, nodes 2 and 3:

${code(
  `proposal          = ${PROPOSAL_HASH}`,
  `context           = ${hex(CONTEXT, 31)}`,
  `context of leaf 2 = ${hex(leafContext(CONTEXT, 2), 31)}`,
  `context of leaf 3 = ${hex(leafContext(CONTEXT, 3), 31)}`,
)}`;
}

function transcript(): string {
  const nodes = nodesBitmap([2]);
  const both = nodesBitmap([2, 3]);
  return `**Example.** Node 1 is promised to ticket 1, node 2 to ticket 2, and node 3 to ticket 4. Ticket 2 signs \`nodes = ${hex(nodes, 1)}\`
(bit 2). To offer nodes 2 and 3 with one signature it would sign \`${hex(both, 1)}\`.

${code(
  `M of ticket 2 = ${hex(voteMessage({ context: CONTEXT, ticket: 2, nodes }))}`,
  `promised      = ${hex(packPromised(PROMISED), 16)}`,
  `votesRoot     = ${hex(TRANSCRIPT.votesRoot)}`,
  `transcript    = ${transcriptHash(TRANSCRIPT.promised, TRANSCRIPT.votesRoot)}`,
)}`;
}

function merge(): string {
  const { signals } = merged([2, 0], 1);
  const all = merged([2, 4], 1).signals;
  const { given } = merged([2, 0], 1).opening;
  return `**Example.** In that tree ticket 2 proves node 2 and ticket 1 proves node 1. Ticket 4 is silent, and somebody without a ticket proves node 3
with worker 0. The root's statement has \`place = ${signals.place}\`, \`worker = ${signals.worker}\` and

${code(
  `delivered = 0x${signals.delivered.toString(16)}        tickets ${deliveredTickets(signals.delivered).join(" and ")}`,
  `nodes     = 0x${signals.nodes.toString(16)}    nodes 1 and 2 credited, node 3 defaulted`,
  `given     = ${hex(given)}`,
  `digest    = ${hex(signals.digest)}`,
)}

If ticket 4 had proven node 3, \`delivered\` would be 0x${all.delivered.toString(16)} and \`nodes\` 0x${all.nodes.toString(16)}.`;
}

function proposal(): string {
  const commitment = commitmentHash(DOMAIN, {
    ...DRAFT,
    promisedProvers: 3n,
    transcript: transcriptHash(TRANSCRIPT.promised, TRANSCRIPT.votesRoot),
  });
  return `**Example.** Proposer \`${DRAFT.proposer}\` bids ${seq(DRAFT.bid)} in round ${DRAFT.round}, for height ${DRAFT.height}. It offers the provers ${percent(DRAFT.share)} of the reward
(\`share = ${DRAFT.share}\`), \`leaves = ${DRAFT.leaves}\` and \`promisedProvers = 3\`. Its block holds one forced operation, and its include list is empty.
The salt is \`${short(CONTENT.salt)}\`.

${code(
  `DOMAIN      = ${hex(DOMAIN, 31)}`,
  `parent      = ${DRAFT.parent}`,
  `contentHash = ${DRAFT.contentHash}`,
  `proposal    = ${PROPOSAL_HASH}`,
  `id          = ${commitment}`,
)}

L1 keeps the first 208 bits of \`id\`: \`${commitment.slice(0, 54)}\`. With two leaves, \`promisedProvers\` may be at most 3.`;
}

// ── Rounds ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function round(): string {
  const rows = [
    [clock(EIGHT), "the round opens: commitments, with `registryRoot` of now"],
    [clock(EIGHT + P - 1), "last second for a commitment"],
    [clock(EIGHT + P), "proofs; the header of all blocks has this timestamp"],
    [clock(PROOF_END - 1), "last second for a proof"],
    [clock(PROOF_END), "`advanceState`; the next round opens when it is called"],
    [clock(DEFENCE_END - 1), "last second for a defence"],
    [clock(DEFENCE_END), "`slash`"],
    [clock(DEFENCE_END + P + V + D - 1), "last second for a slash"],
  ];
  return `**Example** with the windows of a local chain (\`P\` = ${P / 60}, \`V\` = ${V / 60} and \`DEFENCE_WINDOW\` = ${D / 60} minutes), for a round that opens at
${clock(EIGHT)}:

${table(["Time", "From now on"], rows)}

Pipelined, the window for the next height is ${clock(EIGHT + P)} … ${clock(EIGHT + 2 * P)}.`;
}

function gate(): string {
  const deadline = Number(b52.integer("forcedDeadline"));
  const queued = PROOF_END - deadline;
  return `**Example.** \`FORCED_DEADLINE\` is ${deadline / 3600} hours. In the round above a block with room may leave out an operation that was queued at
${clock(queued)} of the day before, or later. It must take one that was queued at ${clock(queued - 1)}.`;
}

const minus = (set: readonly number[], taken: readonly number[]): number[] =>
  set.filter((node) => !taken.includes(node));

function union(): string {
  const valid = [1, 2, 4, 5];
  const credited = [2, 4];
  const defaulted = minus(valid, credited);
  return `**Example.** The nodes with valid votes are \`W = {${valid.join(", ")}}\`. A first submission credits \`{4}\` and a second one \`{2}\`. Then \`U = {${credited.join(", ")}}\`, the
defaults are \`{${defaulted.join(", ")}}\`, and L1 records \`nodes = ${nodesWord(credited, defaulted)}\`. A third submission that credits only \`{4}\` is refused: \`NotBetter\`.`;
}

/** Height at which the list of a round for `height` is due, `lastList` being the greatest height that has or had a list. */
const dueAt = (height: number, isNextOpen: boolean, lastList: number): number =>
  Math.max(height + (isNextOpen ? 2 : 1), lastList + 1);

function list(): string {
  const capacity = PARAMETERS.maxLeaves * PROFILE.slots;
  const needs = 2;
  return `**Examples.** A leaf has ${PROFILE.slots} slots, and a block has at most ${PARAMETERS.maxLeaves} leaves, so ${capacity} slots.

- A round for height 5 ends with a winner. The best block that lost carries a list of ${needs} slots. If the round for height 6 is not
  open, the list is due at height ${dueAt(5, false, 0)}, or at height ${dueAt(5, false, 6)} if height 6 has a list already. If the round for height 6 is open (pipelined), the
  list is due at height ${dueAt(5, true, 6)}.
- The block of height 6 has 5 forced operations. Slots 0 … 4 are these, and slots 5 and 6 must be the list.
- The block takes ${capacity - needs} forced operations. They leave ${needs} slots, so the list must be there. With ${capacity - needs + 1} forced operations
  it may be left out.`;
}

function freeze(): string {
  return `**Example.** The rollup freezes at ${clock(EIGHT + P + 60)}, in the proof window. Two proposers of this round bid ${seq(10n * SEQ)} and ${seq(14n * SEQ)}. Both
settle at once and get ${seq(10n * SEQ)} and ${seq(14n * SEQ)} back. A ticket that missed a node in the round before can still be slashed.`;
}

function kept(): string {
  const minutes = [10, 10, 20] as const;
  const [proposalWindow, proofWindow, defenceWindow] = minutes.map((value) => BigInt(60 * value)) as [
    bigint,
    bigint,
    bigint,
  ];
  const k = roundsKept({ proposalWindow, proofWindow, defenceWindow });
  const local = roundsKept({ proposalWindow: BigInt(P), proofWindow: BigInt(V), defenceWindow: BigInt(D) });
  const sepolia = readParameters("sepolia").b52;
  const far = roundsKept({
    proposalWindow: sepolia.integer("proposalWindow"),
    proofWindow: sepolia.integer("proofWindow"),
    defenceWindow: sepolia.integer("defenceWindow"),
  });
  return `**Example.** With windows of ${minutes.join(", ")} minutes \`K = ${k}\`. The reward that was reserved for round 5 and not paid goes back to the pool
when round ${5n + k} ends. Pipelined, rounds open every ${minutes[0]} minutes at the fastest: then round ${5n + k} ends at the earliest
${minutes[0] * Number(k) + minutes[0] + minutes[1]} minutes after round 5 opened. A local chain has \`K = ${local}\`, the parameters for Sepolia have \`K = ${far}\`.`;
}

// ── One round with its money ─────────────────────────────────────────────────────────────────────────────────────────

const RULE = { target: PARAMETERS.targetProvers, slope: PARAMETERS.minSlope };

function scores(): string {
  const row = (name: string, bid: bigint, promised: number, delivered: number): string[] => {
    const n = BigInt(Math.min(promised, delivered));
    return [
      name,
      eth(bid),
      String(promised),
      String(delivered),
      String(n),
      rounded(countedBid(n, bid, RULE), 4),
      rounded(score(n, bid, RULE) / SEQ, 1),
    ];
  };
  return `**Example.** \`TARGET_PROVERS\` is ${RULE.target} and the slope ${eth(RULE.slope)}. Bids and \`b\` are in SEQ, scores in SEQ²:

${table(
  ["Proposer", "Bid", "Promised", "Delivered", "`N`", "`b`", "Score"],
  [row("A", 10n * SEQ, 3, 3), row("B", 14n * SEQ, 2, 2), row("C", 10n * SEQ, 2, 3), row("D", 6n * SEQ, 4, 4)],
)}

A wins. C delivered three provers but promised two, so two count. To beat A with two provers B has to bid more than
${rounded(bidToBeat(score(3n, 10n * SEQ, RULE), 2n, RULE)!, 4)} SEQ.`;
}

function slope(): string {
  const rule = { ...RULE, minSlope: PARAMETERS.minSlope, maxSlope: PARAMETERS.maxSlope };
  const start = parseEther("0.8");
  const rows = [1n, 2n, 3n, 4n, 5n, 6n, 8n, 12n].map((n) => [String(n), eth(nextSlope(start, n, rule))]);
  let grown = PARAMETERS.minSlope;
  let blocks = 0;
  while (grown < PARAMETERS.maxSlope) {
    grown = nextSlope(grown, 1n, rule);
    blocks += 1;
  }
  return `**Example.** \`TARGET_PROVERS\` is ${RULE.target} and the slope is ${eth(start)}. After a block with \`N\` provers the slope is:

${table(["`N`", "New slope"], rows)}

A proposer that wins every block with one prover raises the slope from \`MIN_SLOPE\` = ${eth(PARAMETERS.minSlope)} to \`MAX_SLOPE\` = ${eth(PARAMETERS.maxSlope)} in ${blocks}
blocks. At the beginning a bid of 100 SEQ counts ${rounded(countedBid(1n, 100n * SEQ, RULE), 1)} SEQ, at the end ${rounded(countedBid(1n, 100n * SEQ, { ...RULE, slope: grown }), 1)} SEQ.`;
}

/** One proposal of round 1, which the model of B52 takes. */
const proposalOf = (name: string, bid: bigint): Proposal => ({
  id: id(name),
  ...{ proposer: name, round: 1, height: 1, parent: "genesis", bid, share: 4_000n, leaves: 2, promisedProvers: 3 },
});

/** Nodes 1, 2 and 3 are promised to the tickets 1, 2 and 4; all others of the block deliver. */
const factsWithout = (missing: readonly number[]): BlockFacts => ({
  leaves: 2,
  promised: PROMISED,
  credited: new Set(minus([1, 2, 3], missing)),
  defaulted: new Set(missing),
});

/** A round of three proposers: A wins with all provers, B loses and lacks node 3, C proves nothing. */
function playRound(
  overrides: Partial<Parameters> = {},
  pool = 1_000n * SEQ,
): { model: B52Model; slashed: bigint; pays: Map<string, bigint> } {
  const model = new B52Model({ ...PARAMETERS, ...overrides }, "genesis", EIGHT);
  for (const ticket of PROVERS.keys()) model.registry.join("owner", ticket, `ticket ${ticket}`);
  model.fundPool(pool);
  const [a, b, c] = [proposalOf("A", 10n * SEQ), proposalOf("B", 14n * SEQ), proposalOf("C", 50n * SEQ)];
  for (const each of [a, b, c]) {
    model.deposit(each.proposer, each.bid);
    model.commit(each.proposer, each, EIGHT);
  }
  model.submit(a, factsWithout([]), EIGHT + P);
  model.submit(b, factsWithout([3]), EIGHT + P);
  model.advanceState("producer", PROOF_END);
  for (const each of [b, c]) model.settle(each, PROOF_END);
  const pays = new Map<string, bigint>();
  for (const each of ["A", "B"]) {
    const before = new Map(model.balances);
    model.payRewards(1, each);
    for (const [account, amount] of model.balances) {
      pays.set(`${each} ${account}`, amount - (before.get(account) ?? 0n));
    }
  }
  const slashed = model.slash("anybody", 1, "B", 3, DEFENCE_END);
  return { model, slashed, pays };
}

function money(): string {
  const { model, pays } = playRound();
  const paid = (block: string, account: string): bigint => pays.get(`${block} ${account}`) ?? 0n;
  const balance = (name: string): string => seq(model.balanceOf(name));
  const node = paid("A", "ticket 1");
  return `**Example** with the parameters of a local chain: \`BLOCK_REWARD\` = ${seq(PARAMETERS.blockReward)}, \`UNCLE_REWARD\` = ${seq(PARAMETERS.uncleReward)}, \`TIP\` = ${seq(PARAMETERS.tip)},
\`LOST_BURN_RATE\` = ${percent(PARAMETERS.lostBurnRate)}, \`UNPROVEN_BURN_RATE\` = ${percent(PARAMETERS.unprovenBurnRate)}, \`MAX_LEAVES\` = ${PARAMETERS.maxLeaves}. Three proposers offer a \`share\` of 40%. Each has a tree of two leaves
and promises nodes 1, 2 and 3 to tickets 1, 2 and 4.

${table(
  ["Proposer", "Bid", "Outcome", "Of its bid", "Of the reward"],
  [
    ["A", seq(10n * SEQ), "wins, all three nodes delivered", "burned", seq(paid("A", "A"))],
    ["B", seq(14n * SEQ), "proven, loses; node 3 is missing", `${balance("B")} back`, "–"],
    ["C", seq(50n * SEQ), "not proven", `${balance("C")} back, ${seq(50n * SEQ - model.balanceOf("C"))} burned`, "–"],
  ],
)}

- Winner: each of the three nodes earns ${rounded(node, 4)} SEQ, which is 40 SEQ / 3. A earns 60 SEQ · 3 / 3.
- Uncle: each of the two credited nodes of B earns ${rounded(paid("B", "ticket 1"), 4)} SEQ, which is ${seq(PARAMETERS.uncleReward)} / ${2 * PARAMETERS.maxLeaves - 1}. B itself earns nothing.
- The producer of the L1 block of \`advanceState\` gets ${balance("producer")}.
- In all, tickets 1 and 2 earn ${rounded(model.balanceOf("ticket 1"), 4)} SEQ each, and ticket 4 earns ${rounded(model.balanceOf("ticket 4"), 4)} SEQ. The pool keeps the rest.`;
}

function pool(): string {
  const reward = 7_000n;
  const { model, pays } = playRound({ blockReward: reward, tip: 3n, bounty: 0n }, reward + 3n);
  const short = playRound({ blockReward: reward, tip: 3n, bounty: 0n }, reward + 2n);
  return `**Example.** The pool holds ${reward + 3n} units, the reward is ${reward} and the tip 3. The reward of A is reserved, of which A gets ${pays.get("A A")!}, and the
producer gets the tip of ${model.balanceOf("producer")}. Nothing is left for uncles: a node of B earns ${pays.get("B ticket 1")!}. With ${reward + 2n} units in the pool A would get ${short.pays.get("A A")!} and the producer ${short.model.balanceOf("producer")}.`;
}

function fair(): string {
  const { pays } = playRound({ fairPay: true });
  const [a, b] = [score(3n, 10n * SEQ, RULE), score(2n, 14n * SEQ, RULE)];
  return `**Example** with fair pay, for the round above. The scores are ${rounded(a / SEQ, 1)} and ${rounded(b / SEQ, 1)}, so A's block has ${rounded((100n * SEQ * a) / (a + b), 2)}% of the
provers' 40 SEQ and B's block the rest. A node of A's block earns ${rounded(pays.get("A ticket 1")!, 4)} SEQ. A node of B's block earns
${rounded(pays.get("B ticket 1")!, 4)} SEQ: its part by score, and the ${rounded(PARAMETERS.uncleReward / 15n, 4)} SEQ of an uncle.`;
}

function leavingOut(): string {
  const reward = PARAMETERS.blockReward;
  const share = (reward * 4_000n) / 10_000n;
  return `**Example.** A leaves one of its three provers out (\`k = 1\`, \`promised = nodes = 3\`, \`share\` = 40%). A loses (100 − 40) / 3 =
${rounded((reward - share) / 3n, 4)} SEQ, the prover ${rounded(share / 3n, 4)} SEQ. The score of A falls from ${rounded(score(3n, 10n * SEQ, RULE) / SEQ, 1)} to ${rounded(score(2n, 10n * SEQ, RULE) / SEQ, 1)}.`;
}

// ── Slashing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function windows(): string {
  const model = new B52Model(PARAMETERS, "genesis", EIGHT);
  const { current } = model;
  const rows = [
    ["`demandVotes`", "the submission", clock(model.demandEnd(current!))],
    ["`showVotes`", "a demand", clock(model.answerEnd(current!))],
    ["`defend`", "the submission", clock(model.defenceEnd(current!))],
    ["`slash`", clock(model.defenceEnd(current!)), clock(model.liabilityEnd(current!))],
    ["`closeDemand`", clock(model.defenceEnd(current!)), "no end"],
  ];
  return `**Example.** The round of section 5 opened at ${clock(EIGHT)}, so \`E\` = ${clock(DEFENCE_END)} and \`T\` = ${Math.floor(D / 3) / 60} minutes:

${table(["Call", "From", "Until, exclusive"], rows)}`;
}

function demand(): string {
  const model = new B52Model(PARAMETERS, "genesis", EIGHT);
  const { demandEnd, answerEnd } = {
    demandEnd: model.demandEnd(model.current!),
    answerEnd: model.answerEnd(model.current!),
  };
  return `**Example.** A block of four leaves has a default of ticket 4 at node 3, an inner node. At ${clock(demandEnd - 1)} the owner of ticket 4 demands
the votes for nodes 6 and 7, and ${seq(PARAMETERS.voteDeposit)} is taken from the owner's balance.

- Nobody answers before ${clock(answerEnd)}: the default is void, and \`closeDemand\` returns the ${seq(PARAMETERS.voteDeposit)} to the owner.
- The proposer answers at ${clock(answerEnd - 1)}, and ticket 4 defends at ${clock(DEFENCE_END - 1)}: the deposit returns to the owner.
- The proposer answers, and nobody defends: the default stands, the deposit goes to the proposer, and the ticket can be slashed.`;
}

function defence(): string {
  const delivered = 0x10n;
  const nodes = 0x160008n;
  const after = (nodes & ~(1n << 17n)) | (1n << 1n);
  return `**Example.** An accepted root has \`delivered = 0x${delivered.toString(16)}\` and \`nodes = 0x${nodes.toString(16)}\`: node 3 is credited, and nodes 1, 2 and 4 are
defaulted. Node 1 was promised to ticket 1. A proof by ticket 1 with \`delivered = 0x${(delivered | 2n).toString(16)}\` and \`nodes = 0x${after.toString(16)}\` is its defence.`;
}

function slashes(): string {
  const tickets = new TicketModel({ ...PARAMETERS, stake: 100n * SEQ });
  tickets.join("owner", 1, "owner");
  const rows = [1, 2, 3, 4, 5].map((miss) => {
    const left = tickets.tickets.get(1)!.stake;
    const taken = tickets.slash(1, EIGHT + miss);
    const rate = (taken * 10_000n) / left;
    return [
      String(miss),
      percent(rate),
      eth(taken),
      eth(left - taken),
      tickets.tickets.get(1)!.withdrawableAt === undefined ? "active" : "leaves",
    ];
  });
  return `**Example.** \`SLASH_RATE\` is ${percent(PARAMETERS.slashRate)} and \`MAX_SLASH_RATE\` ${percent(PARAMETERS.maxSlashRate)}. A ticket with a stake of 100 SEQ misses five rounds, one after the other:

${table(["Miss", "Rate", "Slash", "Left", "Ticket"], rows)}

If more than \`FORGIVENESS\` = ${PARAMETERS.forgiveness / 86_400} days pass after a miss, the next one costs ${percent(PARAMETERS.slashRate)} again.`;
}

function division(): string {
  const { slashed } = playRound();
  const half = slashed / 2n;
  const limit =
    (PARAMETERS.blockReward - (PARAMETERS.blockReward * PARAMETERS.maxShare) / 10_000n) /
    BigInt(2 * PARAMETERS.maxLeaves - 1);
  return `**Example.** In the round of section 7 ticket 4 missed node 3 of B's block, an uncle. From ${clock(DEFENCE_END)} on anyone may slash its stake of
${seq(PARAMETERS.stake)} by ${percent(PARAMETERS.slashRate)}, which is ${seq(slashed)}. ${seq(slashed - half)} is burned, the caller gets ${seq(PARAMETERS.bounty)}, and the pool ${seq(half - PARAMETERS.bounty)}. If B calls, the pool gets ${seq(half)}.
With \`MAX_SHARE\` = ${percent(PARAMETERS.maxShare)} the bounty may be at most (100 − 50) / 15 = ${rounded(limit, 4)} SEQ.`;
}

function leaving(): string {
  const least = 2 * (P + V + D);
  return `**Example.** With the windows of a local chain \`EXIT_DELAY\` must be at least 2 · (${P / 60} + ${V / 60} + ${D / 60}) = ${least / 60} minutes. It is
${PARAMETERS.exitDelay / 3600} hours. A ticket that leaves at ${clock(EIGHT + 1)} is still in the round that opened at ${clock(EIGHT)}. That round's last slash is possible at
${clock(EIGHT + least - 1)}, long before the stake is free.`;
}

function majority(): string {
  const rule = { target: 15n, slope: 0n };
  const row = (n: bigint): string[] => {
    const rival = score(100n - n, 1_000_000n * SEQ, rule);
    const factor = Number((bidToBeat(rival, n, rule)! * 10_000n) / (1_000_000n * SEQ)) / 10_000;
    return [String(n), String(100n - n), factor.toFixed(3)];
  };
  return `**Example.** Of 100 tickets one side has \`n\` and the other the rest; the handicap of a small set is left out. To win, the smaller side bids
the larger side's bid times ((100 − n) / n)^1.5:

${table(["Smaller side", "Larger side", "Factor"], [row(49n), row(40n), row(10n)])}`;
}

function thinning(): string {
  const rule = { target: 1n, slope: 0n };
  const whole = score(1n, 50n * SEQ, rule);
  const eight = 8n * score(1n, SEQ, rule);
  const halves = 2n * score(1n, 25n * SEQ, rule);
  return `**Example.** A block bids 50 SEQ. Eight blocks with a fiftieth of this bid, 1 SEQ, and as many provers each have together
${Number((1_000n * eight) / (whole + eight)) / 10}% of all scores. Two blocks with half the bid each score ${Number((100n * halves) / whole)}% of the whole one.`;
}

function lapsed(): string {
  const bid = 100n * SEQ;
  const rate = PARAMETERS.unprovenBurnRate;
  return `**Example.** \`UNPROVEN_BURN_RATE\` is ${rate} (${percent(rate)}). An unproven bid of ${seq(bid)}, settled after another round's result has the place,
returns ${seq(bid - (bid * rate) / 10_000n)}.`;
}

/** A builder's offer for a bid of 10 SEQ. */
function offerOfBuilder(): Record<"bid" | "burned" | "payment" | "cover", bigint> {
  const bid = 10n * SEQ;
  const burned = (bid * PARAMETERS.unprovenBurnRate) / 10_000n;
  return { bid, burned, payment: 20n * SEQ, cover: burned + SEQ };
}

function vanished(): string {
  const { bid, burned, payment, cover } = offerOfBuilder();
  return `**Example.** In the example above the builder withholds the content (row 3), and loses ${seq(payment + cover)}. The proposer gets that, and ${seq(bid - burned)} of its bid of
${seq(bid)} back: it has ${seq(payment + cover - burned)} more than before. If the builder reveals and nobody proves (row 5), the builder loses nothing, and the proposer ${seq(burned)}.`;
}

function builder(): string {
  const { bid, burned, payment, cover } = offerOfBuilder();
  const [before, bond] = [50n * SEQ, PARAMETERS.voteDeposit];
  const answerWindow = V / 3;
  const [proposalEnd, proofEnd] = [EIGHT + P, EIGHT + P + V];
  /** Balances of builder and proposer in the escrow after the block of a round has met its end. */
  const play = (end: "won" | "lost" | "withheld" | "answered"): readonly [builder: bigint, proposer: bigint] => {
    const model = new B52Model(PARAMETERS, "genesis", EIGHT);
    const escrow = new EscrowModel(model, { answerWindow, withdrawalDelay: P, demandBond: bond });
    const parties = { builder: "builder", proposer: "proposer", rival: "rival" };
    for (const party of [parties.proposer, parties.rival]) model.deposit(party, 100n * SEQ);
    escrow.deposit(parties.builder, before);
    escrow.deposit(parties.proposer, bond);
    const of = (proposer: string, its: bigint): Proposal => ({
      ...{ proposer, id: `id of ${proposer}`.padEnd(66, "."), round: 1, height: 1, parent: "genesis" },
      ...{ bid: its, share: 4_000n, leaves: 2, promisedProvers: 0 },
    });
    const sold = of(parties.proposer, bid);
    const offer = { builder: parties.builder, payment, cover, deadline: proposalEnd };
    escrow.lock(parties.proposer, sold, offer, true, proposalEnd - 20);
    model.commit(parties.proposer, sold, proposalEnd - 10);
    const facts: BlockFacts = { leaves: 2, promised: new Map(), credited: new Set(), defaulted: new Set() };
    const lock = escrow.placeOf(parties.proposer, 1)!;
    if (end === "withheld" || end === "answered") escrow.demand(parties.proposer, lock, proposalEnd);
    if (end === "answered") escrow.answer(lock, proposalEnd + answerWindow - 1);
    if (end === "withheld") {
      escrow.takeCover(lock, proposalEnd + answerWindow);
    } else if (end === "lost") {
      escrow.resolve(lock, proofEnd);
    } else {
      model.submit(sold, facts, proofEnd - 1);
      model.advanceState("producer", proofEnd);
      escrow.follow();
      escrow.resolve(lock, proofEnd);
    }
    return [escrow.balanceOf(parties.builder).amount, escrow.balanceOf(parties.proposer).amount];
  };
  const row = (what: string, end: "won" | "lost" | "withheld" | "answered"): string[] => {
    const [builders, proposers] = play(end);
    return [what, seq(builders - before), seq(proposers - bond)];
  };
  return `**Example** with the windows of a local chain, an answer window of ${answerWindow} seconds and a bond of ${seq(bond)}. The round opens at ${clock(EIGHT)}.
A proposer bids ${seq(bid)}. If its block is not proven, ${seq(burned)} of that burns. A builder with ${seq(before)} in the escrow offers a payment of ${seq(payment)} and a
cover of ${seq(cover)}, which leaves ${seq(cover - burned)} for the gas of lock, commitment and demand. At ${clock(proposalEnd - 20)} the proposer locks the offer, and ${seq(payment + cover)} leaves
the builder's balance. At ${clock(proposalEnd - 10)} it commits. The content can be demanded from ${clock(proposalEnd)} to ${clock(proofEnd - answerWindow - 1)}. A demand at ${clock(proposalEnd)} can be
answered until ${clock(proposalEnd + answerWindow - 1)}. What the escrow gives and takes:

${table(
  ["The block", "Builder", "Proposer"],
  [
    row("wins", "won"),
    row("is not proven, or another wins", "lost"),
    row("is shown on demand, and wins", "answered"),
    row("is withheld", "withheld"),
  ],
)}`;
}

/** Examples of docs/b52.md. */
export const b52Examples = (): Examples => ({
  "example-registry": registry(),
  "example-tree": tree(),
  "example-context": context(),
  "example-transcript": transcript(),
  "example-merge": merge(),
  "example-proposal": proposal(),
  "example-round": round(),
  "example-gate": gate(),
  "example-union": union(),
  "example-list": list(),
  "example-freeze": freeze(),
  "example-kept": kept(),
  "example-lapsed": lapsed(),
  "example-thinning": thinning(),
  "example-scores": scores(),
  "example-slope": slope(),
  "example-money": money(),
  "example-pool": pool(),
  "example-fair": fair(),
  "example-leaving-out": leavingOut(),
  "example-windows": windows(),
  "example-demand": demand(),
  "example-defence": defence(),
  "example-slashes": slashes(),
  "example-division": division(),
  "example-leaving": leaving(),
  "example-majority": majority(),
  "example-builder": builder(),
  "example-vanished": vanished(),
});
