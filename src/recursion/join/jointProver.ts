// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../../errors.ts";
import { type CircuitInput } from "../../prover/index.ts";
import { type ProfileName } from "../../setup/index.ts";
import type { Barretenberg, HonkKey, HonkProof } from "../barretenberg.ts";
import { convertedWitness } from "../convertedCircuit.ts";
import { type JointPlan, type JointShape, planJoint, type StatementSignals } from "./jointPlan.ts";
import { type JoinChild, joinInput } from "./node.ts";
import { type JoinableCircuit, type JoinSetup, prepareJoin, prepareRootKey, prepareStatement } from "./prepare.ts";
import { joinedStatement, type StatementKind } from "./statements.ts";

/** A statement, and how its circuit computes it. */
export interface StatementInput extends StatementSignals {
  readonly input: CircuitInput;
}

/** Told of each proof of a tree: what it is of, and how long it took. */
export type JointListener = (proof: {
  readonly kind: "leaf" | "merge" | "node" | "root";
  readonly seconds: number;
}) => void;

/** Makes the proofs of a tree, one at a time. The steps may be made by different parties (docs/recursion.md). */
export class JointProver {
  /** Circuits of statements. */
  readonly statements: Readonly<Record<StatementKind, JoinableCircuit>>;
  readonly setup: JoinSetup;
  /** The key by which L1 verifies the root. */
  readonly rootKey: HonkKey;
  readonly #bb: Barretenberg;
  readonly #onProof: JointListener;

  private constructor(
    bb: Barretenberg,
    statements: JointProver["statements"],
    setup: JoinSetup,
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
    const children: JoinChild[] = [];
    for (const { kind, input } of statements) {
      children.push(await proveStatement(this.#bb, kind, this.statements[kind], input, this.#onProof));
    }
    return this.joinAll(statements, children);
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
    const prove = async (at: JointShape): Promise<JoinChild> =>
      typeof at === "number"
        ? requirePlanned(plan, at, proofs[at])
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
 * Joins two neighbours, whoever proved them. Asks bb about both first: the recursion itself leaves the pairing to L1. With
 * a development string nobody but L1 can judge it (`Verdict`).
 *
 * @param point of the tree (`planJoint`)
 * @throws {ProtocolError} `WITNESS_FAILED` for a node with another point; `WITNESS_VIOLATES` for a key that is not one of the
 *   allowed ones; `PROVER_FAILED` if a proof is not valid
 */
export async function joinPair(
  bb: Barretenberg,
  setup: JoinSetup,
  point: bigint,
  left: JoinChild,
  right: JoinChild,
  onProof?: JointListener,
): Promise<JoinChild> {
  const proof = await joined("node", bb, setup, setup.nodeKey, point, [left, right], onProof);
  return { kind: "node", key: setup.nodeKey, proof };
}

/**
 * Proves the root: as `joinPair`, in the form that L1 verifies, and also for one child alone.
 *
 * @returns the root, 32 bytes, and the proof: as `IStatementVerifier.verifyJointly` takes it
 * @throws {ProtocolError} as `joinPair`
 */
export async function proveRoot(
  bb: Barretenberg,
  setup: JoinSetup,
  rootKey: HonkKey,
  point: bigint,
  children: readonly [left: JoinChild, right: JoinChild | undefined],
  onProof?: JointListener,
): Promise<Buffer> {
  const { bytes, publicInputs } = await joined("root", bb, setup, rootKey, point, children, onProof);
  return Buffer.concat([Buffer.from(publicInputs[0]!.toString(16).padStart(64, "0"), "hex"), bytes]);
}

async function joined(
  kind: "node" | "root",
  bb: Barretenberg,
  { join, node, nodeKey }: JoinSetup,
  key: HonkKey,
  point: bigint,
  [left, right]: readonly [left: JoinChild, right: JoinChild | undefined],
  onProof?: JointListener,
): Promise<HonkProof> {
  for (const child of right === undefined ? [left] : [left, right]) {
    if ((await bb.verify(child.key, child.proof)) === "invalid") {
      throw new ProtocolError(
        "PROVER_FAILED",
        { reason: `the proof of a ${child.kind}` },
        "a child's proof is not valid",
      );
    }
  }
  const input = joinInput(point, nodeKey.hash, left, right);
  const witness = node.witness(await convertedWitness(join, input), left, right);
  return timed(kind, onProof, () => bb.prove(node.program, key, witness));
}

async function timed<T>(
  kind: Parameters<JointListener>[0]["kind"],
  onProof: JointListener | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  onProof?.({ kind, seconds: (performance.now() - start) / 1000 });
  return result;
}

/**
 * Takes a proof for a place of a tree: a valid proof of something else would make the whole tree worthless.
 *
 * @throws {ProtocolError} `PROOF_MISSING`; `PROVER_FAILED` if it is of other statements, or of another tree
 */
export function requirePlanned(plan: JointPlan, place: JointShape, child: JoinChild | undefined): JoinChild {
  const what = typeof place === "number" ? `statement ${place}` : `statements ${String(place)}`;
  if (child === undefined) throw new ProtocolError("PROOF_MISSING", { node: Number(place) }, `no proof of ${what}`);
  const { publicInputs } = child.proof;
  const [root, sum, count] = publicInputs;
  const found =
    child.kind === "node" ? { root, sum, count } : joinedStatement(child.kind, publicInputs.slice(0, 3), plan.point);
  const expected = plan.joinedAt(place);
  const isSame = found.root === expected.root && found.sum === expected.sum && found.count === expected.count;
  if (isSame && (child.kind === "node") === (typeof place !== "number")) return child;
  throw new ProtocolError(
    "PROVER_FAILED",
    { reason: `another statement than ${what}` },
    `a proof that is not of ${what}`,
  );
}
