// SPDX-License-Identifier: MIT
import { AbiCoder, dataSlice, id, keccak256, parseEther, zeroPadBytes, type ContractTransactionResponse } from "ethers";

import { minedTransaction as mined } from "../../src/chain/index.ts";
import type { L1Rules } from "../../src/l1Rules.ts";
import type { NativeToken, RandomPriority } from "../../typechain-types/index.ts";
import { ElectionWorld } from "./electionWorld.ts";

/** A call with a limit is not estimated before: it reverts in a block, whose number is known. */
export const GAS = { gasLimit: 8_000_000n } as const;

/** Short slots, and epochs that have room for freeze, seed and seal. */
export const CLOCK = { slotBlocks: 10, epochSlots: 40 } as const;
export const TERMS = { ticket: 1_000n, fine: 500n, claimBlocks: 3, opensAfter: 336 } as const;
export const FUNDS = parseEther("1");
/** Links of a chain: more than the slots of a test. */
const LINKS = 1_500;

/** First 200 bits of the hash of a link. */
export const hashOfLink = (link: string): string => dataSlice(keccak256(zeroPadBytes(link, 32)), 0, 25);

/** The score of a claim: the first 24 bits of its draw. */
export const scoreOf = (account: string, slot: number, ticket: number, link: string, seed: string): number => {
  const types = ["bytes25", "bytes27", "uint256", "address", "uint256"];
  return Number(
    dataSlice(keccak256(AbiCoder.defaultAbiCoder().encode(types, [link, seed, slot, account, ticket])), 0, 3),
  );
};

/** A secret, as a chain of hashes. */
export class Chain {
  readonly #links: string[];

  constructor(secret: string, length = LINKS) {
    const links = [dataSlice(id(secret), 0, 25)];
    for (let i = 0; i < length; i++) links.push(hashOfLink(links[i]!));
    this.#links = links.reverse();
  }

  get anchor(): string {
    return this.link(0);
  }

  /** The anchor is link 0, that of the first slot link 1. */
  link(number: number): string {
    const link = this.#links[number];
    if (link === undefined) throw new Error(`the chain has no link ${number}`);
    return link;
  }
}

/** A key that an account has in the election. */
export interface JoinedKey {
  readonly chain: Chain;
  readonly tickets: number;
  readonly firstSlot: number;
}

export interface PriorityOptions {
  readonly clock?: { readonly slotBlocks: number; readonly epochSlots: number };
  readonly terms?: Partial<Record<keyof typeof TERMS, bigint | number>>;
}

export const argumentsOf = ({ clock = CLOCK, terms = {} }: PriorityOptions, token: NativeToken): unknown[] => [
  token,
  clock,
  { ...TERMS, ...terms },
];

/** Random priority under a mock of its consensus, with accounts that have balances. */
export class PriorityWorld {
  readonly world: ElectionWorld;
  readonly election: RandomPriority;
  readonly clock: { readonly slotBlocks: number; readonly epochSlots: number };
  readonly genesis: number;
  readonly keys = new Map<number, JoinedKey>();
  #secrets = 0;

  private constructor(world: ElectionWorld, election: RandomPriority, clock: PriorityWorld["clock"], genesis: number) {
    [this.world, this.election, this.clock, this.genesis] = [world, election, clock, genesis];
  }

  /** @param accounts so many, from account 1 on, have a balance */
  static async open(options: PriorityOptions = {}, accounts = 5, rules: L1Rules = "osaka"): Promise<PriorityWorld> {
    const world = await ElectionWorld.open(64n, rules);
    const { ethers } = world.connection;
    const election = await ethers.deployContract("RandomPriority", argumentsOf(options, world.token));
    await mined(world.consensus.bindTo(election));
    const members = world.signers.slice(1, accounts + 1);
    await world.fund(members, 2n * FUNDS, await election.getAddress());
    for (const member of members) await mined(election.connect(member).deposit(FUNDS));
    return new PriorityWorld(world, election, options.clock ?? CLOCK, Number(await election.GENESIS_BLOCK()));
  }

  as(i: number): RandomPriority {
    return this.election.connect(this.world.signer(i));
  }

  address(i: number): string {
    return this.world.signer(i).address;
  }

  // ─── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  startOf(slot: number): number {
    return this.genesis + slot * this.clock.slotBlocks;
  }

  /** Number of the last block. */
  async latest(): Promise<number> {
    return Number((await this.world.now()).block);
  }

  /** The next transaction is in this block. */
  async moveToBlock(block: number): Promise<void> {
    const next = await this.world.next();
    const blocks = BigInt(block) - next.block;
    if (blocks < 0n) throw new Error(`block ${block} is in the past`);
    if (blocks === 0n) return;
    // Or the first of the blocks comes a second after the last one.
    await this.world.connection.networkHelpers.time.setNextBlockTimestamp(next.time);
    await this.world.mine(blocks);
  }

  /** The next transaction is in a block of a slot. */
  async moveTo(slot: number, offset = 0): Promise<void> {
    await this.moveToBlock(this.startOf(slot) + offset);
  }

  /** Seals the seed of an epoch in its seed block. */
  async seal(epoch: number): Promise<void> {
    await this.moveToBlock(Number(await this.election.seedBlock(epoch)));
    await mined(this.election.seal(GAS));
  }

  /** Takes a snapshot, and gives the call that goes back to it. */
  async snapshot(): Promise<() => Promise<void>> {
    const snapshot = await this.world.connection.networkHelpers.takeSnapshot();
    const keys = new Map(this.keys);
    return async () => {
      await snapshot.restore();
      this.keys.clear();
      for (const [i, key] of keys) this.keys.set(i, key);
    };
  }

  // ─── Batches ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Posts batches with one leaf each. */
  async post(i: number, batches = 1): Promise<void> {
    await mined(this.world.consensus.post(this.address(i), Array<bigint>(batches).fill(1n), GAS));
  }

  sendProof(i: number): Promise<ContractTransactionResponse> {
    return this.world.consensus.prove(this.address(i), 1, GAS);
  }

  async prove(i: number): Promise<void> {
    await mined(this.sendProof(i));
  }

  // ─── Accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async join(i: number, tickets = 1, chain = new Chain(`secret ${i}, ${this.#secrets++}`)): Promise<JoinedKey> {
    await mined(this.as(i).join(chain.anchor, tickets, GAS));
    const { slot } = await this.election.keyOf(this.address(i));
    const key = { chain, tickets, firstSlot: Number(slot) + 1 };
    this.keys.set(i, key);
    return key;
  }

  keyOf(i: number): JoinedKey {
    const key = this.keys.get(i);
    if (key === undefined) throw new Error(`account ${i} has no key`);
    return key;
  }

  linkOf(i: number, slot: number): string {
    const { chain, firstSlot } = this.keyOf(i);
    return chain.link(slot - firstSlot + 1);
  }

  /** The ticket of an account with the lowest score in a slot. */
  async bestOf(i: number, slot: number): Promise<{ readonly ticket: number; readonly score: number }> {
    const seed = await this.election.seedOf(Math.floor(slot / this.clock.epochSlots));
    const link = this.linkOf(i, slot);
    let best = { ticket: 0, score: Infinity };
    const tickets = await this.tickets(i);
    for (let ticket = 0; ticket < tickets; ticket++) {
      const score = scoreOf(this.address(i), slot, ticket, link, seed);
      if (score < best.score) best = { ticket, score };
    }
    return best;
  }

  /** Accounts with a key, the one with the lowest score first. */
  async rankingOf(slot: number): Promise<number[]> {
    const scores = await Promise.all([...this.keys.keys()].map(async (i) => ({ i, ...(await this.bestOf(i, slot)) })));
    return scores.sort((a, b) => a.score - b.score).map(({ i }) => i);
  }

  /** Claims a slot with the best ticket, in the next block. */
  async sendClaim(i: number, slot: number): Promise<ContractTransactionResponse> {
    const { ticket } = await this.bestOf(i, slot);
    return this.as(i).claim(slot, ticket, this.linkOf(i, slot), GAS);
  }

  /** Claims a slot in the last block before it, or so many blocks before that. */
  async claim(i: number, slot: number, before = 0): Promise<void> {
    await this.moveTo(slot, -1 - before);
    await mined(this.sendClaim(i, slot));
  }

  async deposit(i: number): Promise<bigint> {
    return (await this.election.depositOf(this.address(i))).amount;
  }

  async tickets(i: number): Promise<number> {
    return Number((await this.election.keyOf(this.address(i))).tickets);
  }
}
