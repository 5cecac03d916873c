// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { network } from "hardhat";

import {
  childDigest,
  deliveredTickets,
  leafContext,
  mergeNodes,
  mergeProofSignals,
  nodesBitmap,
  nodesOf,
  padLeaves,
  treeSize,
  type ChildOpening,
} from "../../src/b52/index.ts";
import { ProofTree, type NodeProof, type ProofTreeBlock } from "../../src/agents/index.ts";
import { toProofWords } from "../../src/codec/index.ts";
import { P, toField, type Field } from "../../src/field.ts";
import { leafStatement, State, type LeafResult } from "../../src/ledger/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { createProver, type Prover } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import type { RollupVerifier } from "../../typechain-types/index.ts";
import { expectError } from "../helpers/expectError.ts";
import { expectRejection } from "../helpers/expectRejection.ts";
import { hasFixedSeed } from "../helpers/random.ts";
import { blockOf, HEADER, leavesWithData, REGISTRY, TICKETS } from "../helpers/treeBlock.ts";
import { encodeStatements, type Statement } from "../verification/testCircuits.ts";

const { ethers } = await network.create();

interface Tree {
  readonly name: string;
  readonly size: 4 | 8;
  readonly dataLeaves: number;
  readonly unpromised: readonly number[];
  readonly otherTicket: number;
  readonly noTicket: number;
}

/**
 * A tree that many provers prove. Each leaf with data, except the first, has an exit. Nobody was promised some nodes,
 * another ticket's prover fills one in, and a prover without a ticket another. `npm run test:deep` proves the largest
 * block.
 */
const TREE: Tree = hasFixedSeed
  ? { name: "four", size: 4, dataLeaves: 3, unpromised: [6], otherTicket: 5, noTicket: 7 }
  : { name: "eight", size: 8, dataLeaves: 5, unpromised: [6, 12], otherTicket: 9, noTicket: 15 };

/** Fifteen proofs take two minutes on two cores, if they have not been made before. */
const PROVING_TIMEOUT = 900_000;

const LEAF_CIRCUIT = 0n;
const MERGE_CIRCUIT = 1n;

describe("proof tree", () => {
  let provers: readonly Prover[];
  let verifier: RollupVerifier;

  before(async () => {
    const artifacts = await prepareAll("development");
    // A leaf and a merge are proven and verified by L1 in every run, without a cache: those of the first prover.
    provers = [createProver(artifacts, { cacheFolder: false }), createProver(artifacts), createProver(artifacts)];
    verifier = await ethers.deployContract("RollupVerifier");
  });

  after(async () => {
    await Promise.all(provers.map((prover) => prover.dispose()));
  });

  /**
   * The statements that L1 verifies. It knows the proposal's numbers and the workers, and takes digests, outputs and
   * proofs from the call. The digest of a child is among the child's own signals.
   */
  function statementsOf(block: ProofTreeBlock, proofs: readonly NodeProof[]): Statement[] {
    const digests = new Map(proofs.map(({ node, digest }) => [node, digest]));
    const size = block.leaves.length;
    return proofs.map(({ node, proof, digest, opening, exits }) => {
      if (opening.kind === "leaf") {
        expect(opening.leaf.context).to.equal(leafContext(block.context, node));
        const inputs = leafStatement({ exits }, { ...opening.leaf, digest: toField(digest) });
        const further = BigInt(2 * exits.length);
        return { circuit: LEAF_CIRCUIT + 256n * further, proof: toProofWords(proof), inputs };
      }
      const inputs = [
        digest,
        opening.merge.delivered,
        opening.merge.nodes,
        digests.get(2 * node)!,
        digests.get(2 * node + 1)!,
        block.context,
        REGISTRY.root,
        block.transcript.votesRoot,
        block.transcript.promised,
        BigInt(2 * node + (2 * node >= size ? 1 : 0)),
        opening.merge.worker,
      ];
      return { circuit: MERGE_CIRCUIT, proof: toProofWords(proof), inputs };
    });
  }

  /** Each node by its worker, who has nothing but the children's openings, and a prover that is not the children's. */
  async function proveByMany(block: ProofTreeBlock, workers: ReadonlyMap<number, number>): Promise<NodeProof[]> {
    const proofs: NodeProof[] = [];
    for (const node of nodesOf(treeSize(block.leaves.length))) {
      const tree = new ProofTree(block);
      const prover = provers[1 + (node % 2)]!;
      const worker = workers.get(node) ?? 0;
      const opening = (child: number) => structuredClone(proofs.find((proof) => proof.node === child)!.opening);
      proofs.push(
        tree.isLeaf(node)
          ? await tree.proveLeaf(prover, node, worker)
          : await tree.proveMerge(prover, node, worker, [opening(2 * node), opening(2 * node + 1)]),
      );
    }
    return proofs;
  }

  const accepts = async (statements: readonly Statement[]): Promise<void> => {
    await verifier.verify(encodeStatements(statements));
  };
  const rejects = async (statements: readonly Statement[]): Promise<void> => {
    await expect(verifier.verify(encodeStatements(statements))).to.be.revertedWithCustomError(
      verifier,
      "ProofsRejected",
    );
  };
  const altered = (statements: readonly Statement[], index: number, input: number): Statement[] =>
    statements.map((statement, i) =>
      i !== index
        ? statement
        : { ...statement, inputs: statement.inputs.map((value, j) => (j === input ? (value + 1n) % P : value)) },
    );

  const rootOf = (proofs: readonly NodeProof[]) => {
    const { opening } = proofs.find(({ node }) => node === 1)!;
    if (opening.kind !== "merge") throw new Error("the root is a merge");
    return opening.merge;
  };

  it("knows the statement of somebody else's proof from what the proof says besides the block", () => {
    const promised = new Map([1, 2, 3, 4, 5, 6, 7].map((node) => [node, 7] as const));
    const block = blockOf(0x1111n << 200n, 3, promised);
    const tree = new ProofTree(block);
    const openings = new Map<number, ChildOpening>();
    const digests = new Map<number, Field>();
    for (const node of tree.nodes) {
      const worker = node % 3 === 0 ? 100 : 7;
      const [left, right] = [openings.get(2 * node), openings.get(2 * node + 1)];
      const model =
        left === undefined || right === undefined
          ? undefined
          : mergeNodes(block, { node, left, right, worker: BigInt(worker) });
      const facts = model && {
        ...{ leftDigest: digests.get(2 * node)!, rightDigest: digests.get(2 * node + 1)! },
        ...{ delivered: model.signals.delivered, nodes: model.signals.nodes },
      };
      const statement = tree.statementOf(node, worker, facts);
      if (model !== undefined) {
        expect(statement.opening).to.deep.equal({ kind: "merge", merge: model.opening });
        expect(statement.publicSignals).to.deep.equal(mergeProofSignals(model.signals));
      }
      expect(childDigest(statement.opening)).to.equal(statement.digest);
      openings.set(node, statement.opening);
      digests.set(node, toField(statement.digest));
    }
    expect(openings.size).to.equal(7);
    // Of no node, of a leaf that says it is a merge, and the reverse.
    const facts = { leftDigest: toField(1n), rightDigest: toField(2n), delivered: 0n, nodes: 0n };
    for (const [node, given] of [
      [0, facts],
      [8, undefined],
      [1.5, facts],
      [4, facts],
      [3, undefined],
    ] as const) {
      expectError(() => tree.statementOf(node, 7, given), "OUT_OF_RANGE");
    }
    expectError(() => tree.statementOf(1, 7, { ...facts, delivered: P }), "NOT_A_FIELD_ELEMENT");
    expectError(() => tree.statementOf(1, 7, { ...facts, leftDigest: P as Field }), "NOT_A_FIELD_ELEMENT");
  });

  it("has a verifier that says what it verifies", async () => {
    expect(await verifier.IS_DEVELOPMENT()).to.equal(true);
    expect(await verifier.DEPTH()).to.equal(DEVELOPMENT.depth);
    expect(await verifier.SLOTS()).to.equal(DEVELOPMENT.slots);
    expect(await verifier.LEVELS()).to.equal(DEVELOPMENT.levels);
  });

  it("of two leaves is verified in one call, and no input of it can be another", async () => {
    // Ticket 7 promised all nodes and proved all but one.
    const promised = new Map([1, 2, 3].map((node) => [node, 7] as const));
    const block = blockOf(0x1111n << 200n, 1, promised);
    const proofs = await new ProofTree(block).proveAll(provers[0]!, new Map([...promised, [3, 100]]));
    const root = rootOf(proofs);
    expect(root.oldStateRoot).to.equal(State.genesis(DEVELOPMENT).root);
    expect(root.newStateRoot).to.equal(block.leaves.at(-1)!.state.root);
    expect(deliveredTickets(root.delivered)).to.deep.equal([7]);
    expect(root.nodes).to.equal(nodesBitmap([1, 2]) | (nodesBitmap([3]) << 16n));

    const statements = statementsOf(block, proofs);
    await accepts(statements);
    for (let statement = 0; statement < statements.length; statement++) {
      for (let input = 0; input < statements[statement]!.inputs.length; input++) {
        await rejects(altered(statements, statement, input));
      }
    }
    // For empty leaves the statements of the two nodes differ in nothing but the node. Still the proof of one is
    // refused for the other.
    const [right, left, top] = statements;
    await rejects([{ ...right!, proof: left!.proof }, left!, top!]);
  }).timeout(PROVING_TIMEOUT);

  it(`of ${TREE.name} leaves, by provers that do not know each other, put together by a third party`, async () => {
    const { size, dataLeaves, unpromised, otherTicket, noTicket } = TREE;
    const all = nodesOf(size).filter((node) => !unpromised.includes(node));
    const promised = new Map(all.map((node, i) => [node, TICKETS[i % TICKETS.length]!] as const));
    const block = blockOf(0x3333n << 200n, dataLeaves, promised);
    // Nobody was promised these nodes, and a ticket's prover makes one of them all the same.
    const workers = new Map([...promised, [unpromised[0]!, 100], [otherTicket, 100], [noTicket, 0]]);
    expect(promised.get(otherTicket)).not.to.equal(100);
    const proofs = await proveByMany(block, workers);
    const root = rootOf(proofs);
    expect(root.newStateRoot).to.equal(block.leaves.at(-1)!.state.root);
    expect(deliveredTickets(root.delivered)).to.deep.equal(TICKETS);
    const defaulted = [otherTicket, noTicket];
    expect(root.nodes).to.equal(
      nodesBitmap(all.filter((node) => !defaulted.includes(node))) | (nodesBitmap(defaulted) << 16n),
    );

    const statements = statementsOf(block, [...proofs].reverse());
    expect(statements).to.have.lengthOf(2 * size - 1);
    await accepts(statements);
    // A merge's worker.
    await rejects(altered(statements, 1, 10));

    // Exits stand in the clear after a leaf's signals: each word of them counts, and so does the number of them.
    const withExit = statements.findIndex(({ circuit }) => circuit === LEAF_CIRCUIT + 512n);
    expect(statements.filter(({ circuit }) => circuit === LEAF_CIRCUIT + 512n)).to.have.lengthOf(dataLeaves - 1);
    await rejects(altered(statements, withExit, 13));
    await rejects(altered(statements, withExit, 14));
    const { proof, inputs } = statements[withExit]!;
    const hidden = { circuit: LEAF_CIRCUIT, proof, inputs: inputs.slice(0, 13) };
    await rejects(statements.with(withExit, hidden));
    const later = { circuit: LEAF_CIRCUIT + 512n, proof, inputs: inputs.with(13, inputs[13]! + (1n << 176n)) };
    await rejects(statements.with(withExit, later));
    const another = { circuit: LEAF_CIRCUIT + 1024n, proof, inputs: [...inputs, (3n << 176n) + 1n, 1n] };
    await rejects(statements.with(withExit, another));
    const twice = { circuit: LEAF_CIRCUIT + 1024n, proof, inputs: [...inputs, ...inputs.slice(13)] };
    await expect(verifier.verify(encodeStatements(statements.with(withExit, twice))))
      .to.be.revertedWithCustomError(verifier, "InvalidExit")
      .withArgs(withExit, 0);
  }).timeout(PROVING_TIMEOUT);

  describe("without proofs:", () => {
    const block = blockOf(0x4444n << 200n, 3, new Map());

    it("pads the leaves with empty ones, which change nothing but their place", () => {
      const [first] = leavesWithData(1);
      expect(padLeaves(DEVELOPMENT, [first!], HEADER)).to.have.lengthOf(2);
      expect(block.leaves).to.have.lengthOf(4);
      const [, , third, fourth] = block.leaves;
      expect(fourth!.oldStateRoot).to.equal(third!.state.root);
      expect(fourth!.state.root).to.equal(third!.state.root);
      expect(fourth!.exits).to.deep.equal([]);
      expectError(() => padLeaves(DEVELOPMENT, [], HEADER), "OUT_OF_RANGE");
      expectError(() => padLeaves(DEVELOPMENT, new Array<LeafResult>(9).fill(first!), HEADER), "OUT_OF_RANGE");
    });

    it("takes 2, 4 or 8 leaves in a chain", () => {
      expectError(() => new ProofTree({ ...block, leaves: block.leaves.slice(0, 3) }), "OUT_OF_RANGE");
      expectError(() => new ProofTree({ ...block, leaves: block.leaves.slice(0, 1) }), "OUT_OF_RANGE");
      expectError(() => new ProofTree({ ...block, leaves: [...block.leaves].reverse() }), "STATE_MISMATCH");
    });

    it("names what is missing", async () => {
      const tree = new ProofTree(block);
      expect(tree.nodes).to.deep.equal([7, 6, 5, 4, 3, 2, 1]);
      await expectRejection(tree.prove(provers[0]!, 1, 0, []), "PROOF_MISSING");
      await expectRejection(tree.proveLeaf(provers[0]!, 3, 0), "OUT_OF_RANGE");
      await expectRejection(tree.proveLeaf(provers[0]!, 8, 0), "OUT_OF_RANGE");
    });

    it("does not let a leaf or a stranger's node be merged", async () => {
      const tree = new ProofTree(block);
      const merge = {
        oldStateRoot: 1n,
        newStateRoot: 1n,
        context: block.context,
        worker: 0n,
        place: 4n,
        delivered: 0n,
        nodes: 0n,
        given: 0n,
      };
      const child = { kind: "merge", merge } as const;
      expect(childDigest(child)).to.be.a("bigint");
      await expectRejection(tree.proveMerge(provers[0]!, 4, 0, [child, child]), "OUT_OF_RANGE");
      await expectRejection(tree.proveMerge(provers[0]!, 1, 0, [child, child]), "PLACE_MISMATCH");
    });
  });
});
