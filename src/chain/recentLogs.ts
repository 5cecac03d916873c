// SPDX-License-Identifier: MIT
import type { BlockRange } from "./l1Cursor.ts";

/** Blocks that are remembered. */
const SPAN = 64;

/** Content of `RecentLogs`, as a database keeps it. */
export interface SavedRecentLogs {
  /** First block. */
  readonly from: number;
  /** Block after the last one. */
  readonly next: number;
  /** Number of logs of each block that has some. */
  readonly counts: readonly (readonly [block: number, count: number])[];
}

/**
 * How many logs the last blocks had when they were read. An endpoint of several machines can give too few: one of them
 * does not have the block yet. Facts that L1's state does not show are lost then, unless somebody asks again.
 */
export class RecentLogs {
  #from = 0;
  #next = 0;
  #counts = new Map<number, number>();

  clone(): RecentLogs {
    return RecentLogs.restore(this.save());
  }

  static restore({ from, next, counts }: SavedRecentLogs): RecentLogs {
    const logs = new RecentLogs();
    [logs.#from, logs.#next] = [from, next];
    logs.#counts = new Map(counts);
    return logs;
  }

  save(): SavedRecentLogs {
    return { from: this.#from, next: this.#next, counts: [...this.#counts] };
  }

  /** The blocks that are remembered, both included; undefined if there is none. */
  get range(): Pick<BlockRange, "from" | "to"> | undefined {
    return this.#next === this.#from ? undefined : { from: this.#from, to: this.#next - 1 };
  }

  /** Takes the logs of a range, which follows on the last one. */
  note({ from, to }: Pick<BlockRange, "from" | "to">, logs: readonly { readonly blockNumber: number }[]): void {
    if (from !== this.#next) {
      this.#from = from;
      this.#counts.clear();
    }
    for (const { blockNumber } of logs) this.#counts.set(blockNumber, (this.#counts.get(blockNumber) ?? 0) + 1);
    this.#next = to + 1;
    this.#from = Math.max(this.#from, this.#next - SPAN);
    for (const block of this.#counts.keys()) if (block < this.#from) this.#counts.delete(block);
  }

  /** The first block that has more logs than were read; undefined if there is none. @param logs of `range` */
  firstMissed(logs: readonly { readonly blockNumber: number }[]): number | undefined {
    const now = new Map<number, number>();
    for (const { blockNumber } of logs) now.set(blockNumber, (now.get(blockNumber) ?? 0) + 1);
    const missed = [...now].filter(([block, count]) => count > (this.#counts.get(block) ?? 0));
    return missed.length === 0 ? undefined : Math.min(...missed.map(([block]) => block));
  }
}
