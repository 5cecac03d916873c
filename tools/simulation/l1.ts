// SPDX-License-Identifier: MIT
import { isSameBlock, NO_DRAW, RegistryTree, type Proposal, type TreeSize } from "../../src/b52/index.ts";
import type { Point } from "../../src/crypto/index.ts";
import { toField } from "../../src/field.ts";
import type { Admission, Commitment, NetworkFacts, OpenRound, ScoreRule } from "../../src/node/index.ts";
import { DEVELOPMENT, PRODUCTION, type Profile } from "../../src/profile.ts";
import { seconds, type Clock } from "./clock.ts";
import type { Dice } from "./dice.ts";

/** The rules of a deployment that decide when something happens (docs/parameters.md). Times in seconds, amounts in units. */
export interface RoundRules {
  readonly proposalWindow: number;
  readonly proofWindow: number;
  readonly blockReward: bigint;
  readonly uncleReward: bigint;
  readonly minBid: bigint;
  readonly maxShare: bigint;
  readonly maxLeaves: bigint;
  readonly unprovenBurnRate: bigint;
  readonly fairPay: boolean;
  readonly rule: ScoreRule;
}

/** L1's times, in seconds. */
export interface L1Options {
  readonly blockTime: number;
  /** From a block's timestamp until a node has it. */
  readonly delay: number;
  /** Probability that a block leaves a transaction to the next one. */
  readonly skip: number;
}

/** L1's time when the round opens. */
export const OPENING = 1_800_000_000;
/** The height and the round that are simulated, and the head before it. */
export const ROUND = 1n;
export const HEAD = `0x${"11".repeat(32)}`;
export const DOMAIN = toField(52n);

/** A commitment on L1. */
export interface Committed {
  readonly id: string;
  readonly proposal: Proposal;
  readonly block: number;
}

/** A submission that L1 took. */
export interface Submitted {
  readonly id: string;
  /** Union of the nodes that are credited. */
  readonly credited: bigint;
  readonly block: number;
}

/** L1 as far as a round needs it: blocks, commitments, submissions, and the end of the round. */
export class L1 {
  readonly commitments: Committed[] = [];
  readonly submissions: Submitted[] = [];
  /** Block in which the state advanced. */
  advanced: number | undefined;
  /** Calls that were in a block, also those that changed nothing. */
  calls = 0;
  readonly rules: RoundRules;
  readonly options: L1Options;
  readonly #clock: Clock;
  readonly #dice: Dice;

  constructor(clock: Clock, dice: Dice, rules: RoundRules, options: L1Options) {
    this.rules = rules;
    this.options = options;
    this.#clock = clock;
    this.#dice = dice;
  }

  get opensAt(): number {
    return OPENING + this.rules.proposalWindow;
  }

  get closesAt(): number {
    return this.opensAt + this.rules.proofWindow;
  }

  timeOf(block: number): number {
    return OPENING + block * this.options.blockTime;
  }

  /** Runs a call in the next block, or a later one. */
  send(call: (block: number) => void): void {
    const { blockTime, skip } = this.options;
    let block = Math.floor(this.#clock.now / seconds(blockTime)) + 1;
    while (skip > 0 && this.#dice.part() < skip) block += 1;
    this.#clock.at(seconds(block * blockTime), () => {
      this.calls += 1;
      call(block);
    });
  }

  commit(id: string, proposal: Proposal): void {
    this.send((block) => {
      const isOpen = this.timeOf(block) < this.opensAt && proposal.parent === HEAD;
      if (isOpen && !this.commitments.some((other) => other.proposal.proposer === proposal.proposer)) {
        this.commitments.push({ id, proposal, block });
      }
    });
  }

  submit(id: string, credited: bigint): void {
    this.send((block) => {
      const time = this.timeOf(block);
      if (time < this.opensAt || time >= this.closesAt) return;
      const before = this.submissions.filter((other) => other.id === id).at(-1);
      if (before !== undefined && (credited & ~before.credited) === 0n) return;
      this.submissions.push({ id, credited: credited | (before?.credited ?? 0n), block });
    });
  }

  advance(): void {
    this.send((block) => {
      if (this.timeOf(block) >= this.closesAt && this.submissions.length > 0) this.advanced ??= block;
    });
  }
}

/** The keys of so many tickets: all the same, as no signature is checked. */
export function registryOf(tickets: number): RegistryTree {
  const known = REGISTRIES.get(tickets);
  if (known !== undefined) return known;
  const key: Point = {
    x: toField(5299619240641551281634865583518297030282874472190772894086521144482721001553n),
    y: toField(16950150798460657717958625567821834550301663161624707787222815936182638968203n),
  };
  const registry = RegistryTree.of(Array.from({ length: tickets }, (_, i): [number, Point] => [i + 1, key]));
  REGISTRIES.set(tickets, registry);
  return registry;
}

const REGISTRIES = new Map<number, RegistryTree>();

/** The view of L1 that a host has, for the rules of the network. */
export class HostFacts implements NetworkFacts {
  readonly domain = DOMAIN;
  readonly profile: Profile;
  readonly parameters: NetworkFacts["parameters"];
  readonly revealDepth: number;
  readonly escrow = undefined;
  readonly isDrawn = false;
  /** The last block that the host has read. */
  block = 0;
  readonly #l1: L1;
  readonly #registry: RegistryTree;

  constructor(l1: L1, profile: "development" | "production", registry: RegistryTree, revealDepth: number) {
    this.#l1 = l1;
    this.#registry = registry;
    this.revealDepth = revealDepth;
    this.profile = profile === "production" ? PRODUCTION : DEVELOPMENT;
    const { minBid, maxShare, maxLeaves } = l1.rules;
    this.parameters = { minBid, maxShare, maxLeaves };
  }

  get now(): bigint {
    return BigInt(this.time);
  }

  /** L1's time, in unix seconds. */
  get time(): number {
    return this.#l1.timeOf(this.block);
  }

  get openRound(): OpenRound | undefined {
    if (this.time >= this.#l1.opensAt) return undefined;
    return { round: ROUND, height: ROUND, registry: this.#registry, draw: NO_DRAW, isOpened: true, parents: [HEAD] };
  }

  get commitments(): readonly Committed[] {
    return this.#l1.commitments.filter(({ block }) => block <= this.block);
  }

  /** The credited nodes of a block that L1 has; undefined if it was not submitted. */
  recorded(id: string): bigint | undefined {
    return this.#l1.submissions.filter((other) => other.id === id && other.block <= this.block).at(-1)?.credited;
  }

  /** Whether the state has advanced. */
  get isOver(): boolean {
    return this.#l1.advanced !== undefined && this.#l1.advanced <= this.block;
  }

  commitment(id: string): Commitment | undefined {
    const found = this.commitments.find((other) => other.id === id);
    if (found === undefined || !isSameBlock(found.id, id)) return undefined;
    const { opensAt, closesAt } = this.#l1;
    return {
      ...{ id, proposal: found.proposal, committedAt: found.block },
      ...{ opensAt: BigInt(opensAt), closesAt: BigInt(closesAt) },
    };
  }

  deposit(): Promise<bigint | undefined> {
    return Promise.resolve(this.#l1.rules.blockReward);
  }

  admit(): Promise<Admission> {
    return Promise.resolve("taken");
  }

  execute(): undefined {
    return undefined;
  }
}

/** Whether L1 takes a tree of so many leaves. */
export const isTreeSize = (leaves: number): leaves is TreeSize => leaves === 2 || leaves === 4 || leaves === 8;
