// SPDX-License-Identifier: MIT
/** Durations in seconds. */
export interface Windows {
  readonly proposalWindow: bigint;
  readonly proofWindow: bigint;
  readonly defenceWindow: bigint;
}

/**
 * Number of rounds of which L1 keeps results and records (docs/b52.md §5.3).
 *
 * @returns `IB52Config.ROUNDS_KEPT`
 */
export function roundsKept({ proposalWindow, proofWindow, defenceWindow }: Windows): bigint {
  const windows = proposalWindow + proofWindow;
  return 2n * ((2n * (windows + defenceWindow) + windows - 1n) / windows);
}
