// SPDX-License-Identifier: MIT
import { evaluateStatement, statementPoint } from "../codec/index.ts";
import { poseidon } from "../crypto/index.ts";
import { toField, toUint, type Field } from "../field.ts";
import { evaluateLeafData } from "./commitment.ts";
import { exitEntry, exitWords } from "./exits.ts";
import type { LeafResult, LeafWitness } from "./leaf.ts";

/** Values that bind a proof of a leaf, besides the leaf itself (docs/protocol.md §6). */
export interface Binding {
  /** Point at which the data are evaluated. */
  readonly z: bigint;
  /** Batch or proposal, 248 bits. */
  readonly context: bigint;
  /** The maker of the proof: an aggregator's address, or a prover's index. */
  readonly worker: bigint;
}

/** The signals of a leaf, in the order of a statement (docs/protocol.md §6). */
export interface LeafPublicSignals {
  readonly newStateRoot: Field;
  readonly exitsHash: Field;
  readonly proverFees: Field;
  readonly c: Field;
  readonly y: Field;
  readonly digest: Field;
  readonly oldStateRoot: Field;
  readonly header: Field;
  readonly z: Field;
  readonly sequencer: Field;
  readonly domain: Field;
  readonly context: Field;
  readonly worker: Field;
}

/** All inputs of the leaf circuit, as snarkjs takes them; `point` is public. */
export type LeafCircuitInput = LeafWitness &
  Pick<LeafPublicSignals, "oldStateRoot" | "header" | "z" | "sequencer" | "domain" | "context" | "worker"> & {
    readonly point: Field;
  };

/** Index of `digest` in a leaf's statement. */
export const LEAF_DIGEST = 5;

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE` */
export function leafPublicSignals(leaf: LeafResult, binding: Binding): LeafPublicSignals {
  const z = toField(binding.z);
  const signals = {
    newStateRoot: leaf.state.root,
    exitsHash: leaf.exitsHash,
    proverFees: toField(leaf.proverFees),
    c: leaf.c,
    y: evaluateLeafData(leaf.data, z),
    oldStateRoot: leaf.oldStateRoot,
    header: leaf.data.header,
    z,
    sequencer: toField(leaf.sequencer),
    domain: toField(leaf.domain),
    context: toField(toUint(binding.context, 248, "context")),
    worker: toField(binding.worker),
  };
  return { ...signals, digest: leafDigest(signals) };
}

/** Signal `digest`: the hash of all others. */
export const leafDigest = (signals: Omit<LeafPublicSignals, "digest">): Field =>
  poseidon([
    signals.newStateRoot,
    signals.exitsHash,
    signals.proverFees,
    signals.c,
    signals.y,
    signals.oldStateRoot,
    signals.header,
    signals.z,
    signals.sequencer,
    signals.domain,
    signals.context,
    signals.worker,
  ]);

/** The signals in the order of a statement. */
export const orderedPublicSignals = (signals: LeafPublicSignals): Field[] => [
  signals.newStateRoot,
  signals.exitsHash,
  signals.proverFees,
  signals.c,
  signals.y,
  signals.digest,
  signals.oldStateRoot,
  signals.header,
  signals.z,
  signals.sequencer,
  signals.domain,
  signals.context,
  signals.worker,
];

/** The words of a leaf's statement, as L1 gives them to its verifier: the signals, then two for each exit. */
export const leafStatement = (leaf: Pick<LeafResult, "exits">, signals: LeafPublicSignals): bigint[] => [
  ...orderedPublicSignals(signals),
  ...leaf.exits.flatMap((exit) => exitEntry(exit)),
];

/** A leaf as it is opened under its digest, where its proof is joined with others. */
export interface OpenedLeaf {
  /** The signals of its statement in their order, without the digest. */
  readonly words: readonly bigint[];
  /** Two words for each slot: recipient + token · 2^160, and amount; or 0 and 0. */
  readonly exits: readonly bigint[];
}

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE` */
export function openLeaf(leaf: LeafResult, binding: Binding): OpenedLeaf {
  const signals = orderedPublicSignals(leafPublicSignals(leaf, binding));
  return {
    words: signals.filter((_, place) => place !== LEAF_DIGEST),
    exits: exitWords(leaf.exits, leaf.witness.chunks.length),
  };
}

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE` */
export function leafCircuitInput(leaf: LeafResult, binding: Binding): LeafCircuitInput {
  const signals = leafPublicSignals(leaf, binding);
  const { oldStateRoot, header, z, sequencer, domain, context, worker } = signals;
  const point = statementPoint(leafStatement(leaf, signals));
  return { ...leaf.witness, point, oldStateRoot, header, z, sequencer, domain, context, worker };
}

/**
 * The public signals of a leaf's proof, in the order of the circuit: digest, evaluation, point.
 *
 * @param point another one than L1 would draw: for tests
 * @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE`
 */
export function leafProofSignals(leaf: LeafResult, binding: Binding, point?: bigint): Field[] {
  const signals = leafPublicSignals(leaf, binding);
  const at = toField(point ?? statementPoint(leafStatement(leaf, signals)));
  const words = [...orderedPublicSignals(signals), ...exitWords(leaf.exits, leaf.witness.chunks.length)];
  return [signals.digest, evaluateStatement(words, at), at];
}
