// SPDX-License-Identifier: MIT

/** Microseconds of the simulated time. */
export const SECOND = 1_000_000;
export const MILLISECOND = 1_000;

/** Whole microseconds: so the order of events does not depend on the last bit of a sum. */
export const seconds = (value: number): number => Math.round(value * SECOND);

interface Happening {
  readonly at: number;
  /** Of two at the same time, the one that was planned first comes first. */
  readonly order: number;
  readonly act: () => void;
}

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** The simulated time, and all that will happen: a heap, so the same plan runs in the same order. */
export class Clock {
  readonly #heap: Happening[] = [];
  #now = 0;
  #planned = 0;

  /** Microseconds since the simulation began. */
  get now(): number {
    return this.#now;
  }

  /** Number of things that were planned so far. */
  get planned(): number {
    return this.#planned;
  }

  /** @param at in microseconds; a time that has passed means now */
  at(at: number, act: () => void): void {
    const heap = this.#heap;
    let place = heap.length;
    const happening = { at: Math.max(at, this.#now), order: this.#planned++, act };
    heap.push(happening);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(happening, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = happening;
  }

  after(delay: number, act: () => void): void {
    this.at(this.#now + delay, act);
  }

  /** Lets everything happen that is planned before a time. */
  run(until: number): void {
    for (let next = this.#heap[0]; next !== undefined && next.at < until; next = this.#heap[0]) {
      this.#removeFirst();
      this.#now = next.at;
      next.act();
    }
    this.#now = Math.max(this.#now, until);
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const { length } = heap;
    if (length === 0) return;
    let place = 0;
    for (let child = 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
  }
}
