// SPDX-License-Identifier: MIT
import { isDeepStrictEqual } from "node:util";

import { expect } from "chai";

import { ProofTree, submissionOf, type NodeProof, type NodeTask } from "../../src/agents/index.ts";
import { nodesOf, Transcript } from "../../src/b52/index.ts";
import { toProofWords } from "../../src/codec/index.ts";
import { toField } from "../../src/field.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import type { CircuitInput, ProofResult, Prover } from "../../src/prover/index.ts";
import { mockProof } from "../../tools/bench/mockProofs.ts";
import { expectError } from "../helpers/expectError.ts";
import { blockOf, TICKETS } from "../helpers/treeBlock.ts";

const { slots } = DEVELOPMENT;
const ZERO = `0x${"00".repeat(32)}`;
const JOINT = Uint8Array.of(1, 2, 3);

/** The order in which L1 derives statements: leaves first, then the inner nodes from the root on. */
const L1_ORDER = { 2: [2, 3, 1], 4: [4, 5, 6, 7, 1, 2, 3], 8: [8, 9, 10, 11, 12, 13, 14, 15, 1, 2, 3, 4, 5, 6, 7] };
/** Leaves with data. The others are empty. */
const DATA_LEAVES = { 2: 1, 4: 3, 8: 5 };

interface Asked {
  readonly circuit: string;
  readonly input: CircuitInput;
}

/** A prover that writes down what it is asked, and shows the signals of the task with exactly this input. */
function recordingProver(tasks: readonly NodeTask[], asked: Asked[]): Prover {
  return {
    async prove(circuit, input): Promise<ProofResult> {
      asked.push({ circuit, input });
      const found = tasks.filter((task) => task.circuit === circuit && isDeepStrictEqual(task.input, input));
      if (found.length !== 1) throw new Error(`${found.length} tasks of the circuit ${circuit} have this input`);
      const { publicSignals } = found[0]!.statement;
      const proof = mockProof(circuit as "leaf" | "merge", publicSignals);
      return Promise.resolve({ proof, publicSignals, seconds: 0, cached: false } as ProofResult);
    },
    dispose: () => Promise.resolve(),
  };
}

describe("tasks of a proof tree", () => {
  for (const size of [2, 4, 8] as const) {
    const nodes = nodesOf(size);
    const promised = new Map(nodes.map((node, i) => [node, TICKETS[i % TICKETS.length]!] as const));
    // One promise is not kept by its ticket, another by nobody.
    const workers = new Map([...promised, [size + 1, 247], [1, 0]]);
    const block = blockOf(0x5555n << 200n, DATA_LEAVES[size], promised);
    const tree = new ProofTree(block);
    const proofsOf = async (tasks: readonly NodeTask[], asked: Asked[] = []): Promise<NodeProof[]> =>
      tree.proveAll(recordingProver(tasks, asked), workers);

    for (const [name, given] of [
      ["with workers", workers],
      ["without workers", new Map<number, number>()],
    ] as const) {
      it(`of ${size} leaves ${name} are in the order of L1, and as all proofs of the tree`, async () => {
        const tasks = tree.tasks(given);
        expect(tasks.map(({ statement }) => statement.node)).to.deep.equal(L1_ORDER[size]);
        const asked: Asked[] = [];
        const proofs = await tree.proveAll(recordingProver(tasks, asked), given);
        const taskOf = (node: number): NodeTask => tasks.find(({ statement }) => statement.node === node)!;
        // The prover was asked for children before parents.
        expect(asked).to.deep.equal(
          nodes.map((node) => ({ circuit: taskOf(node).circuit, input: taskOf(node).input })),
        );
        for (const { proof, seconds, cached, ...statement } of proofs) {
          expect([proof.curve, seconds, cached]).to.deep.equal(["bn128", 0, false]);
          expect(taskOf(statement.node).statement).to.deep.equal(statement);
        }
      });

      it(`of ${size} leaves ${name} have the statements that follow from the block alone`, () => {
        const tasks = tree.tasks(given);
        const digestOf = (node: number) =>
          toField(tasks.find(({ statement }) => statement.node === node)!.statement.digest);
        for (const { circuit, statement } of tasks) {
          const { node, opening } = statement;
          expect(circuit).to.equal(node >= size ? "leaf" : "merge");
          const [left, right] = [2 * node, 2 * node + 1];
          const facts =
            opening.kind === "leaf"
              ? undefined
              : {
                  ...{ leftDigest: digestOf(left), rightDigest: digestOf(right) },
                  ...{ delivered: opening.merge.delivered, nodes: opening.merge.nodes },
                };
          expect(statement).to.deep.equal(tree.statementOf(node, given.get(node) ?? 0, facts));
        }
      });
    }

    it(`of ${size} leaves give a submission with the joint proof and no words of single proofs`, async () => {
      const tasks = tree.tasks(workers);
      const statements = tasks.map(({ statement }) => statement);
      const content = {
        salt: ZERO,
        dataHash: ZERO,
        forcedCount: 1,
        includeListHash: ZERO,
        feeAccount: 1,
        feeToken: 0n,
      };
      if (!(block.transcript instanceof Transcript)) throw new Error("a transcript of another kind");
      const committed = {
        ...{ content, transcript: block.transcript },
        ...{ data: Uint8Array.of(4, 5), includeList: Uint8Array.of(6) },
      };
      const joint = submissionOf(committed, statements, slots, JOINT);
      expect(joint).to.include({ promised: block.transcript.promised, data: "0x0405", joint: "0x010203" });
      const zero = Array.from({ length: 8 }, () => 0n);
      for (const { proof } of [...joint.leaves, ...joint.merges]) expect(proof).to.deep.equal(zero);

      // All else is as with single proofs, in any order.
      const single = submissionOf(committed, await proofsOf(tasks), slots);
      expect(single.joint).to.equal("0x");
      expect([...single.leaves, ...single.merges].map(({ proof }) => proof)).to.deep.equal(
        tasks.map(({ circuit, statement }) => toProofWords(mockProof(circuit, statement.publicSignals))),
      );
      const stripped = <N extends object>(list: readonly N[]): N[] => list.map((node) => ({ ...node, proof: zero }));
      const expected = { ...single, leaves: stripped(single.leaves), merges: stripped(single.merges) };
      expect(joint).to.deep.equal({ ...expected, joint: "0x010203" });
      expect(submissionOf(committed, [...statements].reverse(), slots, JOINT)).to.deep.equal(joint);
      expect(joint.exits).to.have.lengthOf(2 * (DATA_LEAVES[size] - 1));

      for (let missing = 1; missing < 2 * size - 1; missing++) {
        const rest = statements.filter(({ node }) => node !== missing);
        expectError(() => submissionOf(committed, rest, slots, JOINT), "PROOF_MISSING");
      }
    });
  }
});
