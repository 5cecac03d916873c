// SPDX-License-Identifier: MIT
import { Refusal } from "../b52/refusal.ts";
import {
  BalancesModel,
  ClockModel,
  SeedsModel,
  type Call,
  type ClockParameters,
  type ConsensusModel,
  type Moment,
  type Role,
  type RoleTerms,
  type SelectorModel,
} from "./parts/index.ts";

/** Amounts in the native token, spans in blocks of L1. The names are those of `IRandomPriority.PriorityParameters`. */
export interface PriorityParameters {
  readonly ticket: bigint;
  readonly fine: bigint;
  readonly claimBlocks: bigint;
  /** Seconds without a proof after which everybody may prove. */
  readonly opensAfter: bigint;
}

/** Surroundings that an election is deployed with and bound to. */
export interface PrioritySurroundings {
  readonly genesisBlock: bigint;
  readonly consensus: ConsensusModel;
  /** `mixHash` of a block. */
  readonly randomOf: (block: bigint) => bigint;
}

interface Member {
  tickets: bigint;
  deposit: bigint;
  /** Last slot that was claimed, or the one before the first. */
  slot: bigint;
  releasedFrom: bigint | undefined;
}

interface Claim {
  readonly holder: string;
  readonly score: number;
  readonly time: bigint;
  isSettled: boolean;
}

export const KEPT_SLOTS = 8n;
export const EXIT_SLOTS = 9n;
const REWARD_DIVISOR = 10n;

function fail(code: string): never {
  throw new Refusal(code, code);
}

/**
 * Random priority as in docs/elections/randomPriority.md. A score is given: the model does not hash. Nothing is ever
 * forgotten, so the ring of the contract shows if it forgets too early.
 */
export class RandomPriorityModel implements SelectorModel {
  readonly parameters: PriorityParameters;
  readonly clock: ClockModel;
  readonly seeds: SeedsModel;
  readonly consensus: ConsensusModel;
  readonly balances = new BalancesModel();
  readonly members = new Map<string, Member>();
  readonly claims = new Map<bigint, Claim>();
  burned = 0n;

  constructor(clock: ClockParameters, parameters: PriorityParameters, surroundings: PrioritySurroundings) {
    [this.parameters, this.consensus] = [parameters, surroundings.consensus];
    this.clock = new ClockModel(clock, surroundings.genesisBlock);
    this.seeds = new SeedsModel(this.clock, surroundings.randomOf);
  }

  get terms(): Readonly<Record<Role, RoleTerms>> {
    return {
      sequencer: { opensAfter: 0n, isHeard: false },
      aggregator: { opensAfter: this.parameters.opensAfter, isHeard: true },
    };
  }

  /** The first slot that an account can claim which joins now. */
  firstSlotFor(moment: Moment): bigint {
    return (this.clock.epochAt(moment) + 2n) * this.clock.parameters.epochSlots;
  }

  /** All that the election holds for somebody. */
  owed(): bigint {
    return [...this.members.values()].reduce((sum, { deposit }) => sum + deposit, this.balances.sum());
  }

  /** @throws {Refusal} `AlreadyJoined`, `NoTickets`, `NoAnchor`, `InsufficientBalance` */
  join(account: string, tickets: bigint, hasAnchor: boolean, moment: Moment): void {
    if ((this.members.get(account)?.deposit ?? 0n) > 0n) fail("AlreadyJoined");
    if (tickets === 0n) fail("NoTickets");
    if (!hasAnchor) fail("NoAnchor");
    const deposit = tickets * this.parameters.ticket;
    this.balances.debit(account, deposit);
    this.members.set(account, { tickets, deposit, slot: this.firstSlotFor(moment) - 1n, releasedFrom: undefined });
  }

  /** @throws {Refusal} `NotClaimable`, `UnknownTicket`, `LinkUsed`, `WrongLink`, `NoSeed`, `NotLowest` */
  claim(
    account: string,
    slot: bigint,
    ticket: bigint,
    link: { readonly isRight: boolean; readonly score: number },
    moment: Moment,
  ): void {
    const next = this.clock.slotAt(moment) + 1n;
    if (slot !== next || moment.block < this.clock.slotStart(next) - this.parameters.claimBlocks) fail("NotClaimable");
    const member = this.members.get(account);
    if (member === undefined || ticket >= member.tickets) return fail("UnknownTicket");
    if (slot <= member.slot) fail("LinkUsed");
    if (!link.isRight) fail("WrongLink");
    if (this.seeds.seedOf(this.clock.epochOf(slot)) === 0n) fail("NoSeed");
    if (link.score >= (this.claims.get(slot)?.score ?? Infinity)) fail("NotLowest");
    member.slot = slot;
    this.claims.set(slot, { holder: account, score: link.score, time: moment.time, isSettled: false });
  }

  /**
   * @throws {Refusal} `SlotNotOver`, `SlotTooOld`, `NotClaimed`, `SlotSettled`, `RollupFrozen`, `NothingUnproven`,
   *   `NotWaiting`
   */
  report(reporter: string, slot: bigint, moment: Moment): void {
    const current = this.clock.slotAt(moment);
    if (slot >= current) fail("SlotNotOver");
    if (slot + KEPT_SLOTS <= current) fail("SlotTooOld");
    const claim = this.claims.get(slot);
    if (claim === undefined) return fail("NotClaimed");
    if (claim.isSettled) fail("SlotSettled");
    if (this.consensus.isFrozen) fail("RollupFrozen");
    const oldest = this.consensus.batches[Number(this.consensus.verified) + 1];
    if (oldest === undefined) return fail("NothingUnproven");
    if (oldest.time >= claim.time) fail("NotWaiting");
    this.#fine(claim, reporter);
  }

  /** Takes the fine for a missed slot from its holder. */
  #fine(claim: Claim, reporter: string): void {
    claim.isSettled = true;
    const member = this.members.get(claim.holder);
    if (member === undefined) throw new Error("a holder without a deposit was reported");
    const { fine, ticket } = this.parameters;
    const amount = member.deposit < fine ? member.deposit : fine;
    member.deposit -= amount;
    const covered = member.deposit / ticket;
    if (covered < member.tickets) member.tickets = covered;
    const reward = amount / REWARD_DIVISOR;
    this.balances.credit(reporter, reward);
    this.burned += amount - reward;
  }

  /** @throws {Refusal} `NotJoined` */
  leave(account: string, moment: Moment): void {
    const member = this.members.get(account);
    if (member === undefined || member.releasedFrom !== undefined) return fail("NotJoined");
    member.tickets = 0n;
    member.releasedFrom = this.clock.slotAt(moment) + EXIT_SLOTS;
  }

  /** @throws {Refusal} `DepositLocked` */
  release(account: string, moment: Moment): void {
    const member = this.members.get(account);
    if (member?.releasedFrom === undefined || this.clock.slotAt(moment) < member.releasedFrom) {
      return fail("DepositLocked");
    }
    this.balances.credit(account, member.deposit);
    this.members.delete(account);
  }

  decide({ account, role }: Call, moment: Moment): boolean {
    if (role === "sequencer") return true;
    const holder = this.claims.get(this.clock.slotAt(moment))?.holder;
    return holder === undefined || holder === account;
  }

  record({ account, role }: Call, moment: Moment): void {
    if (role === "sequencer") return;
    const slot = this.clock.slotAt(moment);
    const last = this.claims.get(slot - 1n);
    const oldest = this.consensus.batches[Number(this.consensus.verified) + 1];
    // The proof takes away what a report would show.
    if (last?.isSettled === false && oldest !== undefined && oldest.time < last.time) this.#fine(last, account);
    const claim = this.claims.get(slot);
    if (claim?.holder === account) claim.isSettled = true;
  }
}
