// SPDX-License-Identifier: GPL-3.0-or-later
import type { OpenedLeaf } from "../../ledger/index.ts";
import type { CircuitInput } from "../../prover/index.ts";
import { findCircuit, type ProfileName, readSymbols } from "../../setup/index.ts";
import { BUILD } from "../../setup/paths.ts";
import type { Barretenberg, HonkKey } from "../barretenberg.ts";
import { convertedWitness, type ConvertedCircuit, prepareConverted } from "../convertedCircuit.ts";
import { keptKey, prepareRootKey } from "../keptKey.ts";
import { KeptProofs } from "../keptProofs.ts";
import { padInputs, type PaddedProgram } from "../padded.ts";
import { encodeRoot, type JointListener, type NodeSetup, proveNode, timed } from "../proveNode.ts";
import type { TreeShape } from "../shape.ts";
import { CHAIN_INPUTS, chainCircuit } from "./inputs.ts";
import { type ChainChild, chainInput, chainNode } from "./node.ts";
import { type ChainPlan, planChain, requireChained } from "./plan.ts";

/** A leaf, and how its circuit computes it. */
export interface ChainLeaf extends OpenedLeaf {
  readonly input: CircuitInput;
}

/** Leaves for one joint proof. */
export interface ChainWork {
  /** In order: each begins in the state in which the one before ends. */
  readonly leaves: readonly ChainLeaf[];
  /** The words that L1 will derive of them (`encodeLeafChain`). */
  readonly chain: string;
}

/** Means to prove a chain of leaves. */
export interface ChainSetup extends NodeSetup<ChainChild> {
  readonly leaf: { readonly circuit: ConvertedCircuit; readonly padded: PaddedProgram; readonly key: HonkKey };
  /** Slots of a leaf. */
  readonly slots: number;
}

/**
 * Compiles and converts the circuits of leaves and of nodes, and makes their keys, unless that was done before.
 *
 * @param build folder for what is made; default: `build` of the project
 * @throws {ProtocolError} as `prepareConverted`, `chainNode` and `Barretenberg.makeKey`
 */
export async function prepareChain(profile: ProfileName, bb: Barretenberg, build = BUILD): Promise<ChainSetup> {
  const definition = findCircuit("leaf", profile);
  const leaf = await prepareConverted(definition, profile, build);
  const padded = padInputs(leaf, CHAIN_INPUTS);
  const key = await keptKey(bb, padded.program, "node");
  const circuit = await prepareConverted(chainCircuit(profile), profile, build);
  const node = chainNode(circuit, readSymbols(circuit.circuit.sym), key.hash);
  const nodeKey = await keptKey(bb, node.program, "node");
  return { circuit, node, nodeKey, leaf: { circuit: leaf, padded, key }, slots: definition.params[1]! };
}

/** Makes one proof of a chain of leaves. The steps may be made by different parties (docs/recursion.md). */
export class ChainProver {
  readonly setup: ChainSetup;
  /** The key by which L1 verifies the root. */
  readonly rootKey: HonkKey;
  readonly #bb: Barretenberg;
  readonly #onProof: JointListener;
  readonly #kept = new KeptProofs<ChainChild>();

  private constructor(bb: Barretenberg, setup: ChainSetup, rootKey: HonkKey, onProof: JointListener) {
    this.#bb = bb;
    this.setup = setup;
    this.rootKey = rootKey;
    this.#onProof = onProof;
  }

  /**
   * Compiles circuits and makes keys, unless that was done before: two minutes the first time.
   *
   * @param bb with a string of 2^21 + 1 powers
   * @param build folder for what is made; default: `build` of the project
   * @throws {ProtocolError} as `prepareChain`
   */
  static async create(
    profile: ProfileName,
    bb: Barretenberg,
    onProof: JointListener = () => undefined,
    build?: string,
  ): Promise<ChainProver> {
    const setup = await prepareChain(profile, bb, build);
    return new ChainProver(bb, setup, await prepareRootKey(setup, bb), onProof);
  }

  /**
   * Proves leaves, and joins the proofs.
   *
   * @returns the proof as `IChainVerifier.verifyChain` takes it
   * @throws {ProtocolError} as `planChain`, `proveLeaf` and `joinLeaves`
   */
  async prove({ leaves, chain }: ChainWork): Promise<Buffer> {
    const plan = planChain(leaves, chain, this.setup.slots);
    const digests = leaves.map((_, i) => plan.chainedAt(i).root);
    const proofs = await this.#kept.take(digests, (i) => proveLeaf(this.#bb, this.setup, leaves[i]!, this.#onProof));
    return await this.#join(plan, proofs).catch((error: unknown) => {
      // A bad proof would end every attempt.
      this.forget();
      throw error;
    });
  }

  /** Forgets the proofs of leaves that it keeps: L1 rejected the joint proof, and one of them may be bad. */
  forget(): void {
    this.#kept.forget();
  }

  async #join(plan: ChainPlan, proofs: readonly ChainChild[]): Promise<Buffer> {
    const keys = { leaf: this.setup.leaf.key, node: this.setup.nodeKey };
    const at = async (place: TreeShape): Promise<ChainChild> =>
      typeof place === "number"
        ? requireChained(plan, place, proofs[place], keys)
        : joinLeaves(this.#bb, this.setup, plan.point, await at(place[0]), await at(place[1]), this.#onProof);
    const [left, right] = typeof plan.shape === "number" ? [plan.shape] : plan.shape;
    const children = [await at(left), right === undefined ? undefined : await at(right)] as const;
    return proveChain(this.#bb, this.setup, this.rootKey, plan.point, children, this.#onProof);
  }
}

/**
 * Proves one leaf, for a tree that need not be known yet.
 *
 * @throws {ProtocolError} as `calculateWitness` and `Barretenberg.prove`
 */
export async function proveLeaf(
  bb: Barretenberg,
  { leaf: { circuit, padded, key } }: ChainSetup,
  { input, words, exits }: ChainLeaf,
  onProof?: JointListener,
): Promise<ChainChild> {
  const witness = padded.witness(await convertedWitness(circuit, input));
  const proof = await timed("leaf", onProof, () => bb.prove(padded.program, key, witness));
  return { kind: "leaf", key, proof, opened: { words, exits } };
}

/**
 * Joins two neighbours, whoever proved them.
 *
 * @param point of the tree (`planChain`)
 * @throws {ProtocolError} as `proveNode`; `WITNESS_FAILED` for a node with another point, for a leaf that is not the one that
 *   is opened, and for children that are no neighbours
 */
export async function joinLeaves(
  bb: Barretenberg,
  setup: ChainSetup,
  point: bigint,
  left: ChainChild,
  right: ChainChild,
  onProof?: JointListener,
): Promise<ChainChild> {
  const { nodeKey: key, slots } = setup;
  const input = chainInput(point, key.hash, slots, left, right);
  return { kind: "node", key, proof: await proveNode("node", bb, setup, key, input, [left, right], onProof) };
}

/**
 * Proves the root: as `joinLeaves`, in the form that L1 verifies, and also for one child alone.
 *
 * @returns the root, 32 bytes, and the proof: as `IChainVerifier.verifyChain` takes it
 * @throws {ProtocolError} as `joinLeaves`
 */
export async function proveChain(
  bb: Barretenberg,
  setup: ChainSetup,
  rootKey: HonkKey,
  point: bigint,
  children: readonly [left: ChainChild, right: ChainChild | undefined],
  onProof?: JointListener,
): Promise<Buffer> {
  const input = chainInput(point, setup.nodeKey.hash, setup.slots, ...children);
  return encodeRoot(await proveNode("root", bb, setup, rootKey, input, children, onProof));
}
