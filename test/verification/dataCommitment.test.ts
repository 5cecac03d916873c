// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";

import type { Header } from "../../src/codec/index.ts";
import { P } from "../../src/field.ts";
import {
  batchDataHash,
  commitLeafData,
  encodeLeafData,
  evaluateLeafData,
  evaluationPoint,
  leafCount,
  splitBatch,
} from "../../src/ledger/index.ts";
import { DEVELOPMENT, leafBytes } from "../../src/profile.ts";
import type { DataCommitmentHarness } from "../../typechain-types/index.ts";
import { Random } from "../helpers/random.ts";

const { ethers } = await network.create();

const HEADER: Header = { baseFee: 1n, feeToken: 0n, feeAccount: 1, forcedCount: 0, timestamp: 1_900_000_000n };
const LEAF = leafBytes(DEVELOPMENT);

describe("DataCommitment and the ledger agree on", () => {
  const random = new Random(process.env["SEED"] ?? "data commitment");
  const lengths = [0, 1, 30, 31, 32, 92, 93, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 3 * LEAF - 31];
  const samples = [...lengths, ...Array.from({ length: 20 }, () => random.int(4 * LEAF))].map((length) =>
    random.bytes(length),
  );
  let contract: DataCommitmentHarness;

  before(async () => {
    contract = await ethers.deployContract("DataCommitmentHarness");
  });

  it("the number of leaves", async () => {
    for (const { length } of samples) {
      expect(await contract.leafCount(length)).to.equal(leafCount(DEVELOPMENT, length));
    }
  });

  it("the point of evaluation, and what the leaves' polynomials are there", async () => {
    for (const data of samples) {
      const leaves = splitBatch(DEVELOPMENT, { header: HEADER, data }).map(({ header, bytes }) =>
        encodeLeafData(header, bytes),
      );
      const commitments = leaves.map(commitLeafData);
      const z = evaluationPoint(batchDataHash(data), commitments);
      const expected = leaves.map((leaf) => evaluateLeafData(leaf, z));

      expect(await contract.challenge(batchDataHash(data), commitments)).to.equal(z);
      expect(await contract.evaluate(hexlify(data), z), `${data.length} bytes, seed ${random.seed}`).to.deep.equal(
        expected,
      );
    }
  });

  it("keeps the gas of evaluating a chunk below 115", async () => {
    const leaves = 40;
    const chunks = BigInt(Math.floor((leaves * LEAF) / 31));
    const gasUsed = await contract.measureEvaluate(random.bytes(leaves * LEAF), P - 5n);
    // 109 with 12 chunks a leaf, where the work for each leaf is 25 of it. The calldata of a chunk costs up to 496.
    expect(gasUsed / chunks < 115n, `${gasUsed / chunks} gas`).to.equal(true);
  });
});
