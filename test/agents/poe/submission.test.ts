// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { submissionOf, type NodeProof } from "../../../src/agents/index.ts";
import { Transcript } from "../../../src/b52/index.ts";
import { exitsHash, type Exit } from "../../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../../src/profile.ts";
import { toField } from "../../../src/field.ts";
import { expectError } from "../../helpers/expectError.ts";

const { slots } = DEVELOPMENT;
const ZERO = `0x${"00".repeat(32)}`;
const EXITS: readonly Exit[] = [
  { slot: 1, recipient: 5n, token: 2n, amount: 7n },
  { slot: 3, recipient: 6n, token: 0n, amount: 8n },
];

const BLOCK: Parameters<typeof submissionOf>[0] = {
  content: { salt: ZERO, dataHash: ZERO, forcedCount: 0, includeListHash: ZERO, feeAccount: 1, feeToken: 0n },
  transcript: new Transcript([]),
  data: new Uint8Array(),
  includeList: new Uint8Array(),
};

const base = {
  proof: {
    pi_a: ["1", "2", "1"],
    pi_b: [
      ["1", "2"],
      ["3", "4"],
      ["1", "0"],
    ],
    pi_c: ["1", "2", "1"],
  },
  publicSignals: [],
  seconds: 0,
  cached: false,
} as unknown as Pick<NodeProof, "proof" | "publicSignals" | "seconds" | "cached">;

const leaf = (node: number, exits: readonly Exit[], shown = exits): NodeProof => {
  const any = toField(BigInt(node));
  const words = { newStateRoot: any, proverFees: any, c: any, y: any, oldStateRoot: any, header: any, z: any };
  const bound = { sequencer: any, domain: any, context: any, worker: any };
  const opening = { kind: "leaf", leaf: { ...words, ...bound, exitsHash: exitsHash(exits, slots) } } as const;
  return { ...base, node, circuit: "leaf", digest: any, opening, exits: shown };
};

const root: NodeProof = {
  ...base,
  node: 1,
  circuit: "merge",
  digest: 1n,
  exits: [],
  opening: {
    kind: "merge",
    merge: {
      oldStateRoot: 1n,
      newStateRoot: 2n,
      context: 3n,
      worker: 4n,
      place: 3n,
      delivered: 0n,
      nodes: 0n,
      given: 5n,
    },
  },
};

describe("submission of a block", () => {
  it("shows the exits of its leaves, with slots that are counted through the block, whoever gave the proofs in which order", () => {
    const { exits, leaves } = submissionOf(BLOCK, [leaf(3, EXITS), root, leaf(2, EXITS.slice(1))], slots);
    expect(leaves.map(({ exitsHash: hash }) => hash)).to.deep.equal([
      exitsHash(EXITS.slice(1), slots),
      exitsHash(EXITS, slots),
    ]);
    const at = (slot: number): bigint => BigInt(slot) << 176n;
    expect(exits).to.deep.equal([
      ...[6n + at(3), 8n],
      ...[5n + (2n << 160n) + at(slots + 1), 7n],
      ...[6n + at(slots + 3), 8n],
    ]);
  });

  it("is not made with exits that are not those of the proof", () => {
    for (const shown of [[], EXITS.slice(1), EXITS.map((exit) => ({ ...exit, amount: 9n }))]) {
      expectError(() => submissionOf(BLOCK, [root, leaf(2, []), leaf(3, EXITS, shown)], slots), "EXITS_MISMATCH");
    }
  });

  it("is not made without the proof of a node", () => {
    expectError(() => submissionOf(BLOCK, [root, leaf(3, []), root], slots), "PROOF_MISSING");
  });
});
