// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { getBytes, hexlify, type InterfaceAbi } from "ethers";

import { ProtocolError } from "../errors.ts";
import { PROJECT_ROOT } from "../projectRoot.ts";

/** Contracts that a deployment needs the code of: `files` of package.json has them. */
const PATHS = {
  Authority: "elections/Authority",
  B52: "consensus/b52/B52",
  BlockRecords: "consensus/b52/BlockRecords",
  BlockVerification: "consensus/b52/BlockVerification",
  BuilderEscrow: "consensus/b52/BuilderEscrow",
  DelegatedStake: "elections/DelegatedStake",
  DrawnB52: "consensus/b52/DrawnB52",
  DrawnRollupVerifier: "verification/DrawnRollupVerifier",
  EnforcementVerifier: "verification/EnforcementVerifier",
  GovernedSlashing: "elections/GovernedSlashing",
  JointLeafVerifier: "verification/joint/JointLeafVerifier",
  JointRollupVerifier: "verification/joint/JointRollupVerifier",
  LeafVerifier: "verification/LeafVerifier",
  MigrationVerification: "rollup/MigrationVerification",
  MultiWinnerAuction: "elections/MultiWinnerAuction",
  NativeToken: "token/NativeToken",
  OutsourcedProving: "elections/OutsourcedProving",
  PairedElection: "elections/PairedElection",
  PerformanceRotation: "elections/PerformanceRotation",
  Poseidon: "libraries/Poseidon",
  ProofOfEfficiency: "consensus/poe/ProofOfEfficiency",
  ProposerSale: "elections/ProposerSale",
  RandomPriority: "elections/RandomPriority",
  Rollup: "rollup/Rollup",
  RollupVerifier: "verification/RollupVerifier",
  SlotAuction: "elections/SlotAuction",
  StakeRotation: "elections/StakeRotation",
} as const;

/** A contract whose code the package has. */
export type ContractName = keyof typeof PATHS;

/** Code that is ready to be deployed. */
export interface Artifact {
  readonly abi: InterfaceAbi;
  /** Creation code, without arguments, with the addresses of its libraries. */
  readonly code: string;
}

interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly linkReferences: Readonly<Record<string, Readonly<Record<string, readonly { readonly start: number }[]>>>>;
}

/**
 * Reads what the compiler made of a contract.
 *
 * @param libraries addresses by name; others than it needs may be among them
 * @throws {ProtocolError} `MISSING_LIBRARY`
 */
export function readArtifact(name: ContractName, libraries: Readonly<Record<string, string>> = {}): Artifact {
  const path = join(PROJECT_ROOT, "artifacts", "contracts", `${PATHS[name]}.sol`, `${basename(PATHS[name])}.json`);
  const { abi, bytecode, linkReferences } = JSON.parse(readFileSync(path, "utf8")) as Compiled;
  // Places of libraries are no hexadecimal digits: zeros until they are filled in.
  const code = Buffer.from(bytecode.slice(2).replace(/__\$[0-9a-f]{34}\$__/gu, "0".repeat(40)), "hex");
  for (const [library, places] of Object.values(linkReferences).flatMap((file) => Object.entries(file))) {
    const address = libraries[library];
    if (address === undefined) {
      throw new ProtocolError("MISSING_LIBRARY", { contract: name, library }, `${name} needs ${library}`);
    }
    for (const { start } of places) code.set(getBytes(address), start);
  }
  return { abi, code: hexlify(code) };
}
