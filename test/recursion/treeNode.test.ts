// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { P } from "../../src/field.ts";
import { type Conversion, TREE_INPUTS, treeNode } from "../../src/recursion/index.ts";
import { expectError } from "../helpers/expectError.ts";

/** `Merge` as far as a node looks at it: eleven public signals and a bit behind them. */
const merge = (publicSignals: number): Conversion => ({
  program: { opcodes: [], publicWitnesses: Array.from({ length: publicSignals }, (_, i) => i) },
  wires: 20,
  added: [],
  constraints: 0,
});
const MERGE = merge(TREE_INPUTS - 1);
const BIT = 15;

describe("the program of a node", () => {
  it("has the public signals of its merge, and the hash of the nodes' key behind all wires", () => {
    const { program } = treeNode(MERGE, BIT, 7n);
    expect(program.publicWitnesses).to.deep.equal([...MERGE.program.publicWitnesses, 19]);
    expect(program.opcodes.filter(({ kind }) => kind === "verify")).to.have.length(2);
  });

  it("is not made of a merge with other public signals", () => {
    for (const count of [TREE_INPUTS - 2, TREE_INPUTS]) {
      const { data } = expectError(() => treeNode(merge(count), BIT, 7n), "BAD_LENGTH");
      expect(data).to.deep.equal({
        name: "public signals",
        length: count,
        expected: TREE_INPUTS - 1,
        relation: "exactly",
      });
    }
  });

  it("is not made with a bit that is no private wire, or a hash that is no field element", () => {
    for (const bit of [-1, 10, 19, 1.5, NaN]) {
      const { data } = expectError(() => treeNode(MERGE, bit, 7n), "OUT_OF_RANGE");
      expect(data).to.deep.equal({ name: "childrenAreLeaves", value: bit, minimum: 11, maximum: 18 });
    }
    for (const hash of [-1n, P]) expectError(() => treeNode(MERGE, BIT, hash), "NOT_A_FIELD_ELEMENT");
  });
});
