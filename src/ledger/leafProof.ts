import { poseidon } from "../crypto/poseidon.ts";
import { toField, toUint, type Field } from "../field.ts";
import { evaluateLeafData } from "./commitment.ts";
import type { LeafResult, LeafWitness } from "./leaf.ts";

/** What a proof of a leaf is tied to besides the leaf itself (docs/protocol.md §6). */
export interface Binding {
  /** Point at which the data are evaluated. */
  readonly z: bigint;
  /** Batch or proposal, 248 bits. */
  readonly context: bigint;
  /** Who made the proof: an aggregator's address, a prover's index. */
  readonly worker: bigint;
}

/** The leaf circuit's public signals, in its order. */
export interface LeafPublicSignals {
  readonly newStateRoot: Field;
  readonly exitsRoot: Field;
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

/** All inputs of the leaf circuit, as snarkjs takes them. */
export type LeafCircuitInput = LeafWitness &
  Pick<LeafPublicSignals, "oldStateRoot" | "header" | "z" | "sequencer" | "domain" | "context" | "worker">;

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE` */
export function leafPublicSignals(leaf: LeafResult, binding: Binding): LeafPublicSignals {
  const z = toField(binding.z);
  const signals = {
    newStateRoot: leaf.state.root,
    exitsRoot: leaf.exitsRoot,
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

/** Public signal `digest`: the hash of all others. */
export const leafDigest = (signals: Omit<LeafPublicSignals, "digest">): Field =>
  poseidon([
    signals.newStateRoot,
    signals.exitsRoot,
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

/** The public signals in the order in which snarkjs and the verifier take them. */
export const orderedPublicSignals = (signals: LeafPublicSignals): Field[] => [
  signals.newStateRoot,
  signals.exitsRoot,
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

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT`, `OUT_OF_RANGE` */
export function leafCircuitInput(leaf: LeafResult, binding: Binding): LeafCircuitInput {
  const { oldStateRoot, header, z, sequencer, domain, context, worker } = leafPublicSignals(leaf, binding);
  return { ...leaf.witness, oldStateRoot, header, z, sequencer, domain, context, worker };
}
