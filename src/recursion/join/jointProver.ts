// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { type CircuitInput } from "../../prover/index.ts";
import { type ProfileName } from "../../setup/index.ts";
import type { Barretenberg, HonkKey } from "../barretenberg.ts";
import { requireKey } from "../child.ts";
import { convertedWitness } from "../convertedCircuit.ts";
import { prepareRootKey } from "../keptKey.ts";
import { KeptProofs } from "../keptProofs.ts";
import { encodeRoot, type JointListener, type NodeSetup, proveNode, timed } from "../proveNode.ts";
import type { TreeShape } from "../shape.ts";
import { type JointPlan, planJoint, type StatementSignals } from "./jointPlan.ts";
import { type JoinChild, joinInput } from "./node.ts";
import { type JoinableCircuit, prepareJoin, prepareStatement } from "./prepare.ts";
import { joinedStatement, type JoinKind, type StatementKind } from "./statements.ts";

/** A statement, and how its circuit computes it. */
export interface StatementInput extends StatementSignals {
  readonly input: CircuitInput;
}

/** Makes the proofs of a tree, one at a time. The steps may be made by different parties (docs/recursion.md). */
export class JointProver {
  /** Circuits of statements. */
  readonly statements: Readonly<Record<StatementKind, JoinableCircuit>>;
  readonly setup: NodeSetup<JoinChild>;
  /** The key by which L1 verifies the root. */
  readonly rootKey: HonkKey;
  readonly #bb: Barretenberg;
  readonly #onProof: JointListener;
  readonly #kept = new KeptProofs<JoinChild>();

  private constructor(
    bb: Barretenberg,
    statements: JointProver["statements"],
    setup: NodeSetup<JoinChild>,
    rootKey: HonkKey,
    onProof: JointListener,
  ) {
    this.#bb = bb;
    this.statements = statements;
    this.setup = setup;
    this.rootKey = rootKey;
    this.#onProof = onProof;
  }

  /**
   * Compiles circuits and makes keys, unless that was done before: two minutes the first time.
   *
   * @param bb with a string of 2^21 + 1 powers
   * @param build folder for what is made; default: `build` of the project
   * @throws {ProtocolError} as `prepareStatement` and `prepareJoin`
   */
  static async create(
    profile: ProfileName,
    bb: Barretenberg,
    onProof: JointListener = () => undefined,
    build?: string,
  ): Promise<JointProver> {
    const leaf = await prepareStatement("leaf", profile, bb, build);
    const merge = await prepareStatement("merge", profile, bb, build);
    const setup = await prepareJoin(profile, bb, { leaf: leaf.key.hash, merge: merge.key.hash }, build);
    return new JointProver(bb, { leaf, merge }, setup, await prepareRootKey(setup, bb), onProof);
  }

  /**
   * Proves statements, and joins the proofs.
   *
   * @returns the proof as `IStatementVerifier.verifyJointly` takes it
   * @throws {ProtocolError} `NOTHING_TO_PROVE` for no statement; as `proveStatement` and `joinAll`
   */
  async prove(statements: readonly StatementInput[]): Promise<Buffer> {
    const plan = planJoint(statements);
    const names = statements.map((_, i) => plan.joinedAt(i).root);
    const children = await this.#kept.take(names, (i) => {
      const { kind, input } = statements[i]!;
      return proveStatement(this.#bb, kind, this.statements[kind], input, this.#onProof);
    });
    return await this.joinAll(statements, children).catch((error: unknown) => {
      // A bad proof would end every attempt.
      this.forget();
      throw error;
    });
  }

  /** Forgets the proofs of statements that it keeps: L1 rejected the joint proof, and one of them may be bad. */
  forget(): void {
    this.#kept.forget();
  }

  /**
   * Joins proofs of statements, whoever made them, to one proof for L1.
   *
   * @param statements that L1 will derive, in its order
   * @param proofs one of each
   * @returns as `prove`
   * @throws {ProtocolError} `NOTHING_TO_PROVE` for no statement; `PROOF_MISSING`; `PROVER_FAILED` if a proof is of another
   *   statement or not valid
   */
  async joinAll(statements: readonly StatementSignals[], proofs: readonly JoinChild[]): Promise<Buffer> {
    const plan = planJoint(statements);
    const { shape, point } = plan;
    const { leaf, merge } = this.statements;
    const keys = { leaf: leaf.key, merge: merge.key, node: this.setup.nodeKey };
    const prove = async (at: TreeShape): Promise<JoinChild> =>
      typeof at === "number"
        ? requirePlanned(plan, at, proofs[at], keys)
        : joinPair(this.#bb, this.setup, point, await prove(at[0]), await prove(at[1]), this.#onProof);
    const [left, right] = typeof shape === "number" ? [shape] : shape;
    const children = [await prove(left), right === undefined ? undefined : await prove(right)] as const;
    return proveRoot(this.#bb, this.setup, this.rootKey, point, children, this.#onProof);
  }
}

/**
 * Proves one statement, for a tree that need not be known yet.
 *
 * @throws {ProtocolError} as `calculateWitness` and `Barretenberg.prove`
 */
export async function proveStatement(
  bb: Barretenberg,
  kind: StatementKind,
  { circuit, padded, key }: JoinableCircuit,
  input: CircuitInput,
  onProof?: JointListener,
): Promise<JoinChild> {
  const witness = padded.witness(await convertedWitness(circuit, input));
  return { kind, key, proof: await timed(kind, onProof, () => bb.prove(padded.program, key, witness)) };
}

/**
 * Joins two neighbours, whoever proved them.
 *
 * @param point of the tree (`planJoint`)
 * @throws {ProtocolError} as `proveNode`; `WITNESS_FAILED` for a node with another point
 */
export async function joinPair(
  bb: Barretenberg,
  setup: NodeSetup<JoinChild>,
  point: bigint,
  left: JoinChild,
  right: JoinChild,
  onProof?: JointListener,
): Promise<JoinChild> {
  const { nodeKey: key } = setup;
  const input = joinInput(point, key.hash, left, right);
  return { kind: "node", key, proof: await proveNode("node", bb, setup, key, input, [left, right], onProof) };
}

/**
 * Proves the root: as `joinPair`, in the form that L1 verifies, and also for one child alone.
 *
 * @returns the root, 32 bytes, and the proof: as `IStatementVerifier.verifyJointly` takes it
 * @throws {ProtocolError} as `joinPair`
 */
export async function proveRoot(
  bb: Barretenberg,
  setup: NodeSetup<JoinChild>,
  rootKey: HonkKey,
  point: bigint,
  children: readonly [left: JoinChild, right: JoinChild | undefined],
  onProof?: JointListener,
): Promise<Buffer> {
  const input = joinInput(point, setup.nodeKey.hash, ...children);
  return encodeRoot(await proveNode("root", bb, setup, rootKey, input, children, onProof));
}

/**
 * Takes a proof for a place of a tree: a valid proof of something else, or under another key, would make the whole tree
 * worthless.
 *
 * @param keys of the tree's statements and nodes
 * @throws {ProtocolError} `PROOF_MISSING`; `PROVER_FAILED` if it is of other statements or of another tree, or has another
 *   key
 */
export function requirePlanned(
  plan: JointPlan,
  place: TreeShape,
  child: JoinChild | undefined,
  keys: Readonly<Record<JoinKind, HonkKey>>,
): JoinChild {
  const what = typeof place === "number" ? `statement ${place}` : `statements ${String(place)}`;
  if (child === undefined) throw new ProtocolError("PROOF_MISSING", { node: Number(place) }, `no proof of ${what}`);
  requireKey(child, keys, what);
  const { publicInputs } = child.proof;
  const { root, sum, count } = plan.joinedAt(place);
  if (typeof place === "number" && child.kind !== "node") {
    const found = joinedStatement(child.kind, publicInputs.slice(0, SIGNALS), plan.point);
    if (found.root === root && publicInputs.slice(SIGNALS).every((input) => input === 0n)) return child;
  }
  if (typeof place !== "number" && child.kind === "node") {
    const expected = [root, sum, count, plan.point, keys.node.hash];
    if (expected.every((input, i) => input === publicInputs[i])) return child;
  }
  throw new ProtocolError(
    "PROVER_FAILED",
    { reason: `another statement than ${what}` },
    `a proof that is not of ${what}`,
  );
}

/** Public signals of a statement's proof: digest, evaluation, point. Zeros follow. */
const SIGNALS = 3;
