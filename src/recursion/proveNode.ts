// SPDX-License-Identifier: GPL-3.0-or-later
import { ProtocolError } from "../errors.ts";
import type { CircuitInput } from "../prover/index.ts";
import type { Barretenberg, HonkKey, HonkProof } from "./barretenberg.ts";
import type { ProofWithKey } from "./child.ts";
import { type ConvertedCircuit, convertedWitness } from "./convertedCircuit.ts";
import type { NodeProgram } from "./nodeProgram.ts";

/** Kind of a proof in a tree. */
export type ProofKind = "leaf" | "merge" | "node" | "root";

/** Told of each proof of a tree: what it is of, and how long it took. */
export type JointListener = (proof: { readonly kind: ProofKind; readonly seconds: number }) => void;

/** Means to join proofs: the circuit, the program around it, and its key as a child. */
export interface NodeSetup<Child extends ProofWithKey> {
  readonly circuit: ConvertedCircuit;
  readonly node: NodeProgram<Child>;
  readonly nodeKey: HonkKey;
}

/**
 * Proves a node over one or two children, whoever proved them. Asks bb about both first: the recursion itself leaves the
 * pairing to L1. With a development string nobody but L1 can judge it (`Verdict`).
 *
 * @param key that of nodes, or that of the root
 * @param input of the circuit, for these children
 * @throws {ProtocolError} `WITNESS_FAILED` if the circuit refuses the input; `WITNESS_VIOLATES` for a key that is not one of
 *   the allowed ones; `PROVER_FAILED` if a child's proof is not valid
 */
export async function proveNode<Child extends ProofWithKey & { readonly kind: string }>(
  kind: "node" | "root",
  bb: Barretenberg,
  { circuit, node }: NodeSetup<Child>,
  key: HonkKey,
  input: CircuitInput,
  [left, right]: readonly [left: Child, right: Child | undefined],
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
  const witness = node.witness(await convertedWitness(circuit, input), left, right);
  return timed(kind, onProof, () => bb.prove(node.program, key, witness));
}

/** A root's proof as L1 takes it: the hash under which all leaves are, 32 bytes, and the proof. */
export const encodeRoot = ({ bytes, publicInputs }: HonkProof): Buffer =>
  Buffer.concat([Buffer.from(publicInputs[0]!.toString(16).padStart(64, "0"), "hex"), bytes]);

/** Tells the listener how long a proof took. */
export async function timed<T>(
  kind: ProofKind,
  onProof: JointListener | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const result = await work();
  onProof?.({ kind, seconds: (performance.now() - start) / 1000 });
  return result;
}
