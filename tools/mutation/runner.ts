// SPDX-License-Identifier: MIT
import { FIRST_COINBASE } from "./solidity.ts";

/** Value of `block.coinbase` that chooses the active mutant; 0 is none. */
export const coinbaseOf = (active: number): string =>
  `0x${(FIRST_COINBASE + BigInt(active)).toString(16).padStart(40, "0")}`;

export interface TestRun {
  /** Names of what failed. */
  readonly failures: readonly string[];
  /** Ids of the mutants whose places were reached; only if that was recorded. */
  readonly hits: ReadonlySet<number>;
  readonly seconds: number;
}

export interface TestRunner {
  readonly tests: readonly string[];
  run(test: string, active: number): Promise<TestRun>;
}
