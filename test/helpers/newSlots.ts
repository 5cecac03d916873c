// SPDX-License-Identifier: MIT
import { newStateOf, type TracingProvider } from "../../tools/bench/newState.ts";

/** New storage slots of a call. */
export interface NewSlots {
  /** When nothing like it happened before. */
  readonly firstUse: number;
  /** On average, once the system has run for a while; rounded to thousandths. */
  readonly steady: number;
}

/** Counts the slots that calls take from zero to another value, by the traces of their transactions. */
export class SlotCounter {
  readonly #provider: TracingProvider;
  readonly #counts = new Map<string, { cycle: number; slots: number }[]>();
  #cycle = 0;

  constructor(provider: TracingProvider) {
    this.#provider = provider;
  }

  /**
   * Begins the next cycle. In each cycle the same events have to happen; calls that are counted from here on belong to
   * it.
   */
  nextCycle(): void {
    this.#cycle++;
  }

  async count(call: string, { hash }: { readonly hash: string }): Promise<void> {
    this.add(call, (await newStateOf(this.#provider, hash)).slots);
  }

  /** Counts a call whose slots are known. */
  add(call: string, slots: number): void {
    this.#counts.set(call, [...(this.#counts.get(call) ?? []), { cycle: this.#cycle, slots }]);
  }

  /** First use: the first of all. Steady: the mean of those in the second half of the cycles. */
  result(): Record<string, NewSlots> {
    return Object.fromEntries(
      [...this.#counts].map(([call, counts]): [string, NewSlots] => {
        const late = counts.filter(({ cycle }) => cycle > this.#cycle / 2).map(({ slots }) => slots);
        if (late.length === 0) throw new Error(`${call} is not called once the system has run for a while`);
        const mean = late.reduce((sum, slots) => sum + slots, 0) / late.length;
        return [call, { firstUse: counts[0]?.slots ?? 0, steady: Math.round(mean * 1_000) / 1_000 }];
      }),
    );
  }
}
