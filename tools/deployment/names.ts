// SPDX-License-Identifier: MIT
/** Systems that can be deployed: a rollup under one of the consensus protocols, or one under each. */
export const SYSTEMS = ["ProofOfEfficiency", "B52", "Pair"] as const;
export type SystemName = (typeof SYSTEMS)[number];

/** Services that show verified sources. */
export const EXPLORERS = ["sourcify", "blockscout", "etherscan"] as const;
export type Explorer = (typeof EXPLORERS)[number];
