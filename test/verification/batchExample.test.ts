// SPDX-License-Identifier: MIT
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { expect } from "chai";
import { network } from "hardhat";

import { terminateCurve } from "../../src/setup/curve.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import type { ProductAndPowers, ProductAndPowersVerifier } from "../../typechain-types/index.ts";
import { prepareTestCircuits, prove, type Statement } from "./testCircuits.ts";

const connection = await network.create();
const { ethers } = connection;

const FOLDER = join("contracts", "verification", "batch");

type AcceptArguments = Parameters<ProductAndPowers["accept"]>;

describe("The example of BatchVerifier", () => {
  let verifier: ProductAndPowersVerifier;
  let example: ProductAndPowers;
  let product: Statement;
  let powers: Statement;

  before(async () => {
    const circuits = await prepareTestCircuits();
    verifier = await ethers.deployContract("ProductAndPowersVerifier");
    example = await ethers.deployContract("ProductAndPowers", [verifier]);
    const [caller] = await ethers.getSigners();
    product = await prove(circuits.product, { scale: BigInt(caller!.address), factor: 6n, cofactor: 7n });
    powers = await prove(circuits.powers, { base: 3n });
  });

  after(terminateCurve);

  const argumentsOf = ({ proof, inputs }: Statement, other: Statement): AcceptArguments =>
    [[...proof], inputs[0]!, inputs[1]!, [...other.proof], [...other.inputs]] as AcceptArguments;

  it("accepts real proofs of two circuits in one call", async () => {
    await example.accept(...argumentsOf(product, powers));
    expect(await example.accepted()).to.equal(1n);
  });

  it("rejects the call if a signal of one of the two circuits is changed", async () => {
    const altered = [
      argumentsOf({ ...product, inputs: [product.inputs[0]! + 1n, product.inputs[1]!] }, powers),
      argumentsOf(product, { ...powers, inputs: powers.inputs.map((input, i) => (i === 12 ? input + 1n : input)) }),
    ];
    for (const args of altered) {
      await expect(example.accept(...args)).to.be.revertedWithCustomError(verifier, "ProofsRejected");
    }
  });

  it("rejects a proof of one circuit for the statement of the other circuit", async () => {
    const args = argumentsOf({ ...product, proof: powers.proof }, { ...powers, proof: product.proof });
    await expect(example.accept(...args)).to.be.revertedWithCustomError(verifier, "ProofsRejected");
  });

  it("rejects a proof that was made for another caller", async () => {
    const [, stranger] = await ethers.getSigners();
    await expect(example.connect(stranger).accept(...argumentsOf(product, powers)))
      .to.be.revertedWithCustomError(example, "NotMadeForCaller")
      .withArgs(product.inputs[1], stranger);
  });
});

describe("The folder of BatchVerifier", () => {
  it("imports its own files and OpenZeppelin only", () => {
    const files = globSync(join(FOLDER, "**", "*.sol"), { cwd: PROJECT_ROOT });
    expect(files).to.have.length.above(5);
    for (const file of files) {
      const source = readFileSync(join(PROJECT_ROOT, file), "utf8");
      for (const [, path = ""] of source.matchAll(/^import [^"]*"([^"]+)";/gm)) {
        const target = path.startsWith(".") ? normalize(join(dirname(file), path)) : path;
        expect(target, file).to.match(/^(contracts\/verification\/batch\/|@openzeppelin\/)/);
      }
    }
  });
});
