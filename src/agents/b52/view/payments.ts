// SPDX-License-Identifier: MIT
import type { RoundResultStruct } from "../../../../typechain-types/contracts/interfaces/IB52.ts";
import type { Proposal } from "../../../b52/index.ts";
import { isSameAddress } from "../../system.ts";
import type { Chore } from "../blocks.ts";
import type { SavedB52Item } from "../savedView.ts";
import type { Court } from "./court.ts";
import { entryKey } from "./encoding.ts";
import type { Entries } from "./entries.ts";
import type { Rounds } from "./rounds.ts";

type PaymentItem = Pick<SavedB52Item, "settled" | "paid">;

/** Bids that were settled, rewards that were paid, and those that can be now. */
export class Payments {
  /** `entryKey`s of commitments. */
  #settled = new Set<string>();
  /** `entryKey`s of blocks. */
  #paid = new Set<string>();

  clone(): Payments {
    return Payments.restore({ settled: this.#settled, paid: this.#paid });
  }

  static restore(lists: { readonly [Name in keyof PaymentItem]: Iterable<PaymentItem[Name]> }): Payments {
    const payments = new Payments();
    payments.#settled = new Set(lists.settled);
    payments.#paid = new Set(lists.paid);
    return payments;
  }

  /** The items of its lists beyond these lengths. */
  save(after: { readonly [Name in keyof PaymentItem]: number }): {
    readonly [Name in keyof PaymentItem]: readonly PaymentItem[Name][];
  } {
    return { settled: [...this.#settled].slice(after.settled), paid: [...this.#paid].slice(after.paid) };
  }

  isSettled(round: bigint, proposer: string): boolean {
    return this.#settled.has(entryKey(round, proposer));
  }

  /** Takes `CommitmentSettled`. */
  settle(round: bigint, proposer: string): void {
    this.#settled.add(entryKey(round, proposer));
  }

  /** Takes `RewardsPaid`. */
  pay(round: bigint, proposer: string): void {
    this.#paid.add(entryKey(round, proposer));
  }

  /**
   * Bids, rewards and demands that can be settled, paid and closed now; the oldest first, as they make room first.
   *
   * @param outcomeOf the result that settles a proposal; undefined if its round is not over
   * @param now unix seconds
   */
  chores(
    { entries, rounds, court }: { readonly entries: Entries; readonly rounds: Rounds; readonly court: Court },
    outcomeOf: (proposal: Proposal) => RoundResultStruct | undefined,
    { now, fairPay }: { readonly now: bigint; readonly fairPay: boolean },
  ): Chore[] {
    const chores: Chore[] = [];
    for (const [key, { proposal }] of entries.proposals) {
      const { round, proposer } = proposal;
      const result = this.#settled.has(key) ? undefined : outcomeOf(proposal);
      if (result !== undefined) chores.push({ kind: "settle", proposal, result });
      const block = entries.proven.get(key);
      // A later block of the proposer may have taken the place of this one's record.
      const isReplaced = [...rounds.successorsOf(round)].some((later) => entries.find(later, proposer) !== undefined);
      if (block === undefined || isReplaced) continue;
      const paying = rounds.resultOf(round);
      if (paying !== undefined && !rounds.hasLapsed(round) && this.#isDue(key, proposal, paying, fairPay)) {
        chores.push({ kind: "pay", block, result: paying });
      }
      if (now < BigInt(block.record.defenceEnd)) continue;
      for (const [node, parties] of court.demandsOf(key)) chores.push({ kind: "close", block, node, parties });
    }
    return chores;
  }

  #isDue(key: string, { proposer }: Proposal, { winner, uncles }: RoundResultStruct, fairPay: boolean): boolean {
    if (this.#paid.has(key) || BigInt(winner as string) === 0n) return false;
    const rewarded = [winner, ...uncles].some((other) => isSameAddress(other as string, proposer));
    return rewarded || fairPay;
  }
}
