// SPDX-License-Identifier: MIT
import { oneOf } from "../commandLine.ts";

/** The rollups of the network: of Proof of Efficiency, and of B52. */
export const ROLLUPS = ["poe", "b52"] as const;
export type RollupName = (typeof ROLLUPS)[number];

/** The rollups that the option `--rollup` names. @throws {UsageError} */
export function rollupsOf(value: string | undefined): readonly RollupName[] {
  const chosen = oneOf("--rollup", value, [...ROLLUPS, "both"]);
  return chosen === "both" ? ROLLUPS : [chosen];
}
