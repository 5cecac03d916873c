// SPDX-License-Identifier: MIT
import { toField, type Field } from "../field.ts";
import { batchDataHash, evaluateLeafData, evaluationPoint } from "../ledger/index.ts";
import type { MigrationResult, MigrationWitness } from "./migration.ts";

/** The migration circuit's public signals, in its order (docs/enforcement.md §5.3). */
export interface MigrationPublicSignals {
  readonly newStateRoot: Field;
  readonly arrivalsRoot: Field;
  /** By token pair. */
  readonly totals: readonly Field[];
  readonly movesCommitment: Field;
  readonly movesEvaluation: Field;
  readonly arrivalsCommitment: Field;
  readonly arrivalsEvaluation: Field;
  readonly oldStateRoot: Field;
  readonly domain: Field;
  readonly target: Field;
  readonly tokens: Field;
  readonly movesPoint: Field;
  readonly arrivalsPoint: Field;
  readonly worker: Field;
}

/** All inputs of the migration circuit, as snarkjs takes them. */
export type MigrationCircuitInput = MigrationWitness &
  Pick<
    MigrationPublicSignals,
    "oldStateRoot" | "domain" | "target" | "tokens" | "movesPoint" | "arrivalsPoint" | "worker"
  >;

/** L1 address that may submit the proof to the source. */
export interface MigrationBinding {
  readonly worker: bigint;
}

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT` */
export function migrationPublicSignals(
  migration: MigrationResult,
  { worker }: MigrationBinding,
): MigrationPublicSignals {
  const { moves, movesCommitment, arrivalsData, arrivalsCommitment, witness } = migration;
  const movesPoint = evaluationPoint(batchDataHash(moves), [movesCommitment]);
  const arrivalsPoint = evaluationPoint(batchDataHash(arrivalsData), [arrivalsCommitment]);
  return {
    newStateRoot: migration.state.root,
    arrivalsRoot: migration.arrivalsRoot,
    totals: migration.totals.map(toField),
    movesCommitment,
    movesEvaluation: evaluateLeafData({ chunks: witness.moves }, movesPoint),
    arrivalsCommitment,
    arrivalsEvaluation: evaluateLeafData({ chunks: migration.arrivalChunks }, arrivalsPoint),
    oldStateRoot: migration.oldStateRoot,
    domain: toField(migration.domain),
    target: toField(migration.target),
    tokens: toField(migration.tokens),
    movesPoint,
    arrivalsPoint,
    worker: toField(worker),
  };
}

/** The public signals in the order in which snarkjs and the verifier take them. */
export const orderedMigrationSignals = (signals: MigrationPublicSignals): Field[] => [
  signals.newStateRoot,
  signals.arrivalsRoot,
  ...signals.totals,
  signals.movesCommitment,
  signals.movesEvaluation,
  signals.arrivalsCommitment,
  signals.arrivalsEvaluation,
  signals.oldStateRoot,
  signals.domain,
  signals.target,
  signals.tokens,
  signals.movesPoint,
  signals.arrivalsPoint,
  signals.worker,
];

/** @throws {ProtocolError} `NOT_A_FIELD_ELEMENT` */
export function migrationCircuitInput(migration: MigrationResult, binding: MigrationBinding): MigrationCircuitInput {
  const { oldStateRoot, domain, target, tokens, movesPoint, arrivalsPoint, worker } = migrationPublicSignals(
    migration,
    binding,
  );
  return { ...migration.witness, oldStateRoot, domain, target, tokens, movesPoint, arrivalsPoint, worker };
}
