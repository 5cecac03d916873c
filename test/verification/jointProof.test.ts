// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { concat, dataLength, dataSlice, toBeHex } from "ethers";
import { network } from "hardhat";

import { revertOfError } from "../../src/chain/index.ts";
import { JOINT_FIXTURE, type JointFixture } from "../helpers/jointFixture.ts";
import { leafStatements } from "../helpers/jointStatements.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

const { ethers } = await network.create();
const WORD = 32;

describe("A joint proof of three leaves, on L1", () => {
  const fixture = JSON.parse(readFileSync(JOINT_FIXTURE, "utf8")) as JointFixture;
  const { honkCode, nodeKeyHash, statements, proof } = fixture;

  async function deploy(hash: bigint = BigInt(nodeKeyHash)) {
    const [signer] = await ethers.getSigners();
    const honk = await (await signer!.sendTransaction({ data: honkCode })).wait();
    return ethers.deployContract("JointRollupVerifier", [honk!.contractAddress!, hash, true]);
  }
  /** The same bytes with one word replaced. */
  const withWord = (bytes: string, word: number, value: bigint): string =>
    concat([dataSlice(bytes, 0, WORD * word), toBeHex(value, WORD), dataSlice(bytes, WORD * (word + 1))]);
  const wordOf = (bytes: string, word: number): bigint => BigInt(dataSlice(bytes, WORD * word, WORD * (word + 1)));

  it("is of the statements that the ledger makes", () => {
    expect(leafStatements().statements).to.equal(statements);
  });

  it("is accepted, for the gas of the snapshot", async () => {
    const verifier = await deploy();
    await verifier.verifyJointly(statements, proof);
    const data = verifier.interface.encodeFunctionData("verifyJointly", [statements, proof]);
    const [signer] = await ethers.getSigners();
    const receipt = await (await signer!.sendTransaction({ to: await verifier.getAddress(), data })).wait();
    expectSnapshot("jointProofGas", {
      "verifyJointly, 3 leaves": Number(receipt!.gasUsed),
      "bytes of the proof": dataLength(proof),
    });
  });

  it("is rejected with any word of the statements altered, by the error that fits its place", async () => {
    const verifier = await deploy();
    let start = 0;
    for (const size of leafStatements().sizes) {
      for (let word = 0; word < size / WORD; word++) {
        const place = start + word;
        const altered = withWord(statements, place, wordOf(statements, place) ^ 1n);
        const error = await verifier.verifyJointly(altered, proof).then(() => undefined, revertOfError);
        // The head, the words of a Groth16 proof, thirteen signals, and two words for each exit.
        const names =
          word === 0
            ? ["UnknownCircuit", "TooManyWords"]
            : word <= 8
              ? ["StatementHasProof"]
              : word <= 21
                ? ["ProofsRejected"]
                : ["ProofsRejected", "InvalidExit"];
        expect(names, `word ${place}`).to.include(error?.revert.name);
      }
      start += size / WORD;
    }
  });

  it("is rejected with words of the proof altered, cut off, or with more", async () => {
    const verifier = await deploy();
    const words = dataLength(proof) / WORD;
    for (let word = 0; word < words; word += 13) {
      const altered = withWord(proof, word, wordOf(proof, word) ^ 1n);
      await expect(verifier.verifyJointly(statements, altered), `word ${word}`).to.be.revertedWithCustomError(
        verifier,
        "ProofsRejected",
      );
    }
    for (const wrong of [
      dataSlice(proof, 0, WORD),
      dataSlice(proof, 0, dataLength(proof) - 1),
      concat([proof, "0x00"]),
    ]) {
      await expect(verifier.verifyJointly(statements, wrong)).to.be.revertedWithCustomError(verifier, "ProofsRejected");
    }
  });

  it("is rejected for statements in another order, for fewer, and by a verifier with another key of nodes", async () => {
    const verifier = await deploy();
    const size = [0, 1, 2].map((i) => leafStatements().sizes[i]!);
    const [first, second, third] = size.map((length, i) => {
      const start = size.slice(0, i).reduce((sum, each) => sum + each, 0);
      return dataSlice(statements, start, start + length);
    }) as [string, string, string];
    for (const list of [
      [second, first, third],
      [first, third, second],
      [first, second],
      [second, third],
      [first, second, third, third],
    ]) {
      await expect(verifier.verifyJointly(concat(list), proof)).to.be.revertedWithCustomError(
        verifier,
        "ProofsRejected",
      );
    }
    const other = await deploy(BigInt(nodeKeyHash) + 1n);
    await expect(other.verifyJointly(statements, proof)).to.be.revertedWithCustomError(other, "ProofsRejected");
  });
});
