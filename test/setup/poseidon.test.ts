// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";

import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { POSEIDON_LIBRARY, renderPoseidon, roundConstants } from "../../src/setup/poseidonSolidity.ts";

const TRANSACTION_GAS = 21_000n;
const UINT256 = 2n ** 256n - 1n;

describe("the library Poseidon", () => {
  it("is the one that is generated, with 81 constants of the field", () => {
    expect(readFileSync(POSEIDON_LIBRARY, "utf8")).to.equal(renderPoseidon());
    const constants = roundConstants();
    expect(constants.length).to.equal(8 * 3 + 57);
    expect(constants.every((constant) => constant < P)).to.equal(true);
  });

  it("hashes like the ledger and like PoseidonT3, also inputs that are not reduced", async () => {
    const { ethers } = await network.create();
    const library = (await ethers.deployContract("Poseidon")).getFunction("hash");
    const reference = (await ethers.deployContract("PoseidonT3")).getFunction("hash");
    const compare = async (pair: [bigint, bigint]): Promise<void> => {
      const hash = await library.staticCall(pair);
      expect(hash).to.equal(poseidon(pair.map((input) => input % P)));
      expect(hash).to.equal(await reference.staticCall(pair));
    };
    const edges = [0n, 1n, P - 1n, P, P + 1n, 2n * P - 1n, 5n * P, UINT256 - 1n, UINT256];
    for (const left of edges) for (const right of edges) await compare([left, right]);
    const word = fc.bigInt({ min: 0n, max: UINT256 });
    await fc.assert(
      fc.asyncProperty(word, word, async (left, right) => compare([left, right])),
      { numRuns: 50, seed: 7 },
    );
  });

  it("takes less than 4,100 bytes, and less than 26,500 gas a hash", async () => {
    const { ethers } = await network.create();
    const library = await ethers.deployContract("Poseidon");
    const address = await library.getAddress();
    expect(ethers.dataLength(await ethers.provider.getCode(address))).to.be.below(4_100);
    const data = library.interface.encodeFunctionData("hash", [[1n, 2n]]);
    const calldataGas = ethers.getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4n : 16n), 0n);
    const gas = await ethers.provider.estimateGas({ to: address, data });
    expect(gas - TRANSACTION_GAS - calldataGas).to.be.below(26_500n);
  });
});
