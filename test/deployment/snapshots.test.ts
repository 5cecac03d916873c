// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { artifacts } from "hardhat";

import { storageLayouts } from "../../tools/deployment/storageLayout.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

/** EIP-170: no code above this many bytes is deployed. */
const CODE_LIMIT = 24_576;
/**
 * Bytes of the limit that a contract has to leave free, for a fix that must not wait for a contract to be split. B52
 * has 280.
 */
const ROOM = 512;
/** Contains all of StakeRotation; its own compiler settings are the smallest. It has 59 bytes left. */
const ROOM_OF_SALE = 48;
/** EIP-3860: likewise for the code that deploys, without its arguments. */
const INIT_CODE_LIMIT = 49_152;

/** Everything of `contracts/` that is deployed, and what it is linked with; not what stands in for it in tests. */
async function deployable(): Promise<string[]> {
  const names = [...(await artifacts.getAllFullyQualifiedNames())].sort();
  const candidates = names.filter((name) => /^contracts\/(?!mocks|interfaces)/.test(name));
  const found: string[] = [];
  const linked = new Set<string>();
  for (const name of candidates) {
    const { abi, bytecode, linkReferences } = await artifacts.readArtifact(name);
    // An abstract contract has no code, and a library of internal functions has none that anybody calls.
    const isCallable = abi.some((entry: { type: string }) => ["function", "receive", "fallback"].includes(entry.type));
    if (bytecode !== "0x" && isCallable) found.push(name);
    for (const libraries of Object.values(linkReferences)) Object.keys(libraries).forEach((name) => linked.add(name));
  }
  // A library's functions are missing in its ABI if their parameters have types that an ABI cannot express.
  const isLinked = (name: string): boolean => linked.has(name.slice(name.indexOf(":") + 1));
  return candidates.filter((name) => found.includes(name) || isLinked(name));
}

/** Bytes of code that may not be linked yet: a library's address and its placeholder have 20 bytes each. */
const bytesOf = (code: string): number => (code.length - 2) / 2;

describe("Deployed contracts", () => {
  let names: string[] = [];
  const sizes: Record<string, { code: number; initCode: number }> = {};

  before(async () => {
    names = await deployable();
    for (const name of names) {
      const { bytecode, deployedBytecode } = await artifacts.readArtifact(name);
      sizes[name] = { code: bytesOf(deployedBytecode), initCode: bytesOf(bytecode) };
    }
  });

  it("include both consensus protocols and the libraries that they are linked with", () => {
    expect(names.map((name) => name.split(":")[1])).to.include.members([
      "ProofOfEfficiency",
      "B52",
      "DrawnB52",
      "Rollup",
      "BlockVerification",
      "BlockRecords",
      "DrawnProverRegistry",
      "ProverRegistry",
      "Poseidon",
    ]);
  });

  it("have the sizes of the snapshot", () => {
    expectSnapshot("sizes", sizes);
  });

  it(`leave ${ROOM} bytes of the limit on code free, and keep that on init code`, () => {
    for (const [name, { code, initCode }] of Object.entries(sizes)) {
      const room = name.endsWith(":ProposerSale") ? ROOM_OF_SALE : ROOM;
      expect(code, name).to.be.at.most(CODE_LIMIT - room);
      expect(initCode, name).to.be.at.most(INIT_CODE_LIMIT);
    }
  });

  it("have the storage layouts of the snapshot", async () => {
    const layouts = await storageLayouts(names);
    const withStorage = Object.entries(layouts).filter(([, { variables }]) => Object.keys(variables).length > 0);
    expectSnapshot("storageLayout", Object.fromEntries(withStorage));
  });
});
