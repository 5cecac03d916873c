// SPDX-License-Identifier: MIT
import { basename } from "node:path";

import { expect } from "chai";
import { artifacts } from "hardhat";

import { CONTRACTS } from "../../demo/contracts.ts";

/** Runs a lifecycle, and expects that Hardhat was asked for no artifact that `npm run demo` does not compile. */
export async function withArtifactsOfDemo<T>(run: () => Promise<T>): Promise<T> {
  const names = new Set<string>();
  // All of Hardhat reads by this one object.
  const read = artifacts.readArtifact.bind(artifacts);
  const locate = artifacts.getArtifactPath.bind(artifacts);
  artifacts.readArtifact = (name) => {
    names.add(name);
    return read(name);
  };
  artifacts.getArtifactPath = (name) => {
    names.add(name);
    return locate(name);
  };
  try {
    const result = await run();
    expect(names.size).to.be.greaterThan(0);
    expect(CONTRACTS.map((path) => basename(path))).to.include.members([...names]);
    return result;
  } finally {
    artifacts.readArtifact = read;
    artifacts.getArtifactPath = locate;
  }
}
