// SPDX-License-Identifier: MIT
import { Refusal } from "./refusal.ts";
import type { Account, StakingParameters } from "./types.ts";

export interface Ticket {
  readonly owner: Account;
  readonly payout: Account;
  stake: bigint;
  /** Undefined while the ticket is active. */
  withdrawableAt?: number;
  misses: bigint;
  lastMissAt: number;
}

export const MAX_TICKETS = 247;

const RATE_UNIT = 10_000n;

/** The provers' tickets (docs/b52.md §§1, 8). Errors have the names of the contract's as codes. */
export class TicketModel {
  readonly params: StakingParameters;
  readonly tickets = new Map<number, Ticket>();

  constructor(params: StakingParameters) {
    this.params = params;
  }

  /** Sum of all stakes, which the registry holds. */
  get stakes(): bigint {
    return [...this.tickets.values()].reduce((sum, { stake }) => sum + stake, 0n);
  }

  /** Tickets that can be promised a node. */
  active(): Set<number> {
    return new Set([...this.tickets].filter(([, ticket]) => ticket.withdrawableAt === undefined).map(([id]) => id));
  }

  /** @throws {Refusal} `UnknownTicket`, `TicketTaken` */
  join(caller: Account, id: number, payout: Account): void {
    if (id < 1 || id > MAX_TICKETS) {
      throw new Refusal("UnknownTicket", `there are only the tickets 1 … ${MAX_TICKETS}, not ${id}`);
    }
    if (this.tickets.has(id)) {
      throw new Refusal("TicketTaken", `ticket ${id} has an owner`);
    }
    this.tickets.set(id, { owner: caller, payout, stake: this.params.stake, misses: 0n, lastMissAt: 0 });
  }

  /** @throws {Refusal} `NotTicketOwner`, `TicketNotActive` */
  leaveRegistry(caller: Account, id: number, now: number): void {
    const ticket = this.tickets.get(id);
    if (ticket?.owner !== caller) {
      throw new Refusal("NotTicketOwner", `ticket ${id} is not ${caller}'s`);
    }
    if (ticket.withdrawableAt !== undefined) {
      throw new Refusal("TicketNotActive", `ticket ${id} left already`);
    }
    ticket.withdrawableAt = now + this.params.exitDelay;
  }

  /**
   * @returns what its owner gets
   * @throws {Refusal} `StakeLocked`
   */
  withdrawStake(id: number, now: number): bigint {
    const ticket = this.tickets.get(id);
    if (ticket?.withdrawableAt === undefined || now < ticket.withdrawableAt) {
      throw new Refusal("StakeLocked", `the stake of ticket ${id} may not leave yet`);
    }
    this.tickets.delete(id);
    return ticket.stake;
  }

  /** Takes what a miss costs of what is left; nothing from a free ticket. */
  slash(id: number, now: number): bigint {
    const ticket = this.tickets.get(id);
    if (ticket === undefined) {
      return 0n;
    }
    const { stake, exitDelay, slashRate, maxSlashRate, forgiveness } = this.params;
    const misses = now - ticket.lastMissAt > forgiveness ? 0n : ticket.misses;
    const wanted = slashRate << misses;
    const rate = wanted < maxSlashRate ? wanted : maxSlashRate;
    const amount = (ticket.stake * rate + RATE_UNIT - 1n) / RATE_UNIT;
    ticket.stake -= amount;
    ticket.misses = misses + 1n;
    ticket.lastMissAt = now;
    if (2n * ticket.stake < stake) {
      ticket.withdrawableAt ??= now + exitDelay;
    }
    return amount;
  }
}
