// SPDX-License-Identifier: MIT
import {
  givenHash,
  leafContext,
  mergeCircuitOf,
  mergeDigest,
  mergeNodes,
  mergeProofSignals,
  NOBODY,
  nodesOf,
  treeSize,
  votersRoot,
  type ChildOpening,
  type MergeCircuit,
  type MergeSetting,
  type TreeSize,
} from "../../b52/index.ts";
import { ProtocolError } from "../../errors.ts";
import { toField, type Field } from "../../field.ts";
import {
  leafCircuitInput,
  leafProofSignals,
  leafPublicSignals,
  type Exit,
  type LeafResult,
  type State,
} from "../../ledger/index.ts";
import type { CircuitInput, ProofResult, Prover } from "../../prover/index.ts";

/** A block of a proposal, whose proofs form a tree. */
export interface ProofTreeBlock extends MergeSetting {
  /** 2, 4 or 8 leaves, each beginning where the one before it ends; see `padLeaves`. */
  readonly leaves: readonly LeafResult[];
  /** Point at which the data are evaluated. */
  readonly z: bigint;
}

/** The parts of an inner node's statement that do not follow from its block. */
export interface MergeFacts {
  /** Digest of the proof of node 2i. */
  readonly leftDigest: Field;
  /** Digest of the proof of node 2i + 1. */
  readonly rightDigest: Field;
  /** Bit t: ticket t delivered a credited node below. */
  readonly delivered: bigint;
  /** Bit i: node i is credited; bit 16 + i: it is defaulted. */
  readonly nodes: bigint;
}

/** The statement of a node, without its proof. */
export interface NodeStatement extends Omit<NodeProof, keyof ProofResult> {
  /** In the order of the circuit. */
  readonly publicSignals: readonly bigint[];
}

/** Work for the prover of one node. */
export interface NodeTask {
  readonly circuit: "leaf" | MergeCircuit;
  readonly input: CircuitInput;
  readonly statement: NodeStatement;
}

/** The proof of one node, with what the prover of its parent needs. */
export interface NodeProof extends ProofResult {
  /** Number of the node: 1 is the root, 2·i and 2·i + 1 are the children of i. */
  readonly node: number;
  /** Circuit that the proof is of. */
  readonly circuit: "leaf" | MergeCircuit;
  /** Hash of what the proof opens to. */
  readonly digest: bigint;
  /** Preimage of `digest`, which the proof of the parent needs. */
  readonly opening: ChildOpening;
  /** Of a leaf; L1 is shown them with the proof. */
  readonly exits: readonly Exit[];
}

/**
 * Makes the proofs of a block's tree. Provers need not know each other: the prover of an inner node needs only the
 * openings of its children, and they are not secret.
 */
export class ProofTree {
  /** Number of leaves: 2, 4 or 8. */
  readonly size: TreeSize;
  readonly #block: ProofTreeBlock;

  /** @throws {ProtocolError} `OUT_OF_RANGE` unless there are 2, 4 or 8 leaves; `STATE_MISMATCH` if they are no chain */
  constructor(block: ProofTreeBlock) {
    this.size = treeSize(block.leaves.length);
    if (this.size !== block.leaves.length) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "leaves", value: block.leaves.length, minimum: this.size, maximum: this.size },
        `${block.leaves.length} leaves instead of ${this.size}`,
      );
    }
    block.leaves.forEach((leaf, i) => {
      const before = block.leaves[i - 1];
      if (before !== undefined && before.state.root !== leaf.oldStateRoot) {
        throw new ProtocolError(
          "STATE_MISMATCH",
          {
            differences: [
              { what: `state root before leaf ${i}`, expected: before.state.root, found: leaf.oldStateRoot },
            ],
          },
          `leaf ${i} does not begin where leaf ${i - 1} ends`,
        );
      }
    });
    this.#block = block;
  }

  /** State after the block. */
  get result(): State {
    return this.#block.leaves.at(-1)!.state;
  }

  /** All nodes, children before parents. */
  get nodes(): number[] {
    return nodesOf(this.size);
  }

  /** Whether a node is proven by the leaf circuit; else by the merge. */
  isLeaf(node: number): boolean {
    return node >= this.size;
  }

  /**
   * Proves a leaf.
   *
   * @param worker ticket of whoever proves, or 0
   * @throws {ProtocolError} `OUT_OF_RANGE` if the node is no leaf of this tree; and as the prover does
   */
  async proveLeaf(prover: Prover, node: number, worker: number): Promise<NodeProof> {
    return perform(prover, this.#leafTask(node, worker));
  }

  #leafTask(node: number, worker: number): NodeTask {
    const leaf = this.#block.leaves[node - this.size];
    if (leaf === undefined) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "node", value: node, minimum: this.size, maximum: 2 * this.size - 1 },
        `node ${node} is no leaf of a tree of ${this.size}`,
      );
    }
    const { z, context } = this.#block;
    const binding = { z, context: leafContext(context, node), worker: BigInt(worker) };
    const { digest, ...signals } = leafPublicSignals(leaf, binding);
    const opening = { kind: "leaf", leaf: signals } as const;
    const publicSignals = leafProofSignals(leaf, binding);
    const statement = { node, circuit: "leaf", digest, opening, exits: leaf.exits, publicSignals } as const;
    return { circuit: "leaf", input: { ...leafCircuitInput(leaf, binding) }, statement };
  }

  /**
   * Proves an inner node, from what its children's proofs open to.
   *
   * @param worker ticket of whoever proves, or 0
   * @throws {ProtocolError} as `mergeNodes`; `OUT_OF_RANGE` if the node is no inner one of this tree; and as the prover
   *   does
   */
  async proveMerge(
    prover: Prover,
    node: number,
    worker: number,
    openings: readonly [ChildOpening, ChildOpening],
  ): Promise<NodeProof> {
    return perform(prover, this.#mergeTask(node, worker, openings));
  }

  #mergeTask(node: number, worker: number, [left, right]: readonly [ChildOpening, ChildOpening]): NodeTask {
    if (this.isLeaf(node)) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "node", value: node, minimum: 1, maximum: this.size - 1 },
        `node ${node} of a tree of ${this.size} is a leaf`,
      );
    }
    const circuit = mergeCircuitOf(this.#block.draw);
    const { signals, input, opening } = mergeNodes(this.#block, { node, left, right, worker: BigInt(worker) });
    const { digest } = signals;
    const publicSignals = mergeProofSignals(signals);
    const merge = { kind: "merge", merge: opening } as const;
    const statement = { node, circuit, digest, opening: merge, exits: [], publicSignals } as const;
    return { circuit, input: { ...input }, statement };
  }

  /**
   * The statement of a node's proof by somebody else, from what the proof says besides the block.
   *
   * @param worker ticket of whoever proved, or 0
   * @param facts of an inner node; undefined for a leaf
   * @throws {ProtocolError} `OUT_OF_RANGE` if the tree has no such node, or only a leaf has no facts; `NOT_A_FIELD_ELEMENT`
   */
  statementOf(node: number, worker: number, facts: MergeFacts | undefined): NodeStatement {
    const { z, context, registry, draw, transcript, leaves } = this.#block;
    const isLeaf = this.isLeaf(node);
    if (!Number.isInteger(node) || node < 1 || node >= 2 * this.size || isLeaf !== (facts === undefined)) {
      throw new ProtocolError(
        "OUT_OF_RANGE",
        { name: "node", value: node, minimum: 1, maximum: 2 * this.size - 1 },
        `no proof of node ${node} of a tree of ${this.size} says that`,
      );
    }
    if (facts === undefined) {
      const leaf = leaves[node - this.size]!;
      const binding = { z, context: leafContext(context, node), worker: BigInt(worker) };
      const { digest, ...signals } = leafPublicSignals(leaf, binding);
      const opening = { kind: "leaf", leaf: signals } as const;
      const publicSignals = leafProofSignals(leaf, binding);
      return { node, circuit: "leaf", digest, opening, exits: leaf.exits, publicSignals };
    }
    // The first and the last leaf below the node.
    let [first, last] = [node, node];
    while (!this.isLeaf(first)) [first, last] = [2 * first, 2 * last + 1];
    const { delivered, nodes } = facts;
    const given = {
      leftDigest: toField(facts.leftDigest),
      rightDigest: toField(facts.rightDigest),
      registryRoot: votersRoot({ registry, draw }),
      votesRoot: transcript.votesRoot,
      promised: toField(transcript.promised),
    };
    const merge = {
      oldStateRoot: leaves[first - this.size]!.oldStateRoot,
      newStateRoot: leaves[last - this.size]!.state.root,
      ...{ context, delivered, nodes, worker: BigInt(worker), given: givenHash(given) },
      place: BigInt(2 * node + (this.isLeaf(2 * node) ? 1 : 0)),
    };
    const digest = mergeDigest(merge);
    const signals = {
      ...{ ...given, digest, delivered: toField(delivered), nodes: toField(nodes), context: toField(context) },
      ...{ place: toField(merge.place), worker: toField(merge.worker) },
    };
    const publicSignals = mergeProofSignals(signals);
    return { node, circuit: mergeCircuitOf(draw), digest, opening: { kind: "merge", merge }, exits: [], publicSignals };
  }

  /**
   * Proves a node, given the proofs of its children if it has any.
   * @throws {ProtocolError} `PROOF_MISSING`, and as above
   */
  async prove(prover: Prover, node: number, worker: number, proofs: readonly NodeProof[]): Promise<NodeProof> {
    if (this.isLeaf(node)) return this.proveLeaf(prover, node, worker);
    const openingOf = (child: number): ChildOpening => {
      const proof = proofs.find((candidate) => candidate.node === child);
      if (proof === undefined) {
        throw new ProtocolError("PROOF_MISSING", { node: child }, `node ${node} needs the proof of node ${child}`);
      }
      return proof.opening;
    };
    return this.proveMerge(prover, node, worker, [openingOf(2 * node), openingOf(2 * node + 1)]);
  }

  /**
   * The statements of all nodes with the inputs of their circuits, in the order in which L1 derives them: leaves first,
   * then the inner nodes from the root on. For a joint proof (docs/recursion.md).
   *
   * @param workers tickets by node; nodes without one have the worker 0
   */
  tasks(workers: ReadonlyMap<number, number>): NodeTask[] {
    const tasks = new Map<number, NodeTask>();
    for (const node of this.nodes) {
      const worker = workers.get(node) ?? NOBODY;
      const openingOf = (child: number): ChildOpening => tasks.get(child)!.statement.opening;
      const task = this.isLeaf(node)
        ? this.#leafTask(node, worker)
        : this.#mergeTask(node, worker, [openingOf(2 * node), openingOf(2 * node + 1)]);
      tasks.set(node, task);
    }
    const inOrder = Array.from({ length: 2 * this.size - 1 }, (_, i) => i + 1);
    return [...inOrder.slice(this.size - 1), ...inOrder.slice(0, this.size - 1)].map((node) => tasks.get(node)!);
  }

  /**
   * Proves all nodes, one after the other, children before parents.
   *
   * @param workers tickets by node; nodes without one have the worker 0
   */
  async proveAll(prover: Prover, workers: ReadonlyMap<number, number>): Promise<NodeProof[]> {
    const proofs: NodeProof[] = [];
    for (const node of this.nodes) {
      proofs.push(await this.prove(prover, node, workers.get(node) ?? NOBODY, proofs));
    }
    return proofs;
  }
}

async function perform(prover: Prover, { circuit, input, statement }: NodeTask): Promise<NodeProof> {
  const result = await prover.prove(circuit, input);
  assertSignals(statement.node, result, statement.publicSignals);
  return { ...statement, ...result };
}

/** Model and circuit must agree: a proof of something else is worth nothing on L1. */
function assertSignals(node: number, { publicSignals }: ProofResult, expected: readonly bigint[]): void {
  if (publicSignals.join() !== expected.join()) {
    throw new ProtocolError(
      "PROVER_FAILED",
      { reason: `the signals of node ${node}` },
      `node ${node}: ${publicSignals.join()} instead of ${expected.join()}`,
    );
  }
}
