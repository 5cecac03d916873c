// SPDX-License-Identifier: MIT
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { expect } from "chai";

import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit } from "../../src/setup/compile.ts";
import { PROJECT_ROOT } from "../../src/setup/paths.ts";
import { DEVELOPMENT_CIRCUITS } from "../helpers/circuitInputs.ts";
import { compile, compileSystem } from "../helpers/circuit.ts";
import { isDeep } from "../helpers/deep.ts";

const SNAPSHOT = join(PROJECT_ROOT, "snapshots", "constraints.json");
/** `UPDATE_SNAPSHOTS=1` writes the snapshot instead of comparing with it. */
const isUpdating = process.env["UPDATE_SNAPSHOTS"] === "1";

/** Sizes of the evaluation domains for which the development circuits are made: 2^16 and 2^15. */
const LEAF_DOMAIN = 65_536;
const MERGE_DOMAIN = 32_768;
const DRAWN_MERGE_DOMAIN = 65_536;
const MIGRATION_DOMAIN = 65_536;
/** Most constraints that a further slot may cost at a depth of 16. */
const SLOT_BUDGET = 28_000;
const FURTHER_SLOT = "Leaf(16, 2, 2) - Leaf(16, 1, 2)";
/**
 * No other test computes a witness of these, and most are of production's depth: `npm run test:deep` counts them
 * (`DEEP=1`); here they are what the snapshot says.
 */
const ONLY_COUNTED = [
  ...["Leaf(16, 1, 2)", "Leaf(16, 2, 2)", "Escape(16)"],
  ...["PathRoot(16)", "PathUpdate(16)", "ApplyMove(5)", "ApplySlot(16, 2)", "CreditTips(16)", "BinaryRoot(4)"],
];
/** Each template with the parameters it is counted for. */
const TEMPLATES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "lib/accounts/AccountHash.circom": [[]],
  "lib/accounts/KnownAccount.circom": [[]],
  "lib/accounts/PathRoot.circom": [[5], [16]],
  "lib/accounts/PathUpdate.circom": [[5], [16]],
  "lib/accounts/SubtreeRoot.circom": [[1], [2]],
  "lib/commitment/DataCommitment.circom": [[4]],
  "lib/exits/ExitsHash.circom": [[4]],
  "lib/keys/AccountKey.circom": [[]],
  "lib/keys/DecompressKey.circom": [[]],
  "lib/migration/ApplyMove.circom": [[5], [16]],
  "lib/migration/ArrivalSlot.circom": [[]],
  "lib/migration/MatchPair.circom": [[]],
  "lib/migration/MoveAuthorised.circom": [[]],
  "lib/signature/FixedBaseMul.circom": [[251]],
  "lib/signature/SignatureCheck.circom": [[]],
  "lib/slot/ApplySlot.circom": [
    [5, 1],
    [16, 2],
  ],
  "lib/slot/Covers.circom": [[]],
  "lib/slot/CreditTips.circom": [[5], [16]],
  "lib/slot/DecodeSlot.circom": [[]],
  "lib/slot/DecodeTip.circom": [[]],
  "lib/slot/FitsBalance.circom": [[]],
  "lib/slot/IndexInTree.circom": [[5], [16]],
  "lib/slot/NewAccountKey.circom": [[]],
  "lib/slot/TransactionAuthorised.circom": [[]],
  "lib/statement/ChainedProof.circom": [[4]],
  "lib/statement/Evaluation.circom": [[13], [11]],
  "lib/statement/JoinedProof.circom": [[]],
  "lib/tree/BinaryRoot.circom": [[4], [8]],
  "lib/tree/Child.circom": [[]],
  "lib/votes/DrawBase.circom": [[]],
  "lib/votes/ElectedVote.circom": [[]],
  "lib/votes/Select.circom": [[4]],
  "lib/votes/TicketKey.circom": [[8]],
  "lib/votes/TicketLine.circom": [[8]],
  "lib/votes/TicketUnion.circom": [[248, 2, 3]],
  "lib/votes/Vote.circom": [
    [4, 0],
    [4, 1],
  ],
  "lib/votes/VoteCheck.circom": [
    [8, 4, 0],
    [8, 4, 1],
  ],
  "leaf/Leaf.circom": [
    [5, 4, 1],
    [16, 1, 2],
    [16, 2, 2],
  ],
  "chain/Chain.circom": [[4], [16]],
  "join/Join.circom": [[]],
  "merge/Merge.circom": [
    [8, 4, 0],
    [8, 4, 1],
  ],
  "escape/Escape.circom": [[5], [16]],
  "migration/Migration.circom": [[5, 1]],
};

const nameOf = (file: string, params: readonly number[]): string =>
  basename(file, ".circom") + (params.length > 0 ? `(${params.join(", ")})` : "");

async function count(file: string, params: readonly number[]): Promise<number> {
  const path = join("circuits", file);
  const circuits = Object.values(DEVELOPMENT_CIRCUITS).filter((candidate) => candidate.file === path);
  const circuit = circuits.find((candidate) => params.join() === candidate.params.join());
  // The development circuits are compiled to where the setup has them, so that they are compiled once.
  if (circuit !== undefined) return (await compileCircuit(circuit, circuitsFolder("development"))).constraints;
  const compileOne = ONLY_COUNTED.includes(nameOf(file, params)) ? compileSystem : compile;
  return (await compileOne(path, params, "O2", circuits[0]?.publicInputs)).constraints;
}

describe("circuits: constraints", () => {
  const snapshot = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Readonly<Record<string, number>>;
  const counts: Record<string, number> = {};
  before(async () => {
    for (const [file, variants] of Object.entries(TEMPLATES)) {
      for (const params of variants) {
        const name = nameOf(file, params);
        counts[name] = !isDeep && ONLY_COUNTED.includes(name) ? snapshot[name]! : await count(file, params);
      }
    }
    counts[FURTHER_SLOT] = counts["Leaf(16, 2, 2)"]! - counts["Leaf(16, 1, 2)"]!;
    if (isUpdating) {
      mkdirSync(join(PROJECT_ROOT, "snapshots"), { recursive: true });
      writeFileSync(SNAPSHOT, `${JSON.stringify(counts, null, 2)}\n`);
    }
  });

  it("are counted for every template", () => {
    const files = globSync("**/*.circom", { cwd: join(PROJECT_ROOT, "circuits") });
    expect(Object.keys(TEMPLATES)).to.have.members(files);
  });

  it("are those of the snapshot", () => {
    expect(counts).to.deep.equal(snapshot);
  });

  it("are those that each template's header names", () => {
    for (const [file, variants] of Object.entries(TEMPLATES)) {
      const source = readFileSync(join(PROJECT_ROOT, "circuits", file), "utf8");
      const [, text] = /^ \* @constraints (.*(?:\n \* {3}.*)*)$/m.exec(source) ?? [];
      const names = [
        ...variants.map((params) => nameOf(file, params)),
        ...(file.startsWith("leaf/") ? [FURTHER_SLOT] : []),
      ];
      const expected = names.map((name) => `${name}: ${counts[name]?.toLocaleString("en-US")}`).join("; ");
      expect(text?.replaceAll("\n *  ", ""), file).to.equal(expected);
    }
  });

  it("of the development leaf fit the domain 2^16, with its public signals and the constant", () => {
    const publicSignals = 2 + findCircuit("leaf", "development").publicInputs.length;
    expect(counts["Leaf(5, 4, 1)"]! + publicSignals + 1).to.be.at.most(LEAF_DOMAIN);
  });

  it("of a merge fit the domain 2^15, and where tickets are drawn 2^16", () => {
    const publicSignals = 2 + findCircuit("merge", "development").publicInputs.length;
    expect(counts["Merge(8, 4, 0)"]! + publicSignals + 1).to.be.at.most(MERGE_DOMAIN);
    expect(counts["Merge(8, 4, 1)"]! + publicSignals + 1).to.be.at.most(DRAWN_MERGE_DOMAIN);
  });

  it("of a migration fit the domain 2^16", () => {
    const publicSignals = 10 + findCircuit("migration", "development").publicInputs.length;
    expect(counts["Migration(5, 1)"]! + publicSignals + 1).to.be.at.most(MIGRATION_DOMAIN);
  });

  it("of a further slot at a depth of 16 stay within the budget", () => {
    expect(counts[FURTHER_SLOT]).to.be.at.most(SLOT_BUDGET);
  });
});
