// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  childDigest,
  deliveredTickets,
  MAX_TICKET,
  mergeCircuitInput,
  mergeDigest,
  mergeNodes,
  mergeProofSignals,
  orderedMergeSignals,
  TICKET_BITS,
  TREE_BITS,
  type ChildOpening,
  type MergeTask,
} from "../../src/b52/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { evaluateStatement, statementPoint } from "../../src/codec/index.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { P, toField } from "../../src/field.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { expectError } from "../helpers/expectError.ts";
import { randomMerges, type RandomMerge } from "../helpers/randomMerge.ts";

describe("b52: merge", () => {
  const find = (condition: (merge: RandomMerge) => boolean): RandomMerge => {
    for (const merge of randomMerges("model")) {
      if (condition(merge)) return merge;
    }
    throw new Error("the source is endless");
  };
  const ofMerges = find(({ task }) => task.node === 2 && task.left.kind === "merge");
  const ofLeaves = find(({ task }) => task.node === 5);

  it("gives the signals in the order of docs/b52.md §3, and condenses them to those of the proof", () => {
    const { signals, input } = ofMerges.result;
    const words = [
      signals.digest,
      signals.delivered,
      signals.nodes,
      signals.leftDigest,
      signals.rightDigest,
      signals.context,
      signals.registryRoot,
      signals.votesRoot,
      signals.promised,
      signals.place,
      signals.worker,
    ];
    expect(orderedMergeSignals(signals)).to.deep.equal(words);
    expect(input.point).to.equal(statementPoint(words));
    expect(mergeProofSignals(signals)).to.deep.equal([
      signals.digest,
      evaluateStatement(words, input.point),
      input.point,
    ]);
    expect(findCircuit("merge", "development").publicInputs).to.deep.equal(["point"]);
  });

  it("has the sizes of the circuit, in both profiles", () => {
    for (const profile of ["development", "production"] as const) {
      expect(findCircuit("merge", profile).params).to.deep.equal([TICKET_BITS, TREE_BITS, 0]);
      expect(findCircuit("drawnMerge", profile).params).to.deep.equal([TICKET_BITS, TREE_BITS, 1]);
    }
    expect(MAX_TICKET).to.equal(2 ** TICKET_BITS - 9);
  });

  it("gives inputs without the outputs, which are its digest's opening", () => {
    for (const { setting, task, result } of [ofMerges, ofLeaves]) {
      expect(mergeCircuitInput(setting, task)).to.deep.equal(result.input).and.not.have.any.keys("digest", "nodes");
      const { oldStateRoot, newStateRoot, context, worker, place, delivered, nodes, given } = result.opening;
      const { leftDigest, rightDigest, registryRoot, votesRoot, promised } = result.signals;
      expect(given).to.equal(poseidon([leftDigest, rightDigest, registryRoot, votesRoot, promised]));
      expect(result.signals.digest).to.equal(
        poseidon([oldStateRoot, newStateRoot, context, worker, place, delivered, nodes, given]),
      );
      expect(mergeDigest(result.opening)).to.equal(result.signals.digest);
      expect(childDigest({ kind: "merge", merge: result.opening })).to.equal(result.signals.digest);
      expect(result.signals.leftDigest).to.equal(childDigest(task.left));
    }
  });

  // `BlockVerification.verifyNode` asks for this of a defence.
  it("says of another worker who it is; and the root, which was promised to it, that it is credited, not defaulted", () => {
    const happened = { defended: 0, again: 0, overLeaves: 0, elsewhere: 0 };
    let count = 0;
    for (const { setting, task } of randomMerges("defence")) {
      const ticket = BigInt(setting.transcript.ticket(task.node));
      const by = (worker: bigint) => mergeNodes(setting, { ...task, worker }).signals;
      const [accepted, defence] = [by(ticket === 5n ? 6n : 5n), by(ticket)];
      const isDefault = task.node === 1 && (accepted.nodes & (1n << 17n)) !== 0n;
      const { digest, worker } = defence;
      const sets = isDefault
        ? { delivered: accepted.delivered | (1n << ticket), nodes: accepted.nodes - (1n << 17n) + (1n << 1n) }
        : {};
      expect(defence).to.deep.equal({ ...accepted, digest, worker, ...sets });
      expect(worker).to.equal(ticket);
      expect(digest).not.to.equal(accepted.digest);
      if (isDefault) {
        happened.defended++;
        if ((accepted.delivered & (1n << ticket)) !== 0n) happened.again++;
        if (task.left.kind === "leaf") happened.overLeaves++;
      } else if (task.node !== 1) {
        happened.elsewhere++;
      }
      if (++count === 150) break;
    }
    expect(Object.entries(happened).filter(([, times]) => times === 0)).to.deep.equal([]);
  });

  it("refuses what has no proof", () => {
    const refuses = (code: ErrorCode, { setting, task }: RandomMerge, changes: Partial<MergeTask>): void => {
      expectError(() => mergeNodes(setting, { ...task, ...changes }), code);
    };
    for (const node of [0, 8, 1.5, -1]) refuses("OUT_OF_RANGE", ofMerges, { node });
    refuses("PLACE_MISMATCH", ofMerges, { node: 3 });
    refuses("CONTEXT_MISMATCH", ofLeaves, { node: 4 });
    refuses("CHILDREN_DIFFER", ofLeaves, { left: ofMerges.task.left });
    refuses("NOT_A_FIELD_ELEMENT", ofLeaves, { worker: P });
    for (const test of [ofMerges, ofLeaves]) {
      const { left } = test.task;
      const elsewhere: ChildOpening =
        left.kind === "leaf"
          ? { ...left, leaf: { ...left.leaf, newStateRoot: toField(1n) } }
          : { ...left, merge: { ...left.merge, newStateRoot: 1n } };
      refuses("STATE_MISMATCH", test, { left: elsewhere });
      refuses(left.kind === "leaf" ? "CONTEXT_MISMATCH" : "PLACE_MISMATCH", test, {
        left: test.task.right,
        right: left,
      });
    }
    expectError(() => mergeNodes({ ...ofMerges.setting, context: 1n << 248n }, ofMerges.task), "OUT_OF_RANGE");
  });

  it("names the tickets of a bitmap", () => {
    expect(deliveredTickets(0n)).to.deep.equal([]);
    expect(deliveredTickets((1n << 247n) | 6n)).to.deep.equal([1, 2, 247]);
  });
});
