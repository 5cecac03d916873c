/**
 * What peers use for the same job, in gas, all in. Measured side by side on 2026-11-28: on the same EDR with the rules of
 * Osaka, with real proofs where the peer has them, and without proxies. Polygon is zkEVM 1.1.0; Hermez is v1.
 */
export const PEERS = {
  sequence: { "Polygon zkEVM, sequenceBatches": 116_248, "its ancestor of May 2022": 80_755 },
  force: { "Polygon zkEVM, forceBatch": 86_721, Hermez: 88_619 },
  deposit: { "Polygon zkEVM": 62_206, Hermez: 89_080 },
  claim: { "Polygon zkEVM": 92_886, "Hermez, with a proof": 277_952 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/** For the column of a table: `116,248: Polygon zkEVM, sequenceBatches; …`. */
export const peersOf = (job: keyof typeof PEERS): string =>
  Object.entries(PEERS[job])
    .map(([peer, gas]) => `${gas.toLocaleString("en")}: ${peer}`)
    .join("; ");
