// SPDX-License-Identifier: MIT
import { expect } from "chai";

import {
  BinaryTree,
  mergeNodes,
  OpenedTranscript,
  ROOT_NODE,
  Transcript,
  TREE_BITS,
  TREE_NODES,
  type MergeTask,
  type VoteOpening,
  type VotesByNode,
} from "../../src/b52/index.ts";
import type { ErrorCode } from "../../src/errors.ts";
import { poseidon } from "../../src/crypto/index.ts";
import { P, toField } from "../../src/field.ts";
import { expectError } from "../helpers/expectError.ts";
import { randomMerges } from "../helpers/randomMerge.ts";

const MERGES = 15;

/** The nodes whose votes the proof of a merge needs. */
const needed = ({ node }: Pick<MergeTask, "node">): number[] => [
  2 * node,
  2 * node + 1,
  ...(node === ROOT_NODE ? [ROOT_NODE] : []),
];
const openingOf = (transcript: VotesByNode, node: number): VoteOpening => ({
  node,
  vote: transcript.vote(node),
  path: transcript.path(node),
});
const open = (transcript: VotesByNode, nodes: readonly number[]): OpenedTranscript =>
  new OpenedTranscript(
    transcript.promised,
    transcript.votesRoot,
    nodes.map((node) => openingOf(transcript, node)),
  );

describe("b52: opened transcript", () => {
  it("is enough for the proof of a merge with the votes for its children, and for the root its own", () => {
    let count = 0;
    for (const { setting, task, result } of randomMerges("opened")) {
      const transcript = open(setting.transcript, needed(task));
      expect(mergeNodes({ ...setting, transcript }, task), `merge ${count}`).to.deep.equal(result);
      for (const missing of needed(task)) {
        const less = open(
          setting.transcript,
          needed(task).filter((node) => node !== missing),
        );
        expectError(() => mergeNodes({ ...setting, transcript: less }, task), "UNKNOWN_VOTE");
      }
      if (++count === MERGES) break;
    }
  });

  it("takes a transcript with numbers in places that no proof reads, and with hidden votes", () => {
    const vote = { nodes: 4n, h: 5n, s: 6n };
    const leaf = poseidon([poseidon([vote.nodes, vote.h]), vote.s]);
    const leaves = Array.from({ length: TREE_NODES }, (_, node) =>
      node === 2 ? leaf : toField(1_000n + BigInt(node)),
    );
    const tree = new BinaryTree(
      TREE_BITS,
      leaves.map((value, node) => [node, value] as const),
    );
    // Byte 0 is 9: for a node that there is not. Byte 2 is 7.
    const opened = new OpenedTranscript(0x070009n, tree.root, [{ node: 2, vote, path: tree.path(2) }]);
    expect(opened.vote(2)).to.deep.equal(vote);
    expect(opened.path(2)).to.deep.equal(tree.path(2));
    expect([1, 2, 3].map((node) => opened.ticket(node))).to.deep.equal([0, 7, 0]);
    expectError(() => opened.vote(3), "UNKNOWN_VOTE");
    expectError(() => opened.path(1), "UNKNOWN_VOTE");
  });

  it("takes no opening of another root, nor a vote that is none", () => {
    const vote = { nodes: 4n, h: 5n, s: 6n };
    const transcript = new Transcript([
      [2, { ticket: 1, vote }],
      [9, { ticket: 3, vote: { nodes: 0n, h: 0n, s: 0n } }],
    ]);
    const { promised, votesRoot } = transcript;
    const refuses = (code: ErrorCode, opening: Partial<VoteOpening>, root: bigint = votesRoot): void => {
      const changed = { ...openingOf(transcript, 2), ...opening };
      expectError(() => new OpenedTranscript(promised, root, [changed]), code);
    };
    open(transcript, [1, 2, 9, 15]);
    refuses("BAD_TRANSCRIPT", {}, (votesRoot + 1n) % P);
    refuses("BAD_TRANSCRIPT", { node: 3 });
    refuses("BAD_TRANSCRIPT", { vote: undefined });
    for (const name of ["nodes", "h", "s"] as const) {
      refuses("BAD_TRANSCRIPT", { vote: { ...vote, [name]: 7n } });
      refuses("NOT_A_FIELD_ELEMENT", { vote: { ...vote, [name]: P } });
    }
    const path = transcript.path(2);
    for (let level = 0; level < TREE_BITS; level++) {
      refuses("BAD_TRANSCRIPT", { path: path.map((sibling, i) => (i === level ? (sibling + 1n) % P : sibling)) });
    }
    refuses("NOT_A_FIELD_ELEMENT", { path: path.map((sibling) => sibling + P) });
    // A vote of zeros is a vote, and nothing is none.
    refuses("BAD_TRANSCRIPT", { ...openingOf(transcript, 9), vote: undefined });
    refuses("BAD_TRANSCRIPT", { ...openingOf(transcript, 1), vote: { nodes: 0n, h: 0n, s: 0n } });
    for (const node of [0, -1, 1.5, TREE_NODES, TREE_NODES + 2]) refuses("OUT_OF_RANGE", { node });
    refuses("OUT_OF_RANGE", { path: path.slice(1) });
    refuses("OUT_OF_RANGE", { path: [...path, 0n] });
    expectError(() => new OpenedTranscript(1n << 128n, votesRoot, []), "OUT_OF_RANGE");
    expectError(() => new OpenedTranscript(promised, P, []), "NOT_A_FIELD_ELEMENT");
  });
});
