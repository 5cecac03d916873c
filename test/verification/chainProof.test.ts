// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { concat, dataLength, dataSlice, toBeHex } from "ethers";
import { network } from "hardhat";

import { revertOfError } from "../../src/chain/index.ts";
import { P } from "../../src/field.ts";
import { CHAIN_FIXTURE, type ChainFixture, leafChain } from "../helpers/leafChain.ts";
import { expectSnapshot } from "../helpers/snapshot.ts";

const { ethers } = await network.create();
const WORD = 32;

describe("A joint proof of a chain of three leaves, on L1", () => {
  const fixture = JSON.parse(readFileSync(CHAIN_FIXTURE, "utf8")) as ChainFixture;
  const { honkCode, nodeKeyHash, chain, proof } = fixture;
  const [oldStateRoot, newStateRoot] = [BigInt(fixture.oldStateRoot), BigInt(fixture.newStateRoot)];

  async function deploy(hash: bigint = BigInt(nodeKeyHash)) {
    const [signer] = await ethers.getSigners();
    const honk = await (await signer!.sendTransaction({ data: honkCode })).wait();
    return ethers.deployContract("JointLeafVerifier", [honk!.contractAddress!, hash, true]);
  }
  /** The same bytes with one word replaced. */
  const withWord = (bytes: string, word: number, value: bigint): string =>
    concat([dataSlice(bytes, 0, WORD * word), toBeHex(value, WORD), dataSlice(bytes, WORD * (word + 1))]);
  const wordOf = (bytes: string, word: number): bigint => BigInt(dataSlice(bytes, WORD * word, WORD * (word + 1)));

  it("is of the leaves that the ledger makes", () => {
    const made = leafChain();
    expect(made.chain).to.equal(chain);
    expect([made.oldStateRoot, made.newStateRoot]).to.deep.equal([oldStateRoot, newStateRoot]);
  });

  it("is accepted, for the gas of the snapshot", async () => {
    const verifier = await deploy();
    await verifier.verifyChain(chain, oldStateRoot, newStateRoot, proof);
    const data = verifier.interface.encodeFunctionData("verifyChain", [chain, oldStateRoot, newStateRoot, proof]);
    const [signer] = await ethers.getSigners();
    const receipt = await (await signer!.sendTransaction({ to: await verifier.getAddress(), data })).wait();
    expectSnapshot("chainProofGas", {
      "verifyChain, 3 leaves": Number(receipt!.gasUsed),
      "bytes of the proof": dataLength(proof),
    });
  });

  it("is rejected with any word of the chain altered, and with other states", async () => {
    const verifier = await deploy();
    const words = dataLength(chain) / WORD;
    for (let word = 0; word < words; word++) {
      const altered = withWord(chain, word, wordOf(chain, word) ^ 1n);
      const error = await verifier
        .verifyChain(altered, oldStateRoot, newStateRoot, proof)
        .then(() => undefined, revertOfError);
      // A number of leaves or of words of exits changes where everything behind it is.
      const names = ["ProofsRejected", "TruncatedStatement", "InvalidExit", "InputNotInField", "EmptyBatch"];
      expect(names, `word ${word}`).to.include(error?.revert.name);
    }
    for (const states of [
      [oldStateRoot, oldStateRoot],
      [newStateRoot, newStateRoot],
      [newStateRoot, oldStateRoot],
      [oldStateRoot + 1n, newStateRoot],
      [oldStateRoot, newStateRoot - 1n],
    ] as const) {
      await expect(verifier.verifyChain(chain, ...states, proof)).to.be.revertedWithCustomError(
        verifier,
        "ProofsRejected",
      );
    }
    for (const [from, to, leaf, input] of [
      [oldStateRoot + P, newStateRoot, 0, 6],
      [oldStateRoot, newStateRoot + P, 2, 0],
    ] as const) {
      await expect(verifier.verifyChain(chain, from, to, proof))
        .to.be.revertedWithCustomError(verifier, "InputNotInField")
        .withArgs(leaf, input, input === 6 ? from : to);
    }
  });

  it("is rejected with words of the proof altered, cut off, or with more", async () => {
    const verifier = await deploy();
    const rejected = (wrong: string, what: string) =>
      expect(verifier.verifyChain(chain, oldStateRoot, newStateRoot, wrong), what).to.be.revertedWithCustomError(
        verifier,
        "ProofsRejected",
      );
    const words = dataLength(proof) / WORD;
    for (let word = 0; word < words; word += 13) {
      await rejected(withWord(proof, word, wordOf(proof, word) ^ 1n), `word ${word}`);
    }
    await rejected(dataSlice(proof, 0, WORD), "the root alone");
    await rejected(dataSlice(proof, 0, dataLength(proof) - 1), "cut off");
    await rejected(concat([proof, "0x00"]), "longer");
    const other = await deploy(BigInt(nodeKeyHash) + 1n);
    await expect(
      other.verifyChain(chain, oldStateRoot, newStateRoot, proof),
      "another key of nodes",
    ).to.be.revertedWithCustomError(other, "ProofsRejected");
  });
});
