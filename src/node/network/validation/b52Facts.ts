// SPDX-License-Identifier: MIT
import { keccak256 } from "ethers";

import type { B52Node, EscrowClient, Pool, ProofTreeBlock } from "../../../agents/index.ts";
import {
  applyBlock,
  commitmentHash,
  draftContext,
  isSameBlock,
  type Proposal,
  type Transcript,
  type Voters,
} from "../../../b52/index.ts";
import { SLOT_BYTES, toBytes } from "../../../codec/index.ts";
import { isProtocolError } from "../../../errors.ts";
import type { Field } from "../../../field.ts";
import type { Profile } from "../../../profile.ts";
import { RecentCache } from "../../recentCache.ts";
import { TokenBuckets } from "../../tokenBucket.ts";
import type { BlockMessage } from "../messages/index.ts";
import type { Admission, Commitment, EscrowFacts, NetworkFacts, OpenRound } from "./facts.ts";

/** A mempool: one that writes to the disk, or one in memory. */
export type Admitting =
  Pick<Pool, "add"> | { submit(...parameters: Parameters<Pool["add"]>): Promise<ReturnType<Pool["add"]>> };

export interface B52FactsOptions {
  /** L1 blocks, its own included, that a commitment needs before its content may be shown. Default 4. */
  readonly revealDepth?: number;
  /** The escrow of builders. Default: none. */
  readonly escrow?: EscrowClient | undefined;
  /** Milliseconds; default: those of the process. */
  readonly clock?: () => number;
}

const REVEAL_DEPTH = 4;
/** Rounds whose commitments messages may be about: the open one, the one that is proven, and one before each. */
const ROUNDS = 4n;
/** Commitments of a round that are known to the network, the highest bids first. */
const COMMITMENTS = 16;
/** Balances asked of L1 in a second, and at once: anybody can make up proposers. */
const BALANCES = { perSecond: 10, burst: 40 };

/** The facts of a rollup that a `B52Node` follows. */
export class B52Facts implements NetworkFacts {
  readonly domain: Field;
  readonly profile: Profile;
  readonly parameters: NetworkFacts["parameters"];
  readonly isDrawn: boolean;
  readonly revealDepth: number;
  readonly escrow: EscrowFacts | undefined;
  readonly #node: B52Node;
  readonly #pool: Admitting;
  readonly #clock: () => number;
  readonly #asking = new TokenBuckets(BALANCES);
  /** By contract and account, at the block of the facts. */
  readonly #deposits = new RecentCache<string, bigint>(1_024);
  readonly #ids = new WeakMap<Proposal, string>();
  #block = 0;
  #now = 0n;
  #openRound: OpenRound | undefined;
  #commitments = new Map<string, Commitment>();

  private constructor(node: B52Node, pool: Admitting, { revealDepth = REVEAL_DEPTH, escrow, clock }: B52FactsOptions) {
    const { minBid, maxShare, maxLeaves } = node.parameters;
    this.domain = node.domain;
    this.profile = node.system.profile;
    this.parameters = { minBid, maxShare, maxLeaves };
    this.isDrawn = node.staking.electedTickets !== 0n;
    this.revealDepth = revealDepth;
    this.escrow = escrow && {
      domain: escrow.domain,
      usable: (account) => this.#balance(`escrow/${account}`, () => escrow.usable(account)),
    };
    this.#node = node;
    this.#pool = pool;
    this.#clock = clock ?? ((): number => performance.now());
  }

  /** The facts as the node has them now. @throws {Error} as `refresh` */
  static async of(node: B52Node, pool: Admitting, options: B52FactsOptions = {}): Promise<B52Facts> {
    const facts = new B52Facts(node, pool, options);
    await facts.refresh();
    return facts;
  }

  get block(): number {
    return this.#block;
  }

  get now(): bigint {
    return this.#now;
  }

  get openRound(): OpenRound | undefined {
    return this.#openRound;
  }

  commitment(id: string): Commitment | undefined {
    return this.#commitments.get(id);
  }

  /**
   * Takes in what the node has read. To be called after each `sync`.
   *
   * @throws {Error} of the endpoint; the facts are those of before then
   */
  async refresh(): Promise<void> {
    const { provider, consensus } = this.#node.system;
    const [newest, [round, height, isOpen]] = await Promise.all([provider.getBlock("latest"), consensus.openRound()]);
    if (newest === null) return;
    if (newest.number !== this.#block) this.#deposits.clear();
    this.#block = newest.number;
    this.#now = BigInt(newest.timestamp);
    this.#commitments = this.#commitmentsUntil(round);
    this.#openRound = isOpen ? this.#open(round, height, await this.#node.votersOf(round)) : undefined;
  }

  deposit(proposer: string): Promise<bigint | undefined> {
    return this.#balance(`consensus/${proposer}`, () => this.#node.system.consensus.balances(proposer));
  }

  /** A balance on L1, asked for once for each block; undefined if L1 is asked too often, or does not answer. */
  async #balance(name: string, read: () => Promise<bigint>): Promise<bigint | undefined> {
    const known = this.#deposits.get(name);
    if (known !== undefined) return known;
    if (!this.#asking.take("", 1, this.#clock())) return undefined;
    const block = this.#block;
    try {
      const balance = await read();
      if (block === this.#block) this.#deposits.set(name, balance);
      return balance;
    } catch {
      return undefined;
    }
  }

  async admit(slot: Uint8Array): Promise<Admission> {
    const pool = this.#pool;
    const { virtualState } = this.#node;
    try {
      const added = "submit" in pool ? await pool.submit(slot, virtualState) : pool.add(slot, virtualState);
      return added.isKnown ? "known" : "taken";
    } catch (error) {
      if (isProtocolError(error)) return "refused";
      throw error;
    }
  }

  execute({ proposal }: Commitment, block: BlockMessage, transcript: Transcript): ProofTreeBlock | undefined {
    const node = this.#node;
    const { content, data } = block;
    if (!isSameBlock(this.#head, proposal.parent) || !this.#isOfQueue(data, content.forcedCount)) return undefined;
    const header = node.headerOf(proposal.round, content);
    const environment = node.environmentOf(proposal.proposer);
    const { leaves, z } = applyBlock(this.profile, node.virtualState, { header, data }, environment);
    if (BigInt(leaves.length) !== proposal.leaves) return undefined;
    const context = draftContext(this.domain, proposal);
    const { registry, draw } = node.round(proposal.round);
    return { leaves, z, context, transcript, registry, draw };
  }

  /** Whether a block begins with the forced operations that are next: L1 takes no other ones. */
  #isOfQueue(data: Uint8Array, forcedCount: number): boolean {
    const first = this.#node.executedForced;
    const forced = Buffer.concat(this.#node.forcedOperations.slice(first, first + forcedCount));
    return forced.length === forcedCount * SLOT_BYTES && forced.equals(data.subarray(0, forced.length));
  }

  get #head(): string {
    return this.#node.batches.at(-1)?.id ?? keccak256(toBytes(this.domain, 32));
  }

  #open(round: bigint, height: bigint, { registry, draw }: Voters): OpenRound {
    const node = this.#node;
    const next = BigInt(node.batches.length + 1);
    const current = [...this.#commitments.values()].filter(({ proposal }) => proposal.height === next);
    const last = current.reduce((latest, { proposal }) => (proposal.round > latest ? proposal.round : latest), 0n);
    const parents =
      height === next ? [this.#head] : current.filter(({ proposal }) => proposal.round === last).map(({ id }) => id);
    return { round, height, registry, draw, isOpened: this.#started(round) !== undefined, parents };
  }

  #started(round: bigint): ReturnType<B52Node["round"]> | undefined {
    try {
      return this.#node.round(round);
    } catch (error) {
      if (isProtocolError(error, "UNKNOWN_ROUND")) return undefined;
      throw error;
    }
  }

  #commitmentsUntil(last: bigint): Map<string, Commitment> {
    const commitments = new Map<string, Commitment>();
    for (let round = last; round > 0n && round > last - ROUNDS; round--) {
      const proposals = this.#node.proposalsOf(round).sort((a, b) => (a.bid === b.bid ? 0 : a.bid < b.bid ? 1 : -1));
      for (const proposal of proposals.slice(0, COMMITMENTS)) {
        const committedAt = this.#node.committedAt(proposal);
        if (committedAt === undefined) continue;
        const id = this.#idOf(proposal);
        commitments.set(id, { id, proposal, committedAt, ...this.#node.proofWindowOf(round) });
      }
    }
    return commitments;
  }

  #idOf(proposal: Proposal): string {
    const known = this.#ids.get(proposal);
    if (known !== undefined) return known;
    const id = commitmentHash(this.domain, proposal);
    this.#ids.set(proposal, id);
    return id;
  }
}
