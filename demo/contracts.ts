// SPDX-License-Identifier: MIT

/**
 * Contracts whose artifacts the lifecycles read, all of them, by their paths in `contracts`. `npm run demo` compiles no
 * others: elections and mocks, half of all code, are left to the tests.
 */
export const CONTRACTS: readonly string[] = [
  "consensus/b52/B52",
  "consensus/b52/BlockRecords",
  "consensus/b52/BlockVerification",
  "consensus/poe/ProofOfEfficiency",
  "libraries/Poseidon",
  "rollup/MigrationVerification",
  "rollup/Rollup",
  "staking/DrawnProverRegistry",
  "staking/ProverRegistry",
  "token/NativeToken",
  "verification/EnforcementVerifier",
  "verification/LeafVerifier",
  "verification/RollupVerifier",
  "verification/joint/JointLeafVerifier",
  "verification/joint/JointRollupVerifier",
];
