import { expect } from "chai";
import { network } from "hardhat";

import { P } from "../../src/field.ts";
import {
  escapeCircuitInput,
  escapeSignals,
  migrationCircuitInput,
  migrationPublicSignals,
  orderedEscapeSignals,
  orderedMigrationSignals,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { toProofWords } from "../../src/codec/index.ts";
import { createProver, type CircuitInput, type Prover } from "../../src/prover/index.ts";
import { prepareAll } from "../../src/setup/index.ts";
import type { EnforcementVerifier } from "../../typechain-types/index.ts";
import { ALICE_INDEX, aliceMoves, bobMoves, CAROL_INDEX, migrate, SOURCE } from "../helpers/migrationFixture.ts";
import { encodeStatements, type Statement } from "./testCircuits.ts";

const { ethers } = await network.create();

const ESCAPE_CIRCUIT = 0n;
const MIGRATION_CIRCUIT = 1n;
const WORKER = 0xdadan;

describe("EnforcementVerifier", () => {
  let prover: Prover;
  let verifier: EnforcementVerifier;
  let escape: Statement;
  let migration: Statement;

  before(async () => {
    // Made in every run, so that not all that L1 verifies comes from a cache.
    prover = createProver(await prepareAll("development"), { cacheFolder: false });
    verifier = await ethers.deployContract("EnforcementVerifier");
    const prove = async (circuit: string, input: object): Promise<readonly bigint[]> => {
      const { proof } = await prover.prove(circuit, input as CircuitInput);
      return toProofWords(proof);
    };
    escape = {
      circuit: ESCAPE_CIRCUIT,
      proof: await prove("escape", escapeCircuitInput(SOURCE, CAROL_INDEX)),
      inputs: orderedEscapeSignals(escapeSignals(SOURCE, CAROL_INDEX)),
    };
    const result = migrate([bobMoves(), aliceMoves({ nonce: 0n }), aliceMoves()]);
    migration = {
      circuit: MIGRATION_CIRCUIT,
      proof: await prove("migration", migrationCircuitInput(result, { worker: WORKER })),
      inputs: orderedMigrationSignals(migrationPublicSignals(result, { worker: WORKER })),
    };
  });

  after(async () => prover.dispose());

  const accepts = async (...statements: readonly Statement[]): Promise<void> => {
    await verifier.verify(encodeStatements(statements));
  };
  const rejects = async (...statements: readonly Statement[]): Promise<void> => {
    await expect(verifier.verify(encodeStatements(statements))).to.be.revertedWithCustomError(
      verifier,
      "ProofsRejected",
    );
  };
  /** The statement with another number at `index`. */
  const altered = (statement: Statement, index: number): Statement => ({
    ...statement,
    inputs: statement.inputs.map((value, i) => (i === index ? (value + 1n) % P : value)),
  });

  it("says what it verifies", async () => {
    expect(await verifier.IS_DEVELOPMENT()).to.equal(true);
    expect(await verifier.DEPTH()).to.equal(DEVELOPMENT.depth);
    expect(await verifier.LEVELS()).to.equal(DEVELOPMENT.levels);
  });

  it("accepts an escape and a migration, alone and together", async () => {
    await accepts(escape);
    await accepts(migration);
    await accepts(escape, migration);
  });

  it("rejects each signal altered, `worker` too, which nothing else depends on", async () => {
    for (const statement of [escape, migration]) {
      for (let i = 0; i < statement.inputs.length; i++) await rejects(altered(statement, i));
    }
    await rejects(escape, altered(migration, migration.inputs.length - 1));
    // Nor is a proof for −worker, which has the same square in the circuit.
    await rejects({ ...migration, inputs: [...migration.inputs.slice(0, -1), P - WORKER] });
  });

  it("rejects the proof of another account", async () => {
    await rejects({ ...escape, inputs: orderedEscapeSignals(escapeSignals(SOURCE, ALICE_INDEX)) });
  });
});
