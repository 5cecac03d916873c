import { expect } from "chai";
import { network } from "hardhat";

import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";

/** EIP-170. */
const CODE_SIZE_LIMIT = 24_576;
const TRANSACTION_GAS = 21_000n;

describe("PoseidonT3 with its compiler settings", () => {
  it("can be deployed, hashes like the ledger, and costs less than 20,000 gas", async () => {
    const { ethers } = await network.create();
    const library = await ethers.deployContract("PoseidonT3");
    const address = await library.getAddress();
    const code = ethers.getBytes(await ethers.provider.getCode(address));
    expect(code.length).to.be.at.most(CODE_SIZE_LIMIT);

    const hash = library.getFunction("hash");
    const inputs: [bigint, bigint][] = [
      [0n, 0n],
      [1n, 2n],
      [P - 1n, P - 1n],
    ];
    for (const pair of inputs) expect(await hash.staticCall(pair)).to.equal(poseidon(pair));

    const data = library.interface.encodeFunctionData("hash", [[1n, 2n]]);
    const calldataGas = ethers.getBytes(data).reduce((sum, byte) => sum + (byte === 0 ? 4n : 16n), 0n);
    const gas = await ethers.provider.estimateGas({ to: address, data });
    expect(gas - TRANSACTION_GAS - calldataGas).to.be.below(20_000n);
  });
});
