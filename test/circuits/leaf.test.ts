// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { encodeForcedSlot, evaluateStatement, SLOT_BYTES, statementPoint, type Header } from "../../src/codec/index.ts";
import { decompressKey } from "../../src/crypto/index.ts";
import { P } from "../../src/field.ts";
import {
  accountTuple,
  AccountTree,
  applyLeaf,
  arrivalSlot,
  arrivalsRoot,
  BALANCE_LIMIT,
  departureSlot,
  forcedTransferSlot,
  leafCircuitInput,
  leafProofSignals,
  leafPublicSignals,
  leafStatement,
  newAccountSlot,
  signTransaction,
  State,
  type Account,
  type Arrivals,
  type Environment,
  type LeafCircuitInput,
  type LeafResult,
} from "../../src/ledger/index.ts";
import { accountCapacity, createProfile, DEVELOPMENT } from "../../src/profile.ts";
import { calculateWitness, type CircuitInput } from "../../src/prover/witness.ts";
import { findCircuit } from "../../src/setup/circuits.ts";
import { circuitsFolder, compileCircuit, type CompiledCircuit } from "../../src/setup/compile.ts";
import { violatedConstraints } from "../../src/setup/r1cs.ts";
import { compile, expectRefusal } from "../helpers/circuit.ts";
import { compareLeaves, describeOutcome, type Comparison } from "../helpers/compareLeaves.ts";
import { createFastSigner } from "../helpers/fastSigner.ts";
import { isDeep } from "../helpers/deep.ts";
import { freeWires } from "../helpers/freeWires.ts";
import { hasFixedSeed, seedFor } from "../helpers/random.ts";
import { SLOT_LABELS } from "../helpers/randomLeaf.ts";

const compileLeaf = async (): Promise<CompiledCircuit> =>
  compileCircuit(findCircuit("leaf", "development"), circuitsFolder("development"));

/** Milliseconds. Each of the two processes takes more than a minute of processor time. */
const COMPARISON_TIMEOUT = 1_800_000;

/** Outcomes that some slot must have had. */
const OUTCOMES = [
  ...["transfer", "exit", "createAccount", "topUp", "forcedTransfer", "forcedExit"].map((kind) => `${kind} executed`),
  ...[
    "UNKNOWN_FLAGS",
    "UNKNOWN_SENDER",
    "CHALLENGE_NOT_CANONICAL",
    "RESPONSE_NOT_CANONICAL",
    "BAD_SIGNATURE",
    "SENDER_TOKEN_MISMATCH",
    "INSUFFICIENT_BALANCE",
    "UNKNOWN_RECEIVER",
    "RECEIVER_TOKEN_MISMATCH",
    "RECEIVER_OVERFLOW",
  ].map((reason) => `transfer void ${reason}`),
  ...["UNKNOWN_FLAGS", "UNKNOWN_SENDER", "BAD_SIGNATURE", "SENDER_TOKEN_MISMATCH", "INSUFFICIENT_BALANCE"].map(
    (reason) => `exit void ${reason}`,
  ),
  ...[
    "UNKNOWN_SENDER",
    "NOT_OWNER",
    "INSUFFICIENT_BALANCE",
    "UNKNOWN_RECEIVER",
    "RECEIVER_TOKEN_MISMATCH",
    "RECEIVER_OVERFLOW",
  ].map((reason) => `forcedTransfer void ${reason}`),
  ...["UNKNOWN_SENDER", "NOT_OWNER", "SENDER_TOKEN_MISMATCH"].map((reason) => `forcedExit void ${reason}`),
  ...["UNKNOWN_RECEIVER", "RECEIVER_TOKEN_MISMATCH", "RECEIVER_OVERFLOW"].map((reason) => `topUp refunded ${reason}`),
  "arrival executed",
  "arrival void TREE_FULL",
  "departure taken",
  ...["TREE_FULL", "KEY_NOT_CANONICAL", "KEY_NOT_ON_CURVE", "KEY_SMALL_ORDER"].map(
    (reason) => `createAccount refunded ${reason}`,
  ),
];

/** Of each of two processes; more than a thousand together in `npm run test:deep`, which compares every one. */
const LEAVES = hasFixedSeed ? 96 : 504;

/** How often each kind of slot, and what can become of it, is compared in a process. */
const TIMES_OF_EACH = hasFixedSeed ? 1 : LEAVES;

describe("circuits: Leaf, against the ledger", () => {
  it(`gives the ledger's public signals on leaves of every kind among ${2 * LEAVES} random ones`, async () => {
    const circuit = await compileLeaf();
    const [leaves, timesOfEach] = [LEAVES, TIMES_OF_EACH];
    const common = { circuit, profile: DEVELOPMENT, leaves, timesOfEach, checkConstraintsEvery: LEAVES / 3 };
    const comparisons = await Promise.all(
      ["leaf A", "leaf B"].map((name) => compareLeaves({ ...common, seed: seedFor(name) })),
    );
    expectEqual(comparisons);
    expect(comparisons.map(({ leaves }) => leaves)).to.deep.equal([LEAVES, LEAVES]);
    expect(comparisons.map(({ constraintsChecked }) => constraintsChecked)).to.deep.equal([3, 3]);
    if (!hasFixedSeed) return;
    // Nothing that the generator makes, and nothing that can become of a slot, was left out.
    expect(comparisons.flatMap(({ labels }) => labels)).to.include.members([...SLOT_LABELS]);
    expect(comparisons.flatMap(({ outcomes }) => outcomes)).to.include.members(OUTCOMES);
  }).timeout(COMPARISON_TIMEOUT);

  if (isDeep) {
    it("gives them in a tree as deep as in production, where every 32-bit index is inside", async () => {
      const profile = createProfile({ name: "deep", depth: 16, slots: 2, levels: 2 });
      const { publicInputs } = findCircuit("leaf", "development");
      const circuit = await compile("circuits/leaf/Leaf.circom", [16, 2, 2], "O1", publicInputs);
      const comparison = await compareLeaves({
        circuit,
        profile,
        seed: seedFor("deep"),
        leaves: 36,
        timesOfEach: TIMES_OF_EACH,
        checkConstraintsEvery: 18,
      });
      expectEqual([comparison]);
      expect(comparison.leaves).to.equal(36);
      if (!hasFixedSeed) return;
      expect(comparison.outcomes).to.include.members(["arrival executed", "arrival void TREE_FULL", "departure taken"]);
    }).timeout(COMPARISON_TIMEOUT);
  }

  function expectEqual(comparisons: readonly Comparison[]): void {
    expect(comparisons.flatMap(({ mismatches }) => mismatches)).to.deep.equal([]);
  }
});

// ── One leaf, and what a dishonest prover may try on it ────────────────────────────────────────────────────────────

const DEPTH = DEVELOPMENT.depth;
const ALICE = createFastSigner("alice");
const BOB = createFastSigner("bob");
const CAROL = createFastSigner("carol");
const ENVIRONMENT = { sequencer: 0x5e9n, domain: (1n << 247n) + 1n };
const BINDING = { z: 123456789n, context: 77n, worker: 88n };
const HEADER: Header = { baseFee: 3n, feeToken: 1n, feeAccount: 3, forcedCount: 2, timestamp: 1_700_000_000n };

const alice: Account = {
  ax: ALICE.publicKey.x,
  ay: ALICE.publicKey.y,
  nonce: 5n,
  token: 1n,
  balance: 1000n,
  owner: 0xa11cen,
};
const bob: Account = { ...alice, ax: BOB.publicKey.x, ay: BOB.publicKey.y, nonce: 0n, balance: 50n, owner: 0xb0bn };
const sequencerAccount: Account = { ...bob, ax: CAROL.publicKey.x, ay: CAROL.publicKey.y, owner: 0xca401n };

const stateOf = (accounts: Readonly<Record<number, Account>>, nextIndex = 4): State => {
  const entries = Object.entries(accounts).map(([index, account]) => [Number(index), account] as const);
  return new State(
    entries.reduce((tree, [index, account]) => tree.set(index, account), AccountTree.empty(DEPTH)),
    nextIndex,
  );
};
const BEFORE = stateOf({ 1: alice, 2: bob, 3: sequencerAccount });

const transfer = (overrides: { amount?: bigint; nonce?: bigint; signer?: typeof ALICE } = {}): Uint8Array => {
  const { amount = 100n, nonce = alice.nonce, signer = ALICE } = overrides;
  return signTransaction(signer, { from: 1, to: 2, token: 1n, amount, tip: 8n, nonce, domain: ENVIRONMENT.domain });
};
const deposit = newAccountSlot({ key: CAROL.publicKey, token: 1n, amount: 20n, l1Address: 0xda7en });
/** y = 2 belongs to no point. */
const depositWithBadKey = encodeForcedSlot({
  from: 0,
  to: 0,
  token: 1n,
  amount: 30n,
  flags: 0n,
  fee: 0n,
  keyY: 2n,
  keySign: 0n,
  l1Address: 0xda7en,
});
const fromNobody = signTransaction(BOB, {
  from: 9,
  to: 2,
  token: 1n,
  amount: 1n,
  nonce: 0n,
  domain: ENVIRONMENT.domain,
});

const run = (
  state: State,
  slots: readonly Uint8Array[],
  header: Header = HEADER,
  environment: Environment = ENVIRONMENT,
): LeafResult => {
  const bytes = new Uint8Array(DEVELOPMENT.slots * SLOT_BYTES);
  slots.forEach((slot, i) => bytes.set(slot, i * SLOT_BYTES));
  return applyLeaf(DEVELOPMENT, state, { header, bytes }, environment);
};
/** A new account, a refund, a transfer with fees and tip, and a transaction of nobody. */
const NEW_ACCOUNT = 0;
const REFUND = 1;
const TRANSFER = 2;
const HONEST = run(BEFORE, [deposit, depositWithBadKey, transfer(), fromNobody]);

type Path = readonly [name: string, ...indexes: number[]];

/** A copy of an input with the number or list at `path` replaced. The copy need not be consistent. */
function replace(input: LeafCircuitInput, path: Path, value: unknown): LeafCircuitInput {
  const copy = structuredClone(input);
  const last = path.at(-1)!;
  const holder = path.slice(0, -1).reduce<unknown>(member, copy) as Record<string | number, unknown>;
  expect(holder[last] !== undefined, path.join()).to.equal(true);
  holder[last] = value;
  return copy;
}

const member = (node: unknown, key: string | number): unknown => (node as Record<string | number, unknown>)[key];

const numberAt = (input: LeafCircuitInput, path: Path): bigint => path.reduce<unknown>(member, input) as bigint;

describe("circuits: Leaf, one by one", () => {
  const input = leafCircuitInput(HONEST, BINDING);
  const signals = leafPublicSignals(HONEST, BINDING);
  const expected = leafProofSignals(HONEST, BINDING);
  let circuit: CompiledCircuit;
  before(async () => {
    circuit = await compileLeaf();
  });

  const publicSignalsOf = async (forged: object): Promise<readonly bigint[]> =>
    (await calculateWitness(circuit, forged as CircuitInput)).publicSignals;
  const refuses = async (forged: object, template: string): Promise<void> =>
    expectRefusal(circuit, forged as CircuitInput, template);
  const refusesChange = async (path: Path, template: string): Promise<void> =>
    refuses(replace(input, path, (numberAt(input, path) + 1n) % P), template);

  it("begins with a leaf in which all of this happens", async () => {
    expect(HONEST.outcomes.map(describeOutcome)).to.deep.equal([
      "createAccount executed",
      "createAccount refunded KEY_NOT_ON_CURVE",
      "transfer executed",
      "transfer void UNKNOWN_SENDER",
    ]);
    expect(HONEST.tips).to.deep.equal({ amount: 8n, credited: true });
    expect(HONEST.proverFees).to.equal(3n);
    expect(await publicSignalsOf(input)).to.deep.equal(expected);
  });

  describe("binds", () => {
    for (const name of ["context", "worker"] as const) {
      it(`${name} through the digest alone`, async () => {
        const changed = leafPublicSignals(HONEST, { ...BINDING, [name]: BINDING[name] + 1n });
        expect(changed).to.deep.equal({ ...signals, [name]: BINDING[name] + 1n, digest: changed.digest });
        expect(changed.digest).not.to.equal(signals.digest);
        expect(await publicSignalsOf({ ...input, [name]: BINDING[name] + 1n })).to.deep.equal(
          leafProofSignals(HONEST, { ...BINDING, [name]: BINDING[name] + 1n }, input.point),
        );
      });
    }

    it("the data through c and y", async () => {
      const other = run(BEFORE, [deposit, depositWithBadKey, transfer({ amount: 101n }), fromNobody]);
      const changed = leafPublicSignals(other, BINDING);
      expect(changed.c).not.to.equal(signals.c);
      expect(changed.y).not.to.equal(signals.y);
      expect(await publicSignalsOf(leafCircuitInput(other, BINDING))).to.deep.equal(leafProofSignals(other, BINDING));
    });

    it("the signature to the domain, and to the sequencer if it says so", async () => {
      const bound = (boundTo: bigint): LeafResult => {
        const request = { from: 1, to: 2, token: 1n, amount: 1n, nonce: alice.nonce, domain: ENVIRONMENT.domain };
        return run(BEFORE, [deposit, depositWithBadKey, signTransaction(ALICE, { ...request, boundTo }), fromNobody]);
      };
      for (const [result, status] of [
        [bound(ENVIRONMENT.sequencer), "executed"],
        [bound(ENVIRONMENT.sequencer + 1n), "void"],
      ] as const) {
        expect(result.outcomes[TRANSFER]?.status).to.equal(status);
        const changed = leafProofSignals(result, BINDING);
        expect(await publicSignalsOf(leafCircuitInput(result, BINDING))).to.deep.equal(changed);
      }
      // The honest leaf's witness does not fit another domain: there, the transfer is not signed.
      await refuses({ ...input, domain: input.domain + 1n }, "ApplySlot");
    });

    it("chunks and header to their widths", async () => {
      await refuses(replace(input, ["chunks", TRANSFER, 0], input.chunks[TRANSFER]![0] + (1n << 248n)), "Num2Bits");
      await refuses({ ...input, header: input.header + (1n << 224n) }, "Num2Bits");
    });
  });

  // The prover's words are private: L1 has words of its own, and knows them for the same by three numbers.
  describe("shows a statement as its digest, its evaluation and the point,", () => {
    const words = leafStatement(HONEST, signals);
    /** The three numbers that L1 computes from the words that it is given: it expands the exits. */
    const condensed = (given: readonly bigint[]): bigint[] => {
      const point = statementPoint(given);
      const exits = new Array<bigint>(2 * DEVELOPMENT.slots).fill(0n);
      for (let i = 13; i < given.length; i += 2) {
        const slot = Number(given[i]! >> 176n);
        [exits[2 * slot], exits[2 * slot + 1]] = [given[i]! % (1n << 176n), given[i + 1]!];
      }
      return [given[5]!, evaluateStatement([...given.slice(0, 13), ...exits], point), point];
    };

    it("which are those that L1 makes of the same words", async () => {
      expect(HONEST.exits).to.have.length(1);
      expect(words).to.have.length(15);
      expect(condensed(words)).to.deep.equal(expected);
      expect(await publicSignalsOf(input)).to.deep.equal(condensed(words));
    });

    it("and no other words have a proof, though their digest is the same", async () => {
      const others = words.flatMap((word, i) => (i === 5 ? [] : [words.with(i, word ^ 1n)]));
      others.push(words.slice(0, 13)); // without its exit
      others.push([...words, (3n << 176n) + 5n, 1n]); // with another one
      others.push(words.with(13, words[13]! + (1n << 176n))); // of another slot
      for (const other of others) {
        const [digest, evaluation, point] = condensed(other);
        expect(digest).to.equal(signals.digest);
        // Whatever point L1 draws, the circuit evaluates its own words there.
        const proven = await publicSignalsOf({ ...input, point });
        expect(proven[0]).to.equal(digest);
        expect(proven[2]).to.equal(point);
        expect(proven[1]).not.to.equal(evaluation);
      }
    });

    it("and another digest, evaluation or point makes the witness invalid", async () => {
      const { values } = await calculateWitness(circuit, { ...input });
      const r1cs = readFileSync(circuit.r1cs);
      expect(violatedConstraints(r1cs, values)).to.deep.equal([]);
      expect(values.slice(1, 4)).to.deep.equal(expected);
      const other = condensed(words.with(12, BINDING.worker + 1n));
      for (const changes of [
        { 1: other[0]! + 1n },
        { 2: other[1]! },
        { 3: other[2]! },
        { 2: other[1]!, 3: other[2]! },
        { 1: other[0]! + 1n, 2: other[1]!, 3: other[2]! },
      ] as Readonly<Record<number, bigint>>[]) {
        const forged = values.map((value, wire) => changes[wire] ?? value);
        expect(violatedConstraints(r1cs, forged)).not.to.be.empty;
      }
    });

    it("at every point, also at those that no hash gives", async () => {
      for (const point of [0n, 1n, P - 1n]) {
        expect(await publicSignalsOf({ ...input, point })).to.deep.equal(leafProofSignals(HONEST, BINDING, point));
      }
    });
  });

  describe("refuses another opening of the state:", () => {
    it("the preimage of the state root", async () => {
      await refusesChange(["accountsRoot"], "Leaf");
      await refusesChange(["nextIndex"], "Leaf");
    });

    it("the whole witness of another state", async () => {
      const rich = run(stateOf({ 1: { ...alice, balance: 10_000n }, 2: bob, 3: sequencerAccount }), [
        deposit,
        depositWithBadKey,
        transfer(),
        fromNobody,
      ]);
      const other = leafCircuitInput(rich, BINDING);
      expect(await publicSignalsOf(other)).not.to.deep.equal(expected);
      await refuses({ ...other, oldStateRoot: input.oldStateRoot }, "Leaf");
    });

    for (const party of ["sender", "receiver"] as const) {
      it(`each number of the ${party}'s account`, async () => {
        for (const field of [2, 3, 4, 5]) {
          await refusesChange([party, TRANSFER, field], "PathUpdate");
        }
        const forged = [...accountTuple(party === "sender" ? alice : bob)];
        forged.splice(0, 2, CAROL.publicKey.x, CAROL.publicKey.y);
        await refuses(replace(input, [party, TRANSFER], forged), "PathUpdate");
      });

      it(`the ${party}'s existence`, async () => {
        await refuses(replace(input, [`${party}Exists`, TRANSFER], 0n), "KnownAccount");
        await refuses(replace(input, [`${party}Exists`, TRANSFER], 2n), "KnownAccount");
        const hidden = replace(input, [`${party}Exists`, TRANSFER], 0n);
        await refuses(replace(hidden, [party, TRANSFER], accountTuple(undefined)), "PathUpdate");
        // Those of slot 0 are absent: index 0 sends, and the new account's place receives.
        await refuses(replace(input, [`${party}Exists`, NEW_ACCOUNT], 1n), "PathUpdate");
        const invented = replace(input, [`${party}Exists`, NEW_ACCOUNT], 1n);
        await refuses(replace(invented, [party, NEW_ACCOUNT], accountTuple(bob)), "PathUpdate");
        await refuses(replace(input, [party, NEW_ACCOUNT, 4], 1n), "KnownAccount");
      });

      it(`each level of the ${party}'s path`, async () => {
        const index = party === "sender" ? 1 : 2;
        for (let level = 0; level < DEPTH; level++) {
          const digit = Math.floor(index / 4 ** (DEPTH - 1 - level)) % 4;
          await refusesChange([`${party}Path`, TRANSFER, level, digit], "PathUpdate");
          // A sibling changes the hash of its level, which the level above does not hold; above the first, only
          // the root itself is left to disagree.
          await refusesChange([`${party}Path`, TRANSFER, level, 3 - digit], level === 0 ? "ApplySlot" : "PathUpdate");
        }
      });
    }

    it("the fee account", async () => {
      for (const field of [0, 1, 2, 3, 4, 5]) {
        await refusesChange(["feeAccountLeaf", field], "PathUpdate");
      }
      await refuses({ ...input, feeAccountExists: 0n }, "KnownAccount");
      await refuses({ ...input, feeAccountExists: 0n, feeAccountLeaf: accountTuple(undefined) }, "PathUpdate");
      await refusesChange(["feeAccountPath", 0, 3], "CreditTips");
      await refusesChange(["feeAccountPath", DEPTH - 1, 3], "PathUpdate");
    });

    it("the root of a key", async () => {
      const { keyRoot } = input;
      await refuses(replace(input, ["keyRoot", NEW_ACCOUNT], P - keyRoot[NEW_ACCOUNT]!), "DecompressKey");
      await refuses(replace(input, ["keyRoot", NEW_ACCOUNT], 0n), "DecompressKey");
      await refusesChange(["keyRoot", REFUND], "DecompressKey");
      expect(decompressKey({ keyY: 2n, keySign: 0n })).to.deep.equal({ error: "KEY_NOT_ON_CURVE" });
      // These hints are free, and without effect.
      const free = replace(input, ["keyRoot", TRANSFER], 4711n);
      expect(await publicSignalsOf(replace(free, ["keyRoot", REFUND], P - keyRoot[REFUND]!))).to.deep.equal(expected);
    });
  });

  describe("refuses a theft that is consistent except for the state:", () => {
    /**
     * The prover has a state of its own making, in which the theft is valid, and shows its account in the place of the
     * true one: on the true path, then on the invented one.
     */
    const refusesTheft = async (slot: Uint8Array, sender: Account): Promise<void> => {
      const slots = [deposit, depositWithBadKey, slot, fromNobody];
      const invention = run(stateOf({ 1: sender, 2: bob, 3: sequencerAccount }), slots);
      expect(invention.outcomes[TRANSFER]?.status).to.equal("executed");
      const truth = run(BEFORE, slots);
      expect(truth.outcomes[TRANSFER]?.status).to.equal("void");
      const invented = leafCircuitInput(invention, BINDING);
      const honest = leafCircuitInput(truth, BINDING);
      const mix = <T>(of: (input: LeafCircuitInput) => readonly T[]): readonly (T | undefined)[] =>
        of(honest).map((item, slotIndex) => (slotIndex === TRANSFER ? of(invented)[slotIndex] : item));
      const forged = { ...honest, sender: mix((input) => input.sender) };
      await refuses(forged, "PathUpdate");
      await refuses({ ...forged, senderPath: mix((input) => input.senderPath) }, "ApplySlot");
    };

    it("a replay, with the nonce turned back", async () => {
      await refusesTheft(transfer({ nonce: 4n }), { ...alice, nonce: 4n });
    });
    it("an overdraft, with a balance that covers it", async () => {
      await refusesTheft(transfer({ amount: 2000n }), { ...alice, balance: 5000n });
    });
    it("another's signature, with their key on the account", async () => {
      await refusesTheft(transfer({ signer: BOB }), { ...alice, ax: BOB.publicKey.x, ay: BOB.publicKey.y });
    });
  });

  describe("leaves no choice about what is executed:", () => {
    it("a valid transfer cannot be left out", async () => {
      // The receiver as it is if the sender was not debited: bob's account is the same, the path beside alice is not.
      const skipped = run(BEFORE, [deposit, depositWithBadKey, transfer({ nonce: 99n }), fromNobody]);
      const { receiverPath } = leafCircuitInput(skipped, BINDING);
      await refuses(replace(input, ["receiverPath", TRANSFER], receiverPath[TRANSFER]), "ApplySlot");
    });

    it("an invalid transfer cannot be executed", async () => {
      const invalid = run(BEFORE, [deposit, depositWithBadKey, transfer({ nonce: 99n }), fromNobody]);
      const executed = leafCircuitInput(HONEST, BINDING).receiverPath[TRANSFER];
      await refuses(replace(leafCircuitInput(invalid, BINDING), ["receiverPath", TRANSFER], executed), "ApplySlot");
    });

    // The receiver is read after the debit. Were overflow asked of a transfer to oneself, both outcomes would be
    // consistent: debited, it fits; not debited, it overflows, and so it was not debited.
    for (const isForced of [false, true]) {
      it(`a ${isForced ? "forced " : ""}transfer to oneself that would overflow without its debit`, async () => {
        const wealthy = { ...alice, balance: BALANCE_LIMIT - 1n };
        const state = stateOf({ 1: wealthy, 2: bob, 3: sequencerAccount });
        const amount = BALANCE_LIMIT - 1000n;
        const movement = { from: 1, to: 1, token: 1n, amount };
        const toSelf = isForced
          ? forcedTransferSlot({ ...movement, l1Address: alice.owner })
          : signTransaction(ALICE, { ...movement, nonce: alice.nonce, domain: ENVIRONMENT.domain });
        const header = { ...HEADER, forcedCount: isForced ? 1 : 0 };
        const result = run(state, [toSelf], header);
        expect(result.outcomes[0]?.status).to.equal("executed");
        const honest = leafCircuitInput(result, BINDING);
        expect(await publicSignalsOf(honest)).to.deep.equal(leafProofSignals(result, BINDING));

        const undebited = replace(honest, ["receiver", 0], accountTuple(wealthy));
        const path = state.accounts.path(1);
        await refuses(replace(undebited, ["receiverPath", 0], path), "ApplySlot");
      });
    }
  });

  // A new account at index 4, an arrival from index 8 on, a departure, and a transfer by one who arrived.
  describe("with an arrival", () => {
    const ARRIVAL_SLOT = 1;
    const arrivals: Arrivals = [{ ...bob, balance: 70n }, undefined, sequencerAccount];
    const root = arrivalsRoot(arrivals, DEVELOPMENT.levels);
    const environment = { ...ENVIRONMENT, arrivals: new Map([[root, arrivals]]) };
    const header = { ...HEADER, forcedCount: 3 };
    // For the circuit they are nothing; elsewhere they would be a forced transfer by the owner of account 1.
    const hash = (1n << 176n) + (2n << 144n) + (1n << 128n) + 1n;
    const arrival = arrivalSlot({ root, hash, l1Address: 0xda7en });
    const departure = departureSlot({ hash: 99n, amount: (1n << 128n) - 1n, l1Address: 0xda7en });
    const byArrived = { from: 8, to: 1, token: 1n, amount: 10n, tip: 8n, nonce: 0n, domain: ENVIRONMENT.domain };
    const slots = [deposit, arrival, departure, signTransaction(BOB, byArrived)];
    const result = run(BEFORE, slots, header, environment);
    const honest = leafCircuitInput(result, BINDING);

    it("gives the ledger's public signals", async () => {
      expect(result.outcomes.map(describeOutcome)).to.deep.equal([
        "createAccount executed",
        "arrival executed",
        "departure taken",
        "transfer executed",
      ]);
      expect(result.state.account(8)).to.deep.equal({ ...arrivals[0], balance: 70n - 10n - 8n - 3n, nonce: 1n });
      expect(result.state.nextIndex).to.equal(12);
      const signals = leafProofSignals(result, BINDING);
      expect(await publicSignalsOf(honest)).to.deep.equal(signals);
    });

    it("brings no accounts but those under the slot's root", async () => {
      const rich: Arrivals = [{ ...bob, balance: 1n << 100n }, ...arrivals.slice(1)];
      const richRoot = arrivalsRoot(rich, DEVELOPMENT.levels);
      const richSlots = slots.with(ARRIVAL_SLOT, arrivalSlot({ root: richRoot, hash, l1Address: 0xda7en }));
      const other = run(BEFORE, richSlots, header, { ...ENVIRONMENT, arrivals: new Map([[richRoot, rich]]) });
      // Their witness is good for their data, whose commitment is another.
      const invented = leafCircuitInput(other, BINDING);
      expect(await publicSignalsOf(invented)).to.deep.equal(leafProofSignals(other, BINDING));
      expect(other.c).not.to.equal(result.c);
      // With other data, the root after the arrival is another than the one that the departure's slot is opened in.
      await refuses({ ...invented, chunks: honest.chunks }, "ApplySlot");
      await refuses({ ...honest, chunks: invented.chunks }, "ApplySlot");
    });

    it("has them at no other place", async () => {
      for (const place of [0, 4, 16, 64]) {
        const path = run(BEFORE, [deposit]).state.accounts.path(place);
        await refuses(replace(honest, ["receiverPath", ARRIVAL_SLOT], path), "PathUpdate");
      }
    });

    it("cannot be proved without them", async () => {
      // A leaf with a departure in the arrival's place: its paths lead from root to root as if nobody arrived.
      const departed = leafCircuitInput(run(BEFORE, [deposit, departure, departure, slots[3]!], header), BINDING);
      // The sender that the arrival's slot seems to name, opened in the same state.
      const without = {
        ...departed,
        sender: departed.sender.with(ARRIVAL_SLOT, honest.sender[ARRIVAL_SLOT]!),
        senderExists: departed.senderExists.with(ARRIVAL_SLOT, honest.senderExists[ARRIVAL_SLOT]!),
        senderPath: departed.senderPath.with(ARRIVAL_SLOT, honest.senderPath[ARRIVAL_SLOT]!),
      };
      await refuses({ ...without, chunks: honest.chunks }, "PathUpdate");
      const { receiver, receiverExists, receiverPath } = honest;
      const opened = { ...without, chunks: honest.chunks, receiver, receiverExists };
      await refuses({ ...opened, receiverPath: without.receiverPath.with(1, receiverPath[1]!) }, "ApplySlot");
    });

    it("cannot be claimed not to fit", async () => {
      const full = accountCapacity(DEVELOPMENT) - 4 ** DEVELOPMENT.levels + 1;
      await refuses({ ...honest, nextIndex: BigInt(full) }, "Leaf");
      const elsewhere = run(stateOf({ 1: alice, 2: bob, 3: sequencerAccount }, full), slots, header, environment);
      expect(elsewhere.outcomes[ARRIVAL_SLOT]?.status).to.equal("void");
      await refuses({ ...leafCircuitInput(elsewhere, BINDING), oldStateRoot: honest.oldStateRoot }, "Leaf");
    });

    it("has no wire that can be changed alone but harmless ones", async () => {
      const { values } = await calculateWitness(circuit, { ...honest });
      expectNoFreeWires(freeWires(circuit, values), [1, 2, 3]);
    });
  });

  it("has no wire that can be changed alone but harmless ones", async () => {
    const { values } = await calculateWitness(circuit, { ...input });
    expectNoFreeWires(freeWires(circuit, values), [2, 3]);
  });

  /** @param slots those for which no key is wanted */
  function expectNoFreeWires(free: readonly string[], slots: readonly number[]): void {
    const unused = slots.map((slot) => `main.keyRoot[${slot}]`);
    // circomlib's IsZero: the hint `inv` of a 0 is multiplied by it.
    expect(free.filter((name) => !name.endsWith(".inv"))).to.have.members(unused);
  }
});
