// SPDX-License-Identifier: MIT
import { expect } from "chai";

import { poseidon } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import { accountTuple } from "../../src/ledger/index.ts";
import {
  escapeCircuitInput,
  escapeSignals,
  orderedEscapeSignals,
  type EscapeCircuitInput,
} from "../../src/migration/index.ts";
import { DEVELOPMENT } from "../../src/profile.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { expectRefusal } from "../helpers/circuit.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { MAX_BALANCE } from "../helpers/ledgerFixture.ts";
import { alice, ALICE_INDEX, bob, BOB_INDEX, CAROL_INDEX, SOURCE, stateOf } from "../helpers/migrationFixture.ts";
import { seedFor } from "../helpers/random.ts";
import { randomMigrations } from "../helpers/randomMigration.ts";

const CAPACITY = 4 ** DEVELOPMENT.depth;
const EMPTY_INDEX = 3;

describe("circuits: Escape", () => {
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileCircuit(findCircuit("escape", "development"), circuitsFolder("development"));
  });

  const signalsOf = async (input: object): Promise<readonly bigint[]> =>
    (await calculateWitness(circuit, input as CircuitInput)).publicSignals;
  const refuses = async (input: object, template: string): Promise<void> =>
    expectRefusal(circuit, input as CircuitInput, template);
  const honest = escapeCircuitInput(SOURCE, ALICE_INDEX);
  /** Inputs that a prover would give for an account that is not there. */
  const opening = (index: number, fields: Partial<EscapeCircuitInput>): object => ({
    ...honest,
    index: BigInt(index),
    path: SOURCE.accounts.path(index % CAPACITY),
    ...fields,
  });

  it("gives the model's public signals for every account of random states, and at the edges", async () => {
    const extreme = { ...alice, nonce: P - 1n, token: 65535n, balance: MAX_BALANCE, owner: (1n << 160n) - 1n };
    const states = [SOURCE, stateOf({ [CAPACITY - 1]: extreme })];
    for (const { before: state } of randomMigrations(seedFor("escape"))) {
      if (states.push(state) === 6) break;
    }
    for (const state of states) {
      for (const [index] of state.accounts.entries()) {
        const expected = orderedEscapeSignals(escapeSignals(state, index));
        expect(await signalsOf(escapeCircuitInput(state, index))).to.deep.equal(expected);
      }
    }
  });

  it("has the signals in the order of the model", () => {
    const { publicInputs } = findCircuit("escape", "development");
    expect(Object.keys(escapeSignals(SOURCE, ALICE_INDEX)).slice(3)).to.deep.equal(publicInputs);
  });

  it("refuses each private input altered", async () => {
    await refuses({ ...honest, accountsRoot: honest.accountsRoot + 1n }, "Escape");
    await refuses({ ...honest, nextIndex: honest.nextIndex + 1n }, "Escape");
    for (let field = 0; field < 6; field++) {
      const account = honest.account.map((value, i) => (i === field ? (value + 1n) % P : value));
      await refuses({ ...honest, account }, "PathRoot");
    }
    for (let level = 0; level < DEVELOPMENT.depth; level++) {
      for (let child = 0; child < 4; child++) {
        const path = honest.path.map((children, l) =>
          children.map((node, c) => (l === level && c === child ? (node + 1n) % P : node)),
        );
        const digit = Math.floor(ALICE_INDEX / 4 ** (DEVELOPMENT.depth - 1 - level)) % 4;
        await refuses({ ...honest, path }, level === 0 && child !== digit ? "Escape" : "PathRoot");
      }
    }
  });

  it("refuses another state, and another account's numbers", async () => {
    await refuses({ ...honest, stateRoot: honest.stateRoot + 1n }, "Escape");
    const rich = stateOf({ [ALICE_INDEX]: { ...alice, balance: MAX_BALANCE }, [BOB_INDEX]: bob });
    const invented = escapeCircuitInput(rich, ALICE_INDEX);
    await refuses({ ...invented, stateRoot: honest.stateRoot }, "Escape");
    await refuses({ ...invented, stateRoot: honest.stateRoot, accountsRoot: honest.accountsRoot }, "Escape");
    await refuses({ ...honest, account: accountTuple(bob) }, "PathRoot");
    await refuses({ ...honest, index: BigInt(BOB_INDEX) }, "PathRoot");
    await refuses(opening(BOB_INDEX, { account: honest.account }), "PathRoot");
  });

  it("refuses an account that is absent", async () => {
    expect(SOURCE.account(EMPTY_INDEX)).to.equal(undefined);
    for (const index of [0, EMPTY_INDEX]) {
      await refuses(opening(index, { account: accountTuple(undefined) }), "PathRoot");
      await refuses(opening(index, {}), "PathRoot");
    }
  });

  it("refuses an index outside the tree, whatever it is modulo the tree's capacity", async () => {
    const capacity = BigInt(CAPACITY);
    for (const index of [ALICE_INDEX, CAROL_INDEX]) {
      const input = escapeCircuitInput(SOURCE, index);
      for (const turns of [1n, 2n, 1n << 22n, 1n << 200n]) {
        await refuses({ ...input, index: input.index + turns * capacity }, "Num2Bits");
      }
    }
    for (const index of [capacity, P - 1n]) await refuses({ ...honest, index }, "Num2Bits");
  });

  it("does not take a node of the tree for an account", async () => {
    // The children of a node in the place of an account's numbers: the hash of four is another than that of six.
    const [one, two, three, four] = honest.path.at(-1)!;
    const path = [...honest.path.slice(1), [poseidon([one, two, three, four]), 0n, 0n, 0n]];
    await refuses({ ...honest, index: 0n, path, account: [one, two, three, four, 0n, 0n] }, "PathRoot");
  });

  it("has no wire that can be changed alone", async () => {
    const { values } = await calculateWitness(circuit, { ...honest });
    expect(freeWires(circuit, values)).to.deep.equal([]);
  });
});
