// SPDX-License-Identifier: MIT
import { Refusal } from "./refusal.ts";

/** Blocks from the opening of a group's first round, and from a registration, to the block of a seed. */
export const SEED_DELAY = 64;

/** Blocks for which that of a seed waits to be sealed. */
const SEALING_BLOCKS = 256;

const LIMITS = 1n << 120n;

/** Rules of the draw. */
export interface DrawParameters {
  /** Tickets that are elected in a round on average, at least 1. */
  readonly electedTickets: number;
  /** Rounds that have one seed, at least 2. */
  readonly seedRounds: number;
}

/** A seed, and the block that it is of. */
export interface Seed {
  readonly block: number;
  readonly mixHash: string;
}

/** A draw as its two parts: the preimage of its seed, and its limit. */
export interface ModelDraw {
  /** Undefined before the first seed. */
  readonly mixHash: string | undefined;
  readonly limit: bigint;
}

/** The draw of tickets (docs/b52.md §11). Errors have the names of the contract's as codes. */
export class DrawModel {
  readonly params: DrawParameters;
  /** Tickets under the root. */
  readonly active = new Set<number>();
  /** Tickets that wait, by the block in which they joined. */
  readonly waiting = new Map<number, number>();
  seed: Seed | undefined;
  /** Block of the next seed, and its `mixHash` once it is sealed. */
  next: { readonly block: number; mixHash?: string } | undefined;
  group = 0;

  constructor(params: DrawParameters) {
    this.params = params;
  }

  /** @returns whether the ticket has to wait */
  join(ticket: number, block: number): boolean {
    if (this.next === undefined) this.active.add(ticket);
    else this.waiting.set(ticket, block);
    return this.next !== undefined;
  }

  /** @throws {Refusal} `TicketNotWaiting`, `SeedTooOld` */
  activate(ticket: number): void {
    const joinedAt = this.waiting.get(ticket);
    if (joinedAt === undefined) throw new Refusal("TicketNotWaiting", `ticket ${ticket} does not wait`);
    if ((this.seed?.block ?? 0) < joinedAt + SEED_DELAY) {
      throw new Refusal("SeedTooOld", `the seed could be known when ticket ${ticket} joined in block ${joinedAt}`);
    }
    this.waiting.delete(ticket);
    this.active.add(ticket);
  }

  leave(ticket: number): void {
    this.waiting.delete(ticket);
    this.active.delete(ticket);
  }

  /**
   * @param block the block of the call
   * @param header number and `mixHash` of the block whose header is shown; undefined if the call shows none
   * @throws {Refusal} `NotSeedBlock`, `WrongHeader`, `AlreadySealed`
   */
  seal(block: number, mixHash: string, header?: Seed): void {
    const { next } = this;
    const isIn = header === undefined ? block === next?.block : next !== undefined && block > next.block;
    if (!isIn || next === undefined) throw new Refusal("NotSeedBlock", `block ${block} cannot seal ${next?.block}`);
    if (header !== undefined && header.block !== next.block) {
      throw new Refusal("WrongHeader", `the header is of block ${header.block}, not ${next.block}`);
    }
    if (next.mixHash !== undefined) throw new Refusal("AlreadySealed", `the seed of block ${next.block} is known`);
    next.mixHash = header?.mixHash ?? mixHash;
  }

  /** The draw with which a round would open now. */
  drawOf(round: number): ModelDraw {
    const isNext = this.#startsGroup(round) && this.next?.mixHash !== undefined;
    const mixHash = isNext ? this.next?.mixHash : this.seed?.mixHash;
    const { electedTickets } = this.params;
    const { size } = this.active;
    const isFree = mixHash === undefined || size <= electedTickets;
    return { mixHash, limit: isFree ? LIMITS - 1n : (LIMITS * BigInt(electedTickets)) / BigInt(size) - 1n };
  }

  open(round: number, block: number): ModelDraw {
    const draw = this.drawOf(round);
    if (this.#startsGroup(round)) {
      const { next } = this;
      const isSealed = next?.mixHash !== undefined;
      if (next?.mixHash !== undefined) this.seed = { block: next.block, mixHash: next.mixHash };
      this.group = Math.floor(round / this.params.seedRounds);
      // A block that can still be sealed stays.
      if (next === undefined || isSealed || block > next.block + SEALING_BLOCKS) {
        this.next = { block: block + SEED_DELAY };
      }
    }
    return draw;
  }

  #startsGroup(round: number): boolean {
    return Math.floor(round / this.params.seedRounds) > this.group;
  }
}
