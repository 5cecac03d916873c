// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { type VerificationKey } from "snarkjs";

import { ProtocolError } from "../../src/errors.ts";
import { keyLibrary, renderKeyLibrary } from "../../src/setup/circuitKeys.ts";
import { terminateCurve } from "../../src/setup/curve.ts";
import { prepareAll } from "../../src/setup/index.ts";
import { renderVerifyingKey } from "../../src/setup/verifyingKeySolidity.ts";
import { mockKeyLibrary, prepareTestCircuits, type TestCircuit } from "./testCircuits.ts";

const KEY: VerificationKey = {
  protocol: "groth16",
  curve: "bn128",
  nPublic: 1,
  vk_alpha_1: ["1", "2", "1"],
  vk_beta_2: [
    ["4", "3"],
    ["6", "5"],
    ["1", "0"],
  ],
  vk_gamma_2: [
    ["8", "7"],
    ["10", "9"],
    ["1", "0"],
  ],
  vk_delta_2: [
    ["12", "11"],
    ["14", "13"],
    ["1", "0"],
  ],
  vk_alphabeta_12: [],
  IC: [
    ["15", "16", "1"],
    ["17", "18", "1"],
  ],
};

const render = (key: Partial<VerificationKey>, isDevelopment = true): string =>
  renderVerifyingKey({ name: "Some", verificationKey: { ...KEY, ...key }, origin: "Key.", isDevelopment });

describe("the Solidity library of a verification key", () => {
  after(terminateCurve);

  it("has the points in the precompiles' order: numbered along it, they count up", () => {
    const words = [...render({}).matchAll(/hex"([0-9a-f]{64})"/g)].map(([, word]) => Number(`0x${word}`));
    expect(words).to.deep.equal(Array.from({ length: 18 }, (_, i) => i + 1));
  });

  it("says whether it is a development key", () => {
    expect(render({}, true)).to.match(/This is a development key[^]*IS_DEVELOPMENT = true;/);
    expect(render({}, false)).to.match(/^(?![^]*This is a development key)[^]*IS_DEVELOPMENT = false;/);
  });

  it("has the further constants that it is given", () => {
    const library = renderVerifyingKey({
      name: "Some",
      verificationKey: KEY,
      origin: "Key.",
      isDevelopment: true,
      constants: { SMALL: { value: 4n, meaning: "Four." }, LARGE: { value: 1n << 255n, meaning: "Large." } },
    });
    expect(library).to.include("/// @dev Four.\n    uint256 internal constant SMALL = 4;");
    expect(library).to.include(`LARGE = 0x8${"0".repeat(63)};`);
    expect(library).to.include("PUBLIC_SIGNALS = 1;");
  });

  it("is refused for keys that are not Groth16 on BN254, not affine, or incomplete", () => {
    const broken: Partial<VerificationKey>[] = [
      { protocol: "plonk" },
      { curve: "bls12381" },
      { nPublic: 2 },
      { vk_alpha_1: ["1", "2", "0"] },
      {
        vk_beta_2: [
          ["4", "3"],
          ["6", "5"],
          ["1", "1"],
        ],
      },
      { vk_delta_2: [["4", "3"], ["6"], ["1", "0"]] },
      {
        IC: [
          ["15", "16", "1"],
          ["17", "18", "2"],
        ],
      },
    ];
    for (const change of broken) {
      expect(() => render(change), JSON.stringify(change))
        .to.throw(ProtocolError)
        .with.property("code", "INVALID_VERIFICATION_KEY");
    }
  });

  it("is committed for the test circuits as it is made from their keys", async () => {
    for (const circuit of Object.values(await prepareTestCircuits()) as TestCircuit[]) {
      const { path, content } = mockKeyLibrary(circuit);
      expect(readFileSync(path, "utf8")).to.equal(content);
    }
  });

  it("is committed for the circuits as it is made from their keys", async () => {
    for (const artifacts of await prepareAll("development")) {
      expect(readFileSync(keyLibrary(artifacts.name), "utf8")).to.equal(renderKeyLibrary(artifacts));
    }
  });
});
