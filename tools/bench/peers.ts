// SPDX-License-Identifier: MIT
/**
 * Gas of peers for the same job, all in, also where they are better. Measured side by side on 2026-11-28: on the
 * same EDR with the rules of Osaka, with real proofs where the peer has them, and without proxies. Polygon is zkEVM 1.1.0,
 * with its FFLONK verifier; its ancestor is its contract of May 2022 (Groth16, one sequencer); Hermez is v1.
 */
export const PEERS = {
  sequence: {
    "Polygon's ancestor": 80_755,
    Hubble: 91_078,
    "Polygon zkEVM, sequenceBatches": 116_248,
    "Polygon Etrog": 175_038,
  },
  verify: { "Polygon's ancestor": 319_003, "Polygon zkEVM": 349_561, "Polygon RollupManager": 413_757 },
  postAndProve: { "Hermez, 4 transfers": 483_424 },
  force: {
    "Polygon zkEVM, forceBatch": 86_721,
    Hermez: 88_619,
    "Polygon zkEVM, another version": 105_404,
    "Polygon's ancestor": 128_206,
  },
  deposit: { "Polygon zkEVM": 62_206, Hermez: 89_080 },
  claim: { "Polygon zkEVM": 92_886, "Hermez, with a proof": 277_952 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/** For the column of a table, the cheapest first: `80,755: Polygon's ancestor; 116,248: …`. */
export const peersOf = (job: keyof typeof PEERS): string =>
  Object.entries(PEERS[job])
    .sort(([, a], [, b]) => a - b)
    .map(([peer, gas]) => `${gas.toLocaleString("en")}: ${peer}`)
    .join("; ");
