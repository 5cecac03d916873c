// SPDX-License-Identifier: MIT
import { keccak256 } from "ethers";

import {
  commitmentHash,
  contentHash,
  draftContext,
  transcriptHash,
  TREE_NODES,
  type Draft,
  type Proposal,
  type Vote,
} from "../../src/b52/index.ts";
import { SLOT_BYTES } from "../../src/codec/index.ts";
import { toField } from "../../src/field.ts";
import { batchDataHash } from "../../src/ledger/index.ts";
import {
  assemblyOf,
  B52_GAS,
  decideAdvance,
  decideCommit,
  decideNodeProof,
  decideOffer,
  decideReveal,
  decideSubmit,
  decideVote,
  keyOf,
  NODE_PROVING_STRATEGY,
  PROPOSING_STRATEGY,
  scoreOf,
  SUBMITTING_STRATEGY,
  VOTING_STRATEGY,
  type BlockMessage,
  type GivenPromise,
  type KnownProof,
  type NodeProvingDecision,
  type ProofMessage,
  type ProofTimes,
  type TranscriptMessage,
  type TreeView,
  type VoteMessage,
  type Wanted,
} from "../../src/node/index.ts";
import { seconds, type Clock } from "./clock.ts";
import type { Host, SimulatedRole } from "./host.ts";
import { DOMAIN, HEAD, ROUND, type Committed, type L1 } from "./l1.ts";
import type { Parcels } from "./parcels.ts";

/** All that happened to one block. Times in microseconds. */
export interface BlockLog {
  readonly id: string;
  /** Host of its proposer. */
  readonly host: number;
  /** By node, from node 0. */
  readonly promised: readonly number[];
  revealedAt?: number;
  /** When the proposer first had proofs of all nodes. */
  provenAt?: number;
  /** When the proposer first had all promised nodes credited. */
  creditedAt?: number;
  /** Proofs that were begun, by the reason. */
  readonly begun: Record<Extract<NodeProvingDecision, { do: "prove" }>["why"], number>;
}

/** The parts of the world that the roles share. */
export interface RoleWorld {
  readonly clock: Clock;
  readonly l1: L1;
  readonly parcels: Parcels;
  readonly leaves: number;
  /** Number of tickets: 1 … tickets. */
  readonly tickets: number;
  /** Seconds to sign a vote. */
  readonly signing: number;
  readonly logs: Map<string, BlockLog>;
}

/** Gas price of L1, in wei. */
const GAS_PRICE = 10n ** 9n;
/** Seconds: `Workshop` asks for a transcript and a block from then on; `GossipBook` asks again after a pause. */
const [TRANSCRIPT_PATIENCE, BLOCK_PATIENCE, PAUSE] = [30, 60, 20];
const SIGNATURE = `0x${"00".repeat(31)}01${"00".repeat(31)}011b`;
const WORDS = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n] as const;

/** Things that the roles of one host know together: `Workshop` and `GossipBook` of the node. */
export class Bench {
  readonly host: Host;
  readonly world: RoleWorld;
  readonly #firstSeen = new Map<string, number>();
  readonly #asked = new Map<string, number>();
  readonly #proofs = new Map<string, { readonly count: number; readonly proofs: readonly KnownProof[] }>();

  constructor(host: Host, world: RoleWorld) {
    this.host = host;
    this.world = world;
  }

  get now(): number {
    return this.host.facts.time;
  }

  /** Asks for the transcript and the content of a commitment, when they should have come. */
  fetch({ id }: Committed, done: () => void): void {
    const { now, host, world } = this;
    const seen = this.#firstSeen.get(id) ?? now;
    this.#firstSeen.set(id, seen);
    const wanted: Wanted[] = [];
    if (now < world.l1.closesAt) {
      const { store } = host;
      if (store.transcript(id) === undefined && now >= seen + TRANSCRIPT_PATIENCE) {
        wanted.push({ kind: "transcript", id });
      }
      if (store.block(id) === undefined && now >= world.l1.opensAt + BLOCK_PATIENCE) wanted.push({ kind: "block", id });
    }
    this.#askAll(wanted, done);
  }

  /** Asks for the proofs of a block that have not come. */
  fetchProofs({ id }: Committed, done: () => void): void {
    const nodes = Array.from({ length: 2 * this.world.leaves - 1 }, (_, i) => i + 1);
    const missing = nodes.filter((node) => this.host.store.proofsOf(id, node).length === 0);
    this.#askAll(
      missing.map((node) => ({ kind: "proof", id, node }) as const),
      done,
    );
  }

  #askAll(wanted: readonly Wanted[], done: () => void): void {
    const rest = wanted.filter((name) => {
      const last = this.#asked.get(keyOf(name));
      return last === undefined || this.now - last >= PAUSE;
    });
    const next = (): void => {
      const name = rest.shift();
      if (name === undefined) {
        done();
        return;
      }
      this.#asked.set(keyOf(name), this.now);
      this.host.request(name, next);
    };
    next();
  }

  /** Whether transcript and content of a commitment are here. */
  isOpen({ id }: Committed): boolean {
    return this.host.store.transcript(id) !== undefined && this.host.store.block(id) !== undefined;
  }

  promisedOf(id: string): readonly number[] {
    return this.world.logs.get(id)!.promised;
  }

  /** As `Workshop.known`. */
  proofsOf(id: string): readonly KnownProof[] {
    const { store, proofs: count } = this.host;
    const known = this.#proofs.get(id);
    if (known?.count === count) return known.proofs;
    const proofs = Array.from({ length: 2 * this.world.leaves - 1 }, (_, i) => store.proofsOf(id, i + 1)).flatMap(
      (proofs) =>
        proofs.map(({ message, proof: { digest } }) => {
          const { node, worker, merge } = message;
          const children = merge === undefined ? undefined : ([merge.leftDigest, merge.rightDigest] as const);
          return { node, worker, digest, children };
        }),
    );
    this.#proofs.set(id, { count, proofs });
    return proofs;
  }

  nodePayOf({ proposal }: Committed): bigint {
    return (this.world.l1.rules.blockReward * proposal.share) / 10_000n / (2n * proposal.leaves - 1n);
  }
}

/** The nodes whose holders are wanted. */
export const bitmapOf = (promised: readonly number[], isWanted: (holder: number) => boolean): bigint =>
  promised.reduce((bitmap, holder, node) => (isWanted(holder) ? bitmap | (1n << BigInt(node)) : bitmap), 0n);

// ─── Proposer ────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Offer {
  readonly draft: Draft;
  readonly context: bigint;
  /** L1's time. */
  readonly offeredAt: number;
}

/** As `ProposerRole`: offers a block, gathers votes, commits, shows the transcript, then the content. */
export class SimulatedProposer implements SimulatedRole {
  readonly #bench: Bench;
  readonly #data: Uint8Array;
  readonly #address: string;
  readonly #content: BlockMessage["content"];
  #offer: Offer | undefined;
  #commitment: { readonly id: string; readonly transcript: TranscriptMessage } | undefined;
  #seenAt: number | undefined;
  #isShown = false;
  #isRevealed = false;

  /** @param slots of the block */
  constructor(bench: Bench, slots: number) {
    this.#bench = bench;
    const { index } = bench.host;
    this.#data = new Uint8Array(slots * SLOT_BYTES).fill(index);
    this.#address = `0x${(index + 1).toString(16).padStart(40, "0")}`;
    const salt = `0x${(index + 1).toString(16).padStart(64, "0")}`;
    this.#content = { salt, forcedCount: 0, feeAccount: 0, feeToken: 0n };
  }

  step(done: (acted: boolean) => void): void {
    if (this.#show(done)) return;
    if (this.#offer === undefined) this.#makeOffer(done);
    else this.#commit(this.#offer, done);
  }

  #show(done: (acted: boolean) => void): boolean {
    const { host, world, now } = this.#bench;
    const own = this.#commitment;
    if (own === undefined || host.facts.commitment(own.id) === undefined) return false;
    this.#seenAt ??= host.facts.block;
    if (!this.#isShown) {
      this.#isShown = true;
      host.publish(own.transcript, () => done(true));
      return true;
    }
    const { opensAt, closesAt } = world.l1;
    const decision = decideReveal(
      {
        ...{ now, isFrozen: false, opensAt, closesAt, isOnHead: true, isRevealed: this.#isRevealed },
        depth: host.facts.block - this.#seenAt + 1,
      },
      PROPOSING_STRATEGY,
    );
    if (decision.do === "wait") return false;
    this.#isRevealed = true;
    const block: BlockMessage = {
      ...{ kind: "block", id: own.id, content: this.#content, data: this.#data, includeList: new Uint8Array(0) },
    };
    host.publish(block, () => {
      world.logs.get(own.id)!.revealedAt = world.clock.now;
      done(true);
    });
    return true;
  }

  #makeOffer(done: (acted: boolean) => void): void {
    const { host, world, now } = this.#bench;
    const { rules, opensAt } = world.l1;
    const proposals = host.store.proposalsOf(ROUND).map(({ message: { draft } }) => draft);
    const others = proposals.filter(({ proposer }) => proposer !== this.#address);
    const decision = decideOffer(
      {
        ...{ now, isFrozen: false, isOpen: now < opensAt, endsAt: opensAt, proposalWindow: rules.proposalWindow },
        ...{ isOffered: false, isCommitted: false, isPlaceTaken: false, slots: this.#data.length / SLOT_BYTES },
        ...{ fees: 0n, reward: rules.blockReward, cost: (B52_GAS.commit + B52_GAS.submit(15)) * GAS_PRICE },
        ...{ balance: rules.blockReward, tokens: 0n, minBid: rules.minBid, maxShare: rules.maxShare },
        rivalBid: others.reduce((most, { bid }) => (bid > most ? bid : most), 0n),
      },
      PROPOSING_STRATEGY,
    );
    if (decision.do !== "offer") {
      done(false);
      return;
    }
    const draft: Draft = {
      ...{ proposer: this.#address, round: ROUND, height: ROUND, parent: HEAD, bid: decision.bid },
      contentHash: contentHash({
        ...this.#content,
        ...{ dataHash: batchDataHash(this.#data), includeListHash: keccak256("0x") },
      }),
      ...{ share: decision.share, leaves: BigInt(world.leaves) },
    };
    this.#offer = { draft, context: draftContext(DOMAIN, draft), offeredAt: now };
    host.publish({ kind: "proposal", draft, signature: SIGNATURE }, () => done(true));
  }

  #commit({ draft, context, offeredAt }: Offer, done: (acted: boolean) => void): void {
    const { host, world, now } = this.#bench;
    const { l1 } = world;
    if (this.#commitment !== undefined) {
      done(false);
      return;
    }
    const ballots = Array.from({ length: world.tickets }, (_, i) => host.store.votesOf(context, i + 1)).flat();
    const nodes = 2 * world.leaves - 1;
    const decision = decideCommit(
      {
        ...{ now, isFrozen: false, isCurrent: now < l1.opensAt, endsAt: l1.opensAt, offeredAt, nodes, bid: draft.bid },
        ...{ proposalWindow: l1.rules.proposalWindow, electorate: world.tickets, rule: l1.rules.rule },
        votes: ballots.map(({ ticket, vote }) => ({ ticket, nodes: vote.nodes, misses: 0 })),
        rivals: host.facts.commitments.map(({ proposal }) => ({
          ...{ bid: proposal.bid, provers: Number(proposal.promisedProvers) },
        })),
      },
      PROPOSING_STRATEGY,
    );
    if (decision.do === "wait") {
      done(false);
      return;
    }
    const promised = decision.promises.reduce(
      (all, { node, ticket }) => all | (BigInt(ticket) << BigInt(8 * node)),
      0n,
    );
    const votes = Array.from({ length: Math.max(TREE_NODES, nodes + 1) }, (): Vote | undefined => undefined);
    for (const { node, vote } of decision.promises) votes[node] = ballots[vote]!.vote;
    const proposal: Proposal = {
      ...draft,
      promisedProvers: BigInt(decision.provers),
      // Of the votes it needs no root: no host computes it.
      transcript: transcriptHash(promised & ((1n << 128n) - 1n), 0n),
    };
    const id = commitmentHash(DOMAIN, proposal);
    this.#commitment = { id, transcript: { kind: "transcript", proposal, promised, votes } };
    const tickets = Array.from({ length: nodes + 1 }, (_, node) => Number((promised >> BigInt(8 * node)) & 0xffn));
    const begun = { promise: 0, better: 0, gap: 0 };
    world.logs.set(id, { id, host: host.index, promised: tickets, begun });
    host.call(`commit ${id}`, () => l1.commit(id, proposal));
    done(true);
  }
}

// ─── Prover ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** As `VoterRole`: votes for the nodes that pay, within the time of the machine. */
export class SimulatedVoter implements SimulatedRole {
  readonly #bench: Bench;
  readonly #ticket: number;
  readonly #times: ProofTimes;
  readonly #given: GivenPromise[] = [];

  constructor(bench: Bench, ticket: number, times: ProofTimes) {
    this.#bench = bench;
    this.#ticket = ticket;
    this.#times = times;
  }

  step(done: (acted: boolean) => void): void {
    const { host, world, now } = this.#bench;
    const { rules, opensAt } = world.l1;
    if (now >= opensAt) {
      done(false);
      return;
    }
    const decision = decideVote(
      {
        ...{
          now,
          isFrozen: false,
          ticket: this.#ticket,
          isRegistered: true,
          isElected: true,
          times: this.#times,
          endsAt: opensAt,
        },
        offers: host.store.proposalsOf(ROUND).map(({ context, message: { draft } }) => ({
          ...{ context, bid: draft.bid, share: draft.share, leaves: Number(draft.leaves), isCovered: true },
        })),
        ...{ promises: this.#given, proofWindow: rules.proofWindow, reward: rules.blockReward },
        ...{ fairPay: rules.fairPay, uncleNodeReward: rules.uncleReward / (2n * rules.maxLeaves - 1n) },
      },
      { ...VOTING_STRATEGY, maxNodes: Math.max(VOTING_STRATEGY.maxNodes, 2 * world.leaves - 1) },
    );
    if (decision.do === "wait") {
      done(false);
      return;
    }
    const { context, nodes } = decision;
    this.#given.push({ context, nodes, leaves: world.leaves });
    const bitmap = nodes.reduce((bits, node) => bits | (1n << BigInt(node)), 0n);
    const vote = { nodes: bitmap, h: toField(BigInt(this.#ticket)), s: BigInt(this.#ticket) };
    const message: VoteMessage = { kind: "vote", context, ticket: this.#ticket, vote };
    world.clock.after(seconds(world.signing), () => host.publish(message, () => done(true)));
  }
}

/** As `NodeProverRole`: proves what was promised, and what is missing when that pays. */
export class SimulatedProver implements SimulatedRole {
  readonly #bench: Bench;
  readonly #ticket: number;
  readonly #times: ProofTimes;

  /** @param times of this machine, in seconds */
  constructor(bench: Bench, ticket: number, times: ProofTimes) {
    this.#bench = bench;
    this.#ticket = ticket;
    this.#times = times;
  }

  step(done: (acted: boolean) => void): void {
    const bench = this.#bench;
    const { now, world } = bench;
    const { opensAt, closesAt } = world.l1;
    const commitments = [...bench.host.facts.commitments];
    if (now < opensAt || now >= closesAt || commitments.length === 0) {
      done(false);
      return;
    }
    const isLate = now >= closesAt - 6 * NODE_PROVING_STRATEGY.margin;
    each(
      commitments,
      (commitment, next) =>
        bench.fetch(commitment, () => {
          if (isLate && bench.isOpen(commitment)) bench.fetchProofs(commitment, next);
          else next();
        }),
      () => this.#prove(commitments, done),
    );
  }

  #prove(commitments: readonly Committed[], done: (acted: boolean) => void): void {
    const bench = this.#bench;
    const { host, now, world } = bench;
    const trees = commitments.filter((commitment) => bench.isOpen(commitment)).map((open) => this.#treeOf(open));
    const decision = decideNodeProof(
      { now, isFrozen: false, ticket: this.#ticket, times: this.#times, trees },
      NODE_PROVING_STRATEGY,
    );
    if (decision.do === "wait") {
      done(false);
      return;
    }
    const { id, node, worker, children, why } = decision;
    world.logs.get(id)!.begun[why] += 1;
    const time = node >= world.leaves ? this.#times.leaf : this.#times.merge;
    world.clock.after(seconds(time), () => {
      const merge =
        children === undefined
          ? undefined
          : { leftDigest: toField(children[0]), rightDigest: toField(children[1]), delivered: 0n, nodes: 0n };
      const message: ProofMessage = { kind: "proof", id, node, worker, words: WORDS, merge };
      host.publish(message, () => done(true));
    });
  }

  #treeOf(commitment: Committed): TreeView {
    const bench = this.#bench;
    const { id, proposal } = commitment;
    const { rules, closesAt } = bench.world.l1;
    const promised = bench.promisedOf(id);
    const recorded = bench.host.facts.recorded(id);
    return {
      ...{ id, promised, closesAt, leaves: bench.world.leaves, proofs: bench.proofsOf(id), stake: 0n },
      score: scoreOf(Number(proposal.promisedProvers), proposal.bid, rules.rule),
      nodePay: bench.nodePayOf(commitment),
      isDone: recorded === bitmapOf(promised, (holder) => holder !== 0),
    };
  }
}

// ─── End ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** As `ClosingRole`: submits proven blocks, own and others', and advances the state. */
export class SimulatedCloser implements SimulatedRole {
  readonly #bench: Bench;
  /** Undefined for a proposer without one. */
  readonly #ticket: number | undefined;

  constructor(bench: Bench, ticket: number | undefined) {
    this.#bench = bench;
    this.#ticket = ticket;
  }

  step(done: (acted: boolean) => void): void {
    const bench = this.#bench;
    const { now, world, host } = bench;
    const { opensAt, closesAt } = world.l1;
    if (now < opensAt || host.facts.isOver) {
      done(false);
      return;
    }
    if (now >= closesAt) {
      done(this.#advance());
      return;
    }
    const commitments = [...host.facts.commitments];
    const isLate = now >= closesAt - 4 * SUBMITTING_STRATEGY.margin;
    each(
      commitments,
      (commitment, next) =>
        bench.fetch(commitment, () => {
          if (!bench.isOpen(commitment)) next();
          else if (isLate) bench.fetchProofs(commitment, next);
          else next();
        }),
      () => {
        // One act a step.
        done(commitments.some((commitment) => bench.isOpen(commitment) && this.#submit(commitment)));
      },
    );
  }

  #submit(commitment: Committed): boolean {
    const bench = this.#bench;
    const { host, world, now } = bench;
    const { l1 } = world;
    const { id, proposal } = commitment;
    const log = world.logs.get(id)!;
    const promised = bench.promisedOf(id);
    const assembly = assemblyOf({ leaves: world.leaves, promised, proofs: bench.proofsOf(id) });
    const isOwn = log.host === host.index;
    const wanted = bitmapOf(promised, (holder) => holder !== 0);
    if (isOwn && assembly !== undefined) {
      log.provenAt ??= world.clock.now;
      if ((wanted & ~assembly.credited) === 0n) log.creditedAt ??= world.clock.now;
    }
    const holders = [...new Set(promised.filter((holder) => holder !== 0))].sort((a, b) => a - b);
    const place = this.#ticket === undefined ? -1 : holders.indexOf(this.#ticket);
    const decision = decideSubmit(
      {
        ...{ now, isFrozen: false, closesAt: l1.closesAt, isOwn, assembly, promised: wanted },
        ...{ order: place < 0 ? holders.length : place, recorded: host.facts.recorded(id) },
        ownNodes: bitmapOf(promised, (holder) => holder !== 0 && holder === this.#ticket),
        nodePay: bench.nodePayOf(commitment),
        proposerPay: (l1.rules.blockReward * (10_000n - proposal.share)) / 10_000n,
        ...{ cost: B52_GAS.submit(2 * world.leaves - 1) * GAS_PRICE, isDepartureDue: false },
      },
      SUBMITTING_STRATEGY,
    );
    if (decision.do === "wait" || assembly === undefined) return false;
    const { credited } = assembly;
    return host.call(`submit ${id} ${credited.toString(16)}`, () => l1.submit(id, credited));
  }

  #advance(): boolean {
    const { host, world, now } = this.#bench;
    const { l1 } = world;
    const proven = l1.submissions.filter(({ block }) => block <= host.facts.block);
    const log = proven.length === 0 ? undefined : world.logs.get(proven[0]!.id);
    const isProposer = log?.host === host.index;
    const isPaid = isProposer || (this.#ticket !== undefined && (log?.promised.includes(this.#ticket) ?? false));
    const decision = decideAdvance({
      ...{ now, isFrozen: false, closedAt: log === undefined ? undefined : l1.closesAt, isPaid },
      order: isProposer ? 0 : 1 + ((this.#ticket ?? 0) % 8),
    });
    return decision.do === "advance" && host.call("advance", () => l1.advance());
  }
}

/** Does something with each of a list, one after the other. */
function each<T>(items: readonly T[], act: (item: T, next: () => void) => void, done: () => void): void {
  const [first, ...rest] = items;
  if (first === undefined) done();
  else act(first, () => each(rest, act, done));
}
